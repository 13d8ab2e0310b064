"""Models that an engine takes from elsewhere than the Hugging Face hub."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from infra.catalog import Catalog, ModelShape


@dataclass(frozen=True)
class Stored:
    """A model of an engine's own library: one file."""

    file_gib: float
    file_known: bool  # False: its size is parameters x bits per weight
    form: str  # the format of the weights
    assumed: str  # what was assumed about the file; blank where it is known
    shape: ModelShape | None
    task: Literal["chat", "embed", "rerank"]
    own_context: int  # tokens that the model was trained for
    max_model_len: int  # used where the stack file gives none
    length_reason: str


class Library(Protocol):
    """Models that an engine takes from elsewhere than the Hugging Face hub."""

    noun: str  # what a name in it is called, with its article
    sample: str
    small: str  # a model that the CPU can serve
    context: int  # the maximum of tokens where the stack file gives none

    def names(self, catalog: Catalog) -> Mapping[str, object]: ...

    def owns(self, name: str, catalog: Catalog) -> bool:
        """Whether a name belongs to this library and not to the hub; the catalogue need not know it."""
        ...

    def refuse(self, name: str, catalog: Catalog) -> tuple[str, str] | None:
        """What is wrong with a name's form, and what to write instead."""
        ...

    def like(self, name: str, catalog: Catalog) -> str | None:
        """The repository on the hub whose model has the same shape."""
        ...

    def name_like(self, repository: str, catalog: Catalog) -> str | None:
        """The name in this library whose model has the shape of a repository."""
        ...

    def read(self, name: str) -> ModelShape:
        """What the library itself says of a model, over the network. Raises CannotRead and NotSized."""
        ...

    def stored(self, name: str, shape: ModelShape | None, catalog: Catalog) -> Stored:
        """How a model is stored. `shape` is given where the library doesn't know the name."""
        ...
