"""What an engine is: how it is started, watched and fed. One folder for each; a new one implements what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

from components.container import Container, Fetch, Query
from infra.catalog import Catalog, Gpu, ModelShape
from infra.engines.hub import hub_download, hub_fetch
from infra.sizing.estimates import Throughput
from infra.sizing.question import Question, Sized


@dataclass(frozen=True)
class EngineTimeouts:
    """Seconds."""

    startup_probe: int  # what loading may take: >= 1.5 x (weights + engine start)
    drain: int  # what requests in flight get to end
    keep_alive: int  # an idle connection stays open for longer than whoever holds its other end keeps it


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
    gpus: int  # a replica's, tensor parallel; 0 is CPU
    utilization: float | None  # share of the GPU's memory
    max_model_len: int
    max_num_seqs: int | None  # None: the engine has no such argument
    max_num_batched_tokens: int | None
    remote_code: bool  # the repository's code may run
    timeouts: EngineTimeouts
    extra_args: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """What an engine can't do, and does otherwise. The defaults: a server for GPUs with weights of the hub."""

    cpu: bool = False  # it serves without a GPU too
    takes_batch: bool = (
        True  # its share of the memory and its batch are arguments; else it takes what `concurrency` says
    )
    quantizes_at_load: bool = False  # 16-bit weights to the methods of the catalogue's AT_LOAD
    cache_in_8_bit: bool = False  # the planner may propose it
    whole_experts: str | None = None  # the argument by which a GPU holds whole experts instead of a share of each
    remote_code: str | None = None  # the argument that lets it run code of a repository; None: it never does
    streams_weights: bool = False  # from object storage, as it loads them
    defaults_known: bool = False  # its own batch and share, so that what others gain can be said
    compiles: bool = False  # at each start, and could keep what it made
    truncates_prompts: bool = False  # of a prompt that is too long it leaves out a part; else it refuses the request
    refused_keys: Mapping[str, str] = field(default_factory=dict)  # attribute of a model -> why it has no place here
    refused_arguments: Mapping[str, str] = field(default_factory=dict)  # flag -> the key to use, or why there is none
    no_arguments: str | None = None  # why it takes none at all


@dataclass(frozen=True)
class Gauges:
    """Metrics that count requests, and the version that they were looked up for: a new pin asks for another look."""

    version: str
    names: frozenset[str]
    labels: frozenset[str]  # `namespace` and `service` are Prometheus' own, of the Service that it scraped


class Asked(Protocol):
    """A model of the stack file, as far as engines refuse one."""

    @property
    def model(self) -> str: ...
    @property
    def like(self) -> str | None: ...
    @property
    def architecture(self) -> Any: ...
    @property
    def acknowledge_maintenance_mode(self) -> bool: ...


@dataclass(frozen=True)
class Refusal:
    """Why an engine doesn't serve a model. Keys are below the model's own."""

    key: str
    got: str
    write: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Stored:
    """A model of an engine's own library: one file."""

    file_gib: float
    file_known: bool  # False: sized by bits per weight
    form: str  # what the weights are stored as
    assumed: str  # what was assumed of the file; blank where it is known
    shape: ModelShape | None
    task: Literal["chat", "embed", "rerank"]
    own_context: int
    max_model_len: int  # where none is asked for
    length_reason: str


class Library(Protocol):
    """Models that an engine takes from elsewhere than the Hugging Face hub."""

    noun: str  # of one name in it, with its article
    sample: str
    small: str  # that serves on the CPU
    context: int  # tokens at most, where none are asked for

    def names(self, catalog: Catalog) -> Mapping[str, object]: ...

    def owns(self, name: str, catalog: Catalog) -> bool:
        """Whether a name is one of this library, known or not, and none of the hub."""
        ...

    def refuse(self, name: str, catalog: Catalog) -> tuple[str, str] | None:
        """What is wrong with the form of a name, and what to write."""
        ...

    def like(self, name: str, catalog: Catalog) -> str | None:
        """The repository of the same shape."""
        ...

    def name_like(self, repository: str, catalog: Catalog) -> str | None:
        """The name of the same shape as a repository."""
        ...

    def stored(self, name: str, shape: ModelShape | None, catalog: Catalog) -> Stored:
        """`shape`: of a name that the library doesn't know."""
        ...


class Engine:
    """A model server."""

    name: str  # in the stack file
    title: str  # in sentences
    is_default: bool = False  # it serves where the stack file names none
    port: int
    health_path: str = "/health"
    metrics_path: str | None = None  # None: nothing for Prometheus
    api_key_env: str | None = None  # None: the engine can't check a key
    drains: bool = False  # on SIGTERM it lets requests in flight end
    keep_alive_env: str | None = None  # None: it never closes an idle connection
    gauges: Gauges | None = None  # what its queries may ask
    flags: Mapping[str, str] = MappingProxyType({})  # attribute of a plan's model -> the argument that tells it
    limits: Limits = Limits()
    memory: Callable[[Question, Gpu, int, Catalog], Sized] | None = None  # None: no estimate
    throughput: Callable[[Sized], Throughput] | None = None  # None: no estimate
    library: Library | None = None  # None: repositories of the Hugging Face hub

    @property
    def checks_key(self) -> bool:
        return self.api_key_env is not None

    @property
    def is_measured(self) -> bool:
        """Whether a scaler has anything to go by."""
        return self.metrics_path is not None

    def refuse(self, model: Asked, model_type: str | None, catalog: Catalog) -> Iterator[Refusal]:
        """What it refuses in the stack file. `model_type` is that of the model's own config.json, where it says one."""
        yield from ()

    def default_utilization(self, question: Question) -> float | None:
        """Its own share of the GPU's memory; None where it takes none, or it isn't known."""
        return None

    def utilization_reason(self, sized: Sized) -> str:
        return f"{sized.arguments.utilization} is the default of {self.title}"

    def asked(self, question: Question) -> str:
        """How it is named beside a question."""
        return self.title

    def started(self, sized: Sized) -> str:
        """How it is started, where that decides memory; blank: nothing to say."""
        return ""

    def start_up(self, task: str, *, experts: bool) -> Mapping[str, str]:
        """What a start is made of beside the weights: words -> row of cold_start.toml."""
        return {"processes and imports": f"start-{self.name}"}

    def args(self, model: EngineModel) -> tuple[str, ...]:
        raise NotImplementedError

    def env(self, model: EngineModel) -> Mapping[str, str]:
        return {}

    def startup_probe(self, model: EngineModel) -> Mapping[str, Any]:
        """The handler (and time limit) that passes once the model is loaded."""
        return {"httpGet": {"path": self.health_path, "port": "http"}}

    def fetch(self, model: EngineModel) -> Fetch:
        return hub_fetch(model.model, model.revision)

    def downloads(self, words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, str] | None:
        """From which host a container of such words downloads, and what; None: it is no download of this engine."""
        return hub_download(words, variables)

    def queries(self, namespace: str, name: str) -> tuple[Query, ...]:
        """What KEDA may scale on; empty where the engine measures nothing."""
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
        """A load balancer that sends a request on a connection that the engine has just closed answers 502."""
        return {self.keep_alive_env: str(model.timeouts.keep_alive)} if self.keep_alive_env else {}
