"""What an engine is: how it starts, what it measures, how it gets its weights. A new one overrides what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

from components.container import Container, Fetch, Query
from infra.catalog import Catalog, Gpu, ModelShape
from infra.engines.arguments import Argument, BadArgument
from infra.engines.hub import hub_adapter_fetch, hub_download, hub_fetch
from infra.sizing.adapters import Slots
from infra.sizing.estimates import Throughput
from infra.sizing.question import Question, Sized


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

    name: str  # the stack file's key, and what applications send as `model`
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


@dataclass(frozen=True)
class Limits:
    """What an engine can do, and what not. The defaults describe a server for GPUs that takes weights from the hub."""

    cpu: bool = False  # it also serves without a GPU
    # Its share of the memory and its batch are arguments; else it serves as many requests at once as `concurrency`.
    takes_batch: bool = True
    quantizes_at_load: tuple[
        str, ...
    ] = ()  # the methods of the catalogue's AT_LOAD to which it quantizes 16-bit weights
    cache_in_8_bit: bool = False  # the planner may propose an 8-bit KV cache
    whole_experts: str | None = None  # the argument by which a GPU holds whole experts instead of a share of each
    remote_code: str | None = None  # the argument that lets it run code of a repository; None: it never does
    # Model types whose own layers predict several tokens; None: it takes no speculation.
    proposes: frozenset[str] | None = None
    # Of LoRA adapters, that its slots can have; it finds a new adapter without a restart. Blank: it serves none.
    adapter_ranks: tuple[int, ...] = ()
    json_schema: bool | None = None  # an answer follows a JSON schema; None: not known
    # The arguments by which it loads weights directly from object storage; empty: it can't.
    streams_weights: tuple[str, ...] = ()
    defaults_known: bool = False  # its default batch and share are known: the plan says what other values gain
    compiles: bool = False  # it compiles at each start, and could keep the result
    truncates_prompts: bool = False  # it leaves out a part of a prompt that is too long; else it refuses the request
    refused_keys: Mapping[str, str] = field(default_factory=dict)  # attribute of a model -> why it may not be given
    refused_arguments: Mapping[str, str] = field(default_factory=dict)  # flag -> the key to use, or why there is none
    no_arguments: str | None = None  # why it takes no arguments at all; None: it does


@dataclass(frozen=True)
class StartStep:
    """A step of an engine's start, and how often it is done."""

    name: str
    what: str
    row: str  # of cold_start.toml: the seconds of one time
    times: float = 1


@dataclass(frozen=True)
class Gauges:
    """Metrics that count requests, and the version in which they were looked up: a new pin needs a new look."""

    version: str
    names: frozenset[str]
    labels: frozenset[str]  # `namespace` and `service` are Prometheus' own, of the Service that it scraped


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
    def acknowledge_maintenance_mode(self) -> bool: ...


@dataclass(frozen=True)
class Refusal:
    """Why an engine doesn't serve a model. Keys are those below the model."""

    key: str
    got: str
    write: str
    reads: tuple[str, ...]


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


class Engine:
    """A model server."""

    name: str  # in the stack file
    title: str  # in sentences
    is_default: bool = False  # it serves a model for which the stack file names no engine
    port: int
    health_path: str = "/health"
    metrics_path: str | None = None  # None: it has no metrics for Prometheus
    api_key_env: str | None = None  # None: the engine can't check a key
    drains: bool = False  # after SIGTERM it lets requests in flight end
    keep_alive_env: str | None = None  # None: it never closes an idle connection
    flags: Mapping[str, str] = MappingProxyType({})  # attribute of a plan's model -> the argument that passes it
    limits: Limits = Limits()
    memory: Callable[[Question, Gpu, int, Catalog], Sized] | None = None  # None: the plan says "no estimate"
    throughput: Callable[[Sized], Throughput] | None = None  # None: the plan says "no estimate"
    library: Library | None = None  # None: it serves repositories of the Hugging Face hub

    @property
    def cuda(self) -> str | None:
        """The CUDA that its image is built with; None: nobody looked."""
        return None

    @property
    def gauges(self) -> Gauges | None:
        """The metrics that its queries may use."""
        return None

    @property
    def checks_key(self) -> bool:
        return self.api_key_env is not None

    @property
    def is_measured(self) -> bool:
        """Whether it has metrics that a scaler can use."""
        return self.metrics_path is not None

    def refuse(self, model: ModelSection, shape: ModelShape | None, catalog: Catalog) -> Iterator[Refusal]:
        """Why it refuses a model of the stack file, whatever the GPU. `shape`: None where it isn't known."""
        yield from ()

    def cannot_run(self, question: Question, gpu: Gpu) -> str | None:
        """Why it can't serve a model on a GPU whose compute capability is enough for the weights; None: it can."""
        return None

    def computes_in(self, shape: ModelShape | None, dtype: str) -> str:
        """The type in which it computes where weights would be served as `dtype`."""
        return dtype

    def read_arguments(self, given: Sequence[str]) -> Iterator[Argument | BadArgument]:
        """What it makes of `extraArgs`. Of an engine whose flags aren't known, each item stands for itself."""
        for index, item in enumerate(given):
            flag = item.split("=", 1)[0].strip()
            name = flag.replace("_", "-").lower() if flag.startswith("--") else flag  # some engines take both
            yield Argument(index, flag, name)

    def holds_whole_experts(self, given: Sequence[str]) -> bool:
        """Whether these arguments let a GPU hold whole experts; the last one decides, and --no-... switches it off."""
        read = [each for each in self.read_arguments(given) if isinstance(each, Argument)]
        typed = [each.typed for each in read if each.flag == self.limits.whole_experts]
        return bool(typed) and not typed[-1].startswith("--no-")

    def parsers(self, repository: str) -> Parsers:
        """What reads the answers of a repository's family."""
        return Parsers()

    def parsers_in(self, arguments: Sequence[str]) -> Parsers:
        """Those that the stack file's own arguments name."""
        return Parsers()

    def needed(self, family: Family, given: Sequence[str]) -> tuple[str, ...]:
        """The arguments of EngineModel.needed. `given`: the stack file's own, which are left out."""
        return ()

    def dimensions(self, family: Family) -> Dimensions | None:
        """The sizes of smaller vectors; None: there are none, or nobody has seen them."""
        return None

    def wrong_task(self, family: Family, given: Sequence[str]) -> str | None:
        """Why a model would be served, and answer wrong for its task; None: it answers right, or isn't known."""
        return None

    @property
    def known_parsers(self) -> Mapping[str, Sequence[str]]:
        """The names that it takes, for `tool` and for `reasoning`; empty: it reads answers in its own way."""
        return {}

    def unplanned(self, argument: Argument, item: str) -> BadArgument | None:
        """Why one that it accepts is refused: a plan doesn't count its memory, or the pod hasn't its file. `item`: as
        it stands in the list."""
        return None

    def default_utilization(self, question: Question) -> float | None:
        """The share of the GPU's memory that it takes by default; None where it has none, or it isn't known."""
        return None

    def utilization_reason(self, sized: Sized) -> str:
        return f"{sized.arguments.utilization} is the default of {self.title}"

    def asked(self, question: Question) -> str:
        """Its name with the settings that decide the answer of `fit`, for its heading."""
        return self.title

    def started(self, sized: Sized) -> str:
        """The arguments that decide its memory, in words; blank: there is nothing to say."""
        return ""

    def start_up(self, question: Question, sized: Sized | None) -> Iterator[StartStep]:
        """What it does at a start besides loading the weights, in order. `sized`: None on the CPU, and where no GPU was
        found for the model."""
        yield StartStep("launch", "processes and imports", f"start-{self.name}")

    def args(self, model: EngineModel) -> tuple[str, ...]:
        raise NotImplementedError

    def env(self, model: EngineModel) -> Mapping[str, str]:
        return {}

    def startup_probe(self, model: EngineModel) -> Mapping[str, Any]:
        """The handler (and time limit) that passes once the model is loaded."""
        return {"httpGet": {"path": self.health_path, "port": "http"}}

    def fetch(self, model: EngineModel) -> Fetch:
        return hub_fetch(model.model, model.revision)

    def fetch_draft(self, proposer: Proposer) -> Fetch | None:
        """Of the model that proposes tokens; None: no other model does."""
        return hub_fetch(proposer.model, proposer.revision) if proposer.model else None

    def fetch_adapter(self, model: EngineModel, adapter: Adapter) -> Fetch:
        return hub_adapter_fetch(model, adapter)

    def downloads(self, words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, str] | None:
        """The host from which a container with this command downloads, and what; None: not a command of this engine."""
        return hub_download(words, variables)

    def queries(self, namespace: str, name: str) -> tuple[Query, ...]:
        """The queries by which KEDA may scale; empty where the engine has no metrics."""
        return ()

    def container(self, model: EngineModel, image: str) -> Container:
        """The container that the components put into a pod."""
        return Container(
            name=self.name,
            image=image,
            args=self.args(model),
            env={**self.env(model), **self._keep_alive(model)},
            port=self.port,
            health_path=self.health_path,
            metrics_path=self.metrics_path,
            api_key_env=self.api_key_env,
            gpus=model.gpus,
            startup_probe=self.startup_probe(model),
            startup_seconds=model.timeouts.startup_probe,
            ends_requests_seconds=0 if self.drains else model.timeouts.drain,
        )

    def _keep_alive(self, model: EngineModel) -> dict[str, str]:
        """When the engine has just closed a connection on which a load balancer sends a request, that answers 502."""
        return {self.keep_alive_env: str(model.timeouts.keep_alive)} if self.keep_alive_env else {}
