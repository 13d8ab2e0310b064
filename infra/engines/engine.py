"""What an engine is: how it starts, what it measures, how it gets its weights. A new one overrides what differs."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from components.container import Compiled, Container, Fetch, KeysFile, Query
from infra.catalog import Catalog, Gpu, ModelShape
from infra.catalog.metrics import Exporter
from infra.engines.arguments import Argument, BadArgument
from infra.engines.hub import (
    ADAPTERS,
    WEIGHTS,
    bucket_adapter_fetch,
    bucket_fetch,
    compiled_place,
    hub_adapter_fetch,
    hub_download,
    hub_fetch,
)
from infra.engines.last_words import LastWords
from infra.engines.library import Library
from infra.engines.model import (
    Adapter,
    Dimensions,
    EngineModel,
    Family,
    ModelSection,
    Parsers,
    Refusal,
)
from infra.engines.store import Store
from infra.sizing.estimates import Throughput
from infra.sizing.question import Question, Sized, Version


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
    few_graphs: bool = False  # it can record CUDA graphs for few sizes of a batch
    compiles: str | None = None  # the directory of its home with what it compiles at each start; None: it doesn't
    truncates_prompts: bool = False  # it leaves out a part of a prompt that is too long; else it refuses the request
    refused_keys: Mapping[str, str] = field(default_factory=dict)  # attribute of a model -> why it may not be given
    refused_arguments: Mapping[str, str] = field(default_factory=dict)  # flag -> the key to use, or why there is none
    no_arguments: str | None = None  # why it takes no arguments at all; None: it does


# Paths of OpenAI's API by task, and of a reranker Jina's: a server that speaks it has at least these.
OPENAI: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "chat": ("/v1/chat/completions", "/v1/completions"),
        "embed": ("/v1/embeddings",),
        "rerank": ("/v1/rerank",),
    }
)


def as_served(*paths: str) -> dict[str, str]:
    """Paths that a caller sends as the engine serves them."""
    return {path: path for path in paths}


@dataclass(frozen=True)
class StartStep:
    """A step of an engine's start, and how often it is done."""

    name: str
    what: str
    row: str  # of cold_start.toml: the seconds of one time
    times: float = 1


@dataclass(frozen=True)
class Lacks:
    """What an older version of an engine doesn't have."""

    what: str  # an architecture, or an argument
    argument: bool
    first: Version  # that has it
    otherwise: bool = False  # the version may serve the architecture by other code


class Engine:
    """A model server."""

    name: str  # in the stack file
    title: str  # in sentences
    is_default: bool = False  # it serves a model for which the stack file names no engine
    port: int
    health_path: str = "/health"
    metrics_path: str | None = None  # None: it has no metrics for Prometheus
    api_key_env: str | None = None  # of the one key that it accepts
    keys_file: KeysFile | None = None  # by which it accepts several; None as well: it can't check a key
    makes_spans: bool = False  # of requests, in the trace that a request names, without its words
    # Name -> text of what each of its servers reads at FILES_MOUNT. A name is no other engine's.
    files: Mapping[str, str] = MappingProxyType({})
    drains: bool = False  # after SIGTERM it lets requests in flight end
    keep_alive_env: str | None = None  # None: it never closes an idle connection
    counts_streams: bool = False  # a stream ends with its tokens, whether or not the caller asked for them
    # What it answers with 404 where a request names an earlier answer, with {id}; None: nobody looked.
    says_not_kept: str | None = None
    flags: Mapping[str, str] = MappingProxyType({})  # attribute of a plan's model -> the argument that passes it
    limits: Limits = Limits()
    memory: Callable[[Question, Gpu, int, Catalog], Sized] | None = None  # None: the plan says "no estimate"
    throughput: Callable[[Sized], Throughput] | None = None  # None: the plan says "no estimate"
    library: Library | None = None  # None: it serves repositories of the Hugging Face hub
    stores: tuple[Store, ...] = (WEIGHTS, ADAPTERS)  # where its downloads lie on the cache
    last_words: tuple[LastWords, ...] = ()  # what it says of itself before it ends, beside PyTorch's words
    first_token_metric: str | None = None  # a histogram of the seconds until a first token; None: it has none
    output_token_metric: str | None = None  # a histogram of a request's seconds per token after its first
    waiting_metric: str | None = None  # a gauge: requests in its queue
    running_metric: str | None = None  # a gauge: requests in its batch
    cache_metric: str | None = None  # a gauge: the share of the KV cache that is in use

    @property
    def cuda(self) -> str | None:
        """The CUDA that its image is built with; None: nobody looked."""
        return None

    @property
    def exported(self) -> Exporter | None:
        """The metrics that it has for Prometheus, and the version in which somebody looked: a new pin needs a new look.
        None: it has none."""
        return None

    @property
    def checks_key(self) -> bool:
        return self.api_key_env is not None or self.keys_file is not None

    @property
    def is_measured(self) -> bool:
        """Whether it has metrics that a scaler can use."""
        return self.metrics_path is not None

    def paths(self, task: str) -> Mapping[str, str]:
        """What callers of a model may ask: the path of a request -> the path that the engine serves."""
        return as_served(*OPENAI[task])

    def refuse(self, model: ModelSection, shape: ModelShape | None, catalog: Catalog) -> Iterator[Refusal]:
        """Why it refuses a model of the stack file, whatever the GPU. `shape`: None where it isn't known."""
        yield from ()

    def lacks(self, version: Version, shape: ModelShape | None, model: EngineModel | None) -> Iterator[Lacks]:
        """What an older version than the pinned one doesn't have, of what a model needs; empty: nobody looked, or it
        has all. `model`: whose arguments it would get; None: its user writes them."""
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

    def graph_sizes(self, sized: Sized) -> tuple[int, ...]:
        """The sizes of batches for which it records CUDA graphs, where few are asked for; empty: it chooses."""
        return ()

    def slower_with_few_graphs(self, sized: Sized, made: Throughput) -> float | None:
        """The highest share of its output that a batch loses by padding; None: nobody knows."""
        return None

    def args(self, model: EngineModel) -> tuple[str, ...]:
        raise NotImplementedError

    def compiled(self, model: EngineModel, image: str, card: str) -> Compiled | None:
        """What is kept of its start; None: it doesn't compile. Its keys are in Secrets, so none is in the key."""
        if self.limits.compiles is None:
            return None
        parts = (image, card, model.model, model.revision or "main", *self.compiled_by(model))
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
        return Compiled(compiled_place(model), key, self.limits.compiles)

    def compiled_by(self, model: EngineModel) -> tuple[str, ...]:
        """The arguments and variables from which it follows what it compiles."""
        return (*self.args(model), *(f"{name}={value}" for name, value in sorted(self.env(model).items())))

    def env(self, model: EngineModel) -> Mapping[str, str]:
        return {}

    def startup_probe(self, model: EngineModel) -> Mapping[str, Any]:
        """The handler (and time limit) that passes once the model is loaded."""
        return {"httpGet": {"path": self.health_path, "port": "http"}}

    def fetch(self, model: EngineModel) -> Fetch:
        return (bucket_fetch if model.from_bucket else hub_fetch)(model.model, model.revision)

    def fetch_draft(self, model: EngineModel) -> Fetch | None:
        """Of the model that proposes tokens; None: no other model does."""
        proposer = model.proposer
        if proposer is None or proposer.model is None:
            return None
        return (bucket_fetch if model.from_bucket else hub_fetch)(proposer.model, proposer.revision)

    def fetch_adapter(self, model: EngineModel, adapter: Adapter) -> Fetch:
        return (bucket_adapter_fetch if model.from_bucket else hub_adapter_fetch)(model, adapter)

    def fetches(self, model: EngineModel) -> Iterator[tuple[str, Fetch]]:
        """Everything that its servers read from the cache, by a name that no other download has."""
        yield model.name, self.fetch(model)
        if (draft := self.fetch_draft(model)) is not None:
            yield f"{model.name}-draft", draft
        for adapter in model.adapters:  # its name is no model's and no other adapter's
            yield adapter.name, self.fetch_adapter(model, adapter)

    def downloads(self, words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, str] | None:
        """The host from which a container with this command downloads, and what; None: not a command of this engine."""
        return hub_download(words, variables)

    def queries(self, namespace: str, name: str, server: str | None = None) -> tuple[Query, ...]:
        """The queries by which KEDA may scale; empty where the engine has no metrics. `server`: which of the servers
        that serve a model of this name, where there are several."""
        return ()

    def first_token_buckets(self, model: EngineModel) -> tuple[float, ...]:
        """The buckets of `first_token_metric`, in seconds; empty: nobody knows them."""
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
            keys_file=self.keys_file,
            gpus=model.gpus,
            startup_probe=self.startup_probe(model),
            startup_seconds=model.timeouts.startup_probe,
            ends_requests_seconds=0 if self.drains else model.timeouts.drain,
            files=tuple(sorted(self.files)),
        )

    def keys_text(self, keys: Sequence[str]) -> str:
        """What stands in `keys_file`."""
        raise NotImplementedError

    def _keep_alive(self, model: EngineModel) -> dict[str, str]:
        """When the engine has just closed a connection on which a load balancer sends a request, that answers 502."""
        return {self.keep_alive_env: str(model.timeouts.keep_alive)} if self.keep_alive_env else {}
