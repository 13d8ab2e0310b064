"""A model as its engine gets it, and what an engine says of a model: plain data."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from infra.sizing.adapters import Slots


@dataclass(frozen=True)
class EngineTimeouts:
    """Seconds."""

    startup_probe: int  # how long loading may take: >= 1.5 x (weights + engine start)
    drain: int  # how long requests in flight may take to end
    keep_alive: int  # how long an idle connection stays open: longer than its other end keeps it


@dataclass(frozen=True)
class Parsers:
    """What reads the tool calls and the thoughts of a model's answers, by the engine's names; None: nothing does."""

    tool: str | None = None
    reasoning: str | None = None


@dataclass(frozen=True)
class Rope:
    """Positions that are stretched: the context is `original` x `factor` tokens."""

    type: str
    factor: float
    original: int  # tokens that the model was trained for
    theta: float

    @property
    def length(self) -> int:
        return int(self.original * self.factor)


@dataclass(frozen=True)
class Dimensions:
    """The sizes of a vector for which a request may ask."""

    sizes: tuple[int, ...]  # ascending
    every: bool = False  # each size from the first one on, up to that of the whole vector


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter of a model, from the Hugging Face hub."""

    name: str  # what applications send as `model`
    model: str
    revision: str | None
    rank: int  # at most


@dataclass(frozen=True)
class Proposer:
    """What proposes tokens that the model checks."""

    method: str  # draft, ngram, mtp
    tokens: int
    model: str | None
    revision: str | None


@dataclass(frozen=True)
class EngineModel:
    """One model, as its engine serves it. Lengths are in tokens."""

    name: str  # of its objects: the stack file's key, which applications send as `model`
    model: str  # repository on the hub, or a tag of the engine's own library
    revision: str | None
    task: Literal["chat", "embed", "rerank"]
    dtype: str  # of weights as served: bf16, fp16, or the quantization, which leaves it to the engine
    quantization: str | None  # what the engine does to the weights as it loads them
    kv_cache_dtype: str  # auto or fp8
    gpus: int  # per replica (tensor parallelism); 0: it runs on the CPU
    utilization: float | None  # share of the GPU's memory
    max_model_len: int
    max_num_seqs: int | None  # None: the engine has no such argument
    max_num_batched_tokens: int | None
    parsers: Parsers
    rope: Rope | None
    needed: tuple[str, ...]  # arguments without which its family doesn't start, or answers wrong
    adapters: tuple[Adapter, ...]
    slots: Slots | None  # that are kept for adapters
    proposer: Proposer | None
    remote_code: bool  # the repository's code may run
    timeouts: EngineTimeouts
    extra_args: tuple[str, ...]
    streamed: bool  # the engine reads its weights from the bucket that is the cache
    graph_sizes: tuple[int, ...] = field(default=(), kw_only=True)  # of batches; empty: the engine chooses
    traces_to: str | None = field(default=None, kw_only=True)  # URL, OTLP over gRPC; None: it makes no spans
    mounted: bool = field(default=False, kw_only=True)  # that bucket is a file system to it

    @property
    def from_bucket(self) -> bool:
        """Whether a bucket is the cache, which its downloads fill."""
        return self.streamed or self.mounted

    @property
    def sent_as(self) -> str:
        """What applications send as `model`: another name than its own where it is another model's next version."""
        return self.name


@dataclass(frozen=True)
class Family:
    """By what a model's needs are looked up."""

    repository: str
    like: str | None
    architecture: str | None  # of config.json; None: not known
    task: Literal["chat", "embed", "rerank"]
    vector_sizes: tuple[int, ...] | None = None  # of its config.json; empty: any size


class ModelSection(Protocol):
    """The part of a model in the stack file that an engine may refuse."""

    @property
    def model(self) -> str: ...
    @property
    def like(self) -> str | None: ...
    @property
    def architecture(self) -> Any: ...
    @property
    def quantization(self) -> str | None: ...
    @property
    def image(self) -> str | None: ...
    @property
    def acknowledge_maintenance_mode(self) -> bool: ...


@dataclass(frozen=True)
class Refusal:
    """Why an engine doesn't serve a model. Keys are those below the model."""

    key: str
    got: str
    write: str
    reads: tuple[str, ...]
