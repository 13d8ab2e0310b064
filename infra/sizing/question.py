"""A question about a model's size, and the answer for GPUs of one kind."""

import dataclasses
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from infra.catalog import Gpu, ModelShape
from infra.sizing.adapters import Slots
from infra.sizing.estimates import Fit, held
from infra.sizing.splitting import obstacle

if TYPE_CHECKING:
    from infra.engines.engine import Engine

Version = tuple[int, int, int]
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def version_in(text: str) -> Version | None:
    """The version in a text such as `0.8.5.post1` or `v0.28.0-cu129`; None where there is none."""
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


@dataclass(frozen=True)
class Batch:
    """Sequences and tokens that an engine works on at once."""

    seqs: int
    tokens: int


@dataclass(frozen=True)
class Draft:
    """What proposes tokens that the model checks."""

    tokens: int
    shape: ModelShape | None = None  # of another model; None: no other model does
    own_layer: bool = False  # a layer of the model does, which keeps a cache too


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a question gives, and the engine gets as it is."""

    kv_cache_dtype: str = "auto"
    concurrency: int = 1  # requests of max_model_len that must fit at once
    version: Version | None = None  # of the engine; None: the pinned version
    version_known: bool = True
    slots: Slots | None = None  # for adapters
    draft: Draft | None = None
    few_graphs: bool = False  # CUDA graphs for some sizes of a batch: others are padded up to the next
    file_known: bool = True  # in an engine's own library; False: its size is parameters x bits per weight


@dataclass(frozen=True)
class Arguments(Given):
    """The arguments of the engine that decide memory."""

    max_model_len: int
    max_num_seqs: int  # 0: the engine's default, which isn't known
    max_num_batched_tokens: int
    utilization: float
    batch_known: bool = True
    enforce_eager: bool = False

    @property
    def batch(self) -> Batch:
        return Batch(self.max_num_seqs, self.max_num_batched_tokens)


@dataclass(frozen=True)
class Question(Given):
    """A model and its settings. What is None, the planner or the engine chooses."""

    name: str
    shape: ModelShape | None  # None: it isn't known, as can be in an engine's own library
    max_model_len: int
    own_context: int  # tokens that the model was trained for
    engine: "Engine"
    task: Literal["chat", "embed", "rerank"] = "chat"
    file_gib: float | None = None  # in an engine's own library
    quantization: str | None = None
    utilization: float | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    gpus: int | None = None
    own_repository: bool = True  # False: weights of another repository (`like`), with the same shape
    whole_experts: bool = False  # expert parallelism: a GPU holds whole experts instead of a share of each
    planned: bool = False  # the planner chooses the batch by what the cache can serve; else it is the engine's default

    def obstacle(self, gpus: int) -> str | None:
        """Why a replica can't be split over this number of GPUs; None: it can, or its shape isn't known."""
        if self.file_gib is not None or self.shape is None:
            return None
        other = obstacle(self.draft.shape, gpus) if self.draft and self.draft.shape else None
        return obstacle(self.shape, gpus, self.quantization, whole_experts=self.whole_experts) or other

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Computed once: a plan asks the same of each instance type, and looks up what was answered."""
        return hash(tuple(getattr(self, field.name) for field in dataclasses.fields(self)))

    def but(self, **changes: Any) -> "Question":
        """Itself, whose hash is known, where nothing changes."""
        same = all(getattr(self, name) == value for name, value in changes.items())
        return self if same else dataclasses.replace(self, **changes)

    def arguments(self, batch: Batch, utilization: float) -> Arguments:
        """`batch` and `utilization` are the engine's, where the question gives none."""
        return Arguments(
            max_model_len=self.max_model_len,
            max_num_seqs=batch.seqs,
            max_num_batched_tokens=batch.tokens,
            utilization=self.utilization or utilization,
            **{field.name: getattr(self, field.name) for field in dataclasses.fields(Given)},
            batch_known=self.planned or (self.max_num_seqs is not None and self.max_num_batched_tokens is not None),
        )


@dataclass(frozen=True)
class Sized:
    """The answer for one replica on GPUs of one kind."""

    question: Question
    gpu: Gpu
    gpus: int
    arguments: Arguments
    fit: Fit

    def __hash__(self) -> int:
        """Of what was asked, which nearly always has one answer."""
        return hash((self.question, self.gpu.name, self.gpus))

    @property
    def fits(self) -> bool:
        return self.fit.fits

    @property
    def holds(self) -> str:
        if not self.fit.estimated:
            return f"no estimate: {self.question.engine.title} has no memory model"
        if self.fit.max_concurrency is not None:
            return f"holds {held(self.fit.max_concurrency)} of {self.question.max_model_len:,} tokens"
        return "keeps no cache" if self.question.task != "chat" else "its cache per token isn't known"
