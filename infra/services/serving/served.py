"""A model of the stack file joined with what the catalogue knows of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra.catalog import AT_LOAD
from infra.catalog.types import Image
from infra.engines.model import Rope
from infra.models.places import Place, place_of
from infra.plan.models import ReplicasPlan
from infra.plan.notes import Write
from infra.plan.versions import ServerName
from infra.services.serving.section import Model
from infra.sizing.kv_cache import kv_bytes_per_token
from infra.sizing.question import Question
from infra.sizing.weights import in_16_bit

_NO_REVISION = "main"  # the folder of weights whose revision nobody gives


@dataclass(frozen=True)
class Served:
    """One model, ready to be sized."""

    name: str
    settings: Model
    question: Question  # what is asked of it, wherever it is placed
    form: str | None  # of the weights of a file from an engine's own library
    image: Image  # of the engine
    disk_gib: float  # of weights, wherever they are
    gated: bool | None  # None: not known
    cpu: bool
    draft_gib: float = 0.0  # the download of the model that proposes tokens
    adapters_gib: float = 0.0  # that their downloads take at most
    rope: Rope | None = None  # how its positions are stretched
    next_of: str | None = None  # the model whose next version it is
    in_place: Write = ()  # of a next version: what gives the model its settings instead, one server alone

    @property
    def path(self) -> str:
        return ServerName(self.name, self.next_of).path

    @property
    def fallback(self) -> str | None:
        """The model elsewhere that answers where its own servers don't."""
        return self.settings.fallback.to if self.settings.fallback is not None else None

    @property
    def two_versions(self) -> bool:
        """Whether another server has the model's name too, so that one answers while the other changes."""
        return self.next_of is not None or self.settings.next is not None

    @property
    def place(self) -> Place | None:
        """Where the weights are already; None: they are downloaded into the cache."""
        return place_of(self.settings.model)

    @property
    def cached_gib(self) -> float:
        """The share of the cache that the weights take."""
        return self.disk_gib if self.place is None else 0.0

    def write(self, changes: Iterable[tuple[str, Any]]) -> Write:
        """Its keys in the stack file with their paths; None takes one out, and only where the stack file has it."""
        model = self.settings
        given = {type(model).model_fields[name].alias or name for name in model.model_fields_set}
        return tuple((f"{self.path}.{key}", value) for key, value in changes if value is not None or key in given)

    @property
    def kv_bytes_per_token(self) -> float | None:
        """Of the whole model in 16 bit; None where its shape isn't known."""
        shape = self.question.shape
        return kv_bytes_per_token(shape, 1, 2) if shape else None

    @property
    def draft_gated(self) -> bool:
        """Whether the model that proposes tokens asks for a licence."""
        draft = self.question.draft
        return bool(draft and draft.shape and draft.shape.needs_token)

    @property
    def folders(self) -> Mapping[tuple[str | None, ...], float]:
        """GiB that it takes of the claim, by folder: its weights, its draft model's, and its adapters. Models of one
        repository and revision share a folder."""
        draft, asked = self.question.draft, self.settings.speculative
        known = draft.shape.revision if draft and draft.shape else None
        of_draft = (asked.model, asked.revision or known) if asked else ()
        weights = (self.settings.model, self.revision)
        return {weights: self.cached_gib, of_draft: self.draft_gib, ("adapters", self.name): self.adapters_gib}

    @property
    def loaded_gib(self) -> float:
        """What a server reads as it starts."""
        return self.disk_gib + self.draft_gib

    @cached_property
    def asked(self) -> ReplicasPlan:
        """Between which numbers a scaler moves, as on every day."""
        return ReplicasPlan(self.settings.replicas.min, self.settings.replicas.max)

    @cached_property
    def replicas(self) -> ReplicasPlan:
        """With those that have to be ready before all requests come."""
        return ReplicasPlan(max(self.asked.min, self.settings.replicas.ready or 0), self.asked.max)

    @property
    def revision(self) -> str | None:
        """The commit that is served: the stack file's, or the one at which the facts were read."""
        shape = self.question.shape
        read = shape.revision if shape is not None and self.is_itself else None
        return self.settings.revision or read

    @property
    def is_itself(self) -> bool:
        """Whether its facts are its own, and not those of a model like it."""
        model = self.settings
        return model.like is None and model.architecture is None and self.question.engine.library is None

    @property
    def made_at_load(self) -> str | None:
        """The quantization that is an argument of the engine; a repository of quantized weights needs none."""
        asked = self.question
        own = asked.own_repository and asked.shape is not None and in_16_bit(asked.shape)
        return asked.quantization if own and asked.quantization in AT_LOAD else None

    @property
    def embedding_size(self) -> int | None:
        """Numbers in a vector: an embedding is the last layer's state."""
        shape = self.question.shape
        return shape.hidden_size if shape and self.question.task == "embed" else None


def claim_folders(models: Iterable[Served]) -> dict[str, float]:
    """What models take of the claim together, in GiB, by folder."""
    folders: dict[str, float] = {}
    for parts, gib in (pair for each in models for pair in each.folders.items() if pair[1]):
        folder = "/".join(part or _NO_REVISION for part in parts)
        folders[folder] = max(gib, folders.get(folder, 0.0))
    return folders


def claim_gib(models: Iterable[Served]) -> float:
    return sum(claim_folders(models).values())
