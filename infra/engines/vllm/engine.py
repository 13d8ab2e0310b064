"""vLLM (image vllm/vllm-openai, whose entrypoint is `vllm serve`)."""

import json
from collections.abc import Iterator, Mapping, Sequence

from components.container import Fetch, KeysFile, Query
from infra.catalog import Catalog, Gpu, ModelShape
from infra.catalog.metrics import Exporter
from infra.engines.arguments import Argument, BadArgument
from infra.engines.engine import OPENAI, Engine, Lacks, Limits, StartStep, as_served
from infra.engines.hub import (
    ADAPTERS,
    COMPILED,
    NOT_NEEDED_BY_MISTRAL,
    WEIGHTS,
    adapters_path,
    bucket_fetch,
    hub_fetch,
    served_path,
)
from infra.engines.model import Dimensions, EngineModel, Family, ModelSection, Parsers, Refusal
from infra.engines.vllm.answers import parsers_of
from infra.engines.vllm.compiled import WATCHED, factors
from infra.engines.vllm.facts import facts, grammar
from infra.engines.vllm.few_graphs import sizes_of, slower
from infra.engines.vllm.flags import REFUSED
from infra.engines.vllm.lacks import lacks
from infra.engines.vllm.last_words import LAST_WORDS
from infra.engines.vllm.log import LOG_ARGUMENTS, LOG_ENVIRONMENT, LOG_FILES
from infra.engines.vllm.memory import size
from infra.engines.vllm.needed import OVERRIDES, OWN_FORMAT, arguments_of, need_of, with_overrides
from infra.engines.vllm.refusals import cannot_run, refusals
from infra.engines.vllm.rope import overrides
from infra.engines.vllm.speculation import MTP, config
from infra.engines.vllm.start import steps
from infra.engines.vllm.throughput import of_replica
from infra.engines.vllm.unplanned import refusal
from infra.engines.vllm.versions import PINNED, default_utilization
from infra.models.places import Bucket, place_of
from infra.sizing.estimates import Throughput
from infra.sizing.question import Question, Sized, Version

_DTYPE = {"bf16": "bfloat16", "fp16": "float16"}
# `auto` would pick the runner by the architecture, and an embedding model built on a chat model would chat.
TOOL_CHOICE, TOOL_PARSER, REASONING_PARSER = "--enable-auto-tool-choice", "--tool-call-parser", "--reasoning-parser"
# TIME_TO_FIRST_TOKEN_BUCKETS of vllm/v1/metrics/buckets.py, 0.32.0.
_FIRST_TOKEN_BUCKETS = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0),
)
_TASK = {
    "chat": ("--runner", "generate"),
    "embed": ("--runner", "pooling", "--convert", "embed"),
    "rerank": ("--runner", "pooling"),
}
# Beside OpenAI's, by task (vllm/entrypoints/*/api_router.py of 0.32.0): Anthropic's messages, and how scores are
# asked for without an order. Its tokenizer is beside /v1, where a base URL that ends with /v1 doesn't reach.
_MORE = {
    "chat": ("/v1/responses", "/v1/messages", "/v1/messages/count_tokens"),
    "embed": (),
    "rerank": ("/v1/score",),
}
_COUNTED = "--enable-force-include-usage"
_TOKENIZER = {"/v1/tokenize": "/tokenize", "/v1/detokenize": "/detokenize"}
# Several API servers (--api-server-count) wait this long for the engine, and then end (vllm/v1/engine/core_client.py).
READY_SECONDS = 600
# Each GPU's process holds one tensor at a time: by default it is 40 GB for each. Of 4, 16, 32 and 64 readers, 32 were
# the quickest from S3 (run-ai/runai-model-streamer docs/src/benchmarks.md); the default is 8.
_STREAMER = '{"memory_limit": 0, "concurrency": 32}'


class Vllm(Engine):
    name = "vllm"
    is_default = True
    title = "vLLM"
    port = 8000
    health_path = "/health"  # answers once the model is loaded
    metrics_path: str | None = "/metrics"
    keys_file: KeysFile | None = KeysFile("--config", "vllm.yaml")  # VLLM_API_KEY has room for one
    last_words = LAST_WORDS
    first_token_metric: str | None = "vllm:time_to_first_token_seconds"
    output_token_metric: str | None = "vllm:request_time_per_output_token_seconds"
    waiting_metric: str | None = "vllm:num_requests_waiting"
    running_metric: str | None = "vllm:num_requests_running"
    cache_metric: str | None = "vllm:kv_cache_usage_perc"
    # do_tracing in vllm/v1/engine/output_processor.py of 0.32.0, whose wheel requires OpenTelemetry: numbers and times
    # of a request whose trace is sampled, and no text. It goes on where nobody takes them.
    makes_spans = True
    files = LOG_FILES
    drains = True
    keep_alive_env: str | None = "VLLM_HTTP_TIMEOUT_KEEP_ALIVE"  # 5 seconds where it is not set
    counts_streams = True  # by _COUNTED
    # _make_not_found_error in vllm/entrypoints/openai/responses/serving.py of 0.32.0
    says_not_kept: str | None = "Response with id '{id}' not found."
    flags: Mapping[str, str] = {
        "max_model_len": "--max-model-len",
        "max_num_seqs": "--max-num-seqs",
        "max_num_batched_tokens": "--max-num-batched-tokens",
        "utilization": "--gpu-memory-utilization",
        "gpus": "--tensor-parallel-size",
    }
    stores = (WEIGHTS, ADAPTERS, COMPILED)
    limits = Limits(
        quantizes_at_load=("fp8",),
        cache_in_8_bit=True,
        proposes=MTP,
        adapter_ranks=(8, 16, 32, 64, 128, 256, 320, 512),  # MaxLoRARanks in vllm/config/lora.py, without 1
        remote_code="--trust-remote-code",
        whole_experts="--enable-expert-parallel",
        json_schema=True,
        streams_weights=("--load-format", "runai_streamer", "--model-loader-extra-config", _STREAMER),
        defaults_known=True,
        few_graphs=True,
        compiles=WATCHED,
        refused_arguments=REFUSED,
    )

    def paths(self, task: str) -> Mapping[str, str]:
        return {**as_served(*OPENAI[task], *_MORE[task]), **_TOKENIZER}

    def args(self, model: EngineModel) -> tuple[str, ...]:
        """Everything that decides memory is explicit: defaults differ by version and GPU."""
        args = [
            served_path(model),
            *("--served-model-name", model.sent_as),
            *("--port", str(self.port)),
            *_TASK[model.task],
            *("--dtype", _DTYPE.get(model.dtype, "auto")),
            *("--max-model-len", str(model.max_model_len)),
            *("--tensor-parallel-size", str(max(model.gpus, 1))),
            *("--kv-cache-dtype", model.kv_cache_dtype),
            *("--shutdown-timeout", str(model.timeouts.drain)),
            *LOG_ARGUMENTS,
        ]
        if model.quantization is not None:
            args += ["--quantization", model.quantization]
        if model.utilization is not None:
            args += ["--gpu-memory-utilization", str(model.utilization)]
        if model.max_num_seqs is not None:
            args += ["--max-num-seqs", str(model.max_num_seqs)]
        if model.max_num_batched_tokens is not None:
            args += ["--max-num-batched-tokens", str(model.max_num_batched_tokens)]
        if model.graph_sizes:
            args += ["--cudagraph-capture-sizes", *map(str, model.graph_sizes)]
        if model.task == "chat":
            args.append(_COUNTED)
        args += self._parser_arguments(model)
        if model.proposer is not None:
            args += ["--speculative-config", config(model.proposer)]
        if model.slots is not None:
            args += ["--enable-lora", "--max-loras", str(model.slots.number), "--max-lora-rank", str(model.slots.rank)]
        args += with_overrides(model.needed, overrides(model.rope) if model.rope else {})
        if model.streamed or isinstance(place_of(model.model), Bucket):
            args += self.limits.streams_weights
        if model.traces_to is not None:
            args += ["--otlp-traces-endpoint", model.traces_to]
        if model.remote_code:
            args.append(str(self.limits.remote_code))
        return (*args, *model.extra_args)

    def compiled_by(self, model: EngineModel) -> tuple[str, ...]:
        return tuple(factors(self.args(model), self.env(model)))

    def graph_sizes(self, sized: Sized) -> tuple[int, ...]:
        return sizes_of(sized) if sized.question.few_graphs else ()

    def slower_with_few_graphs(self, sized: Sized, made: Throughput) -> float | None:
        return slower(sized.arguments.max_num_seqs, made.steps, made.request) if made.steps is not None else None

    def _parser_arguments(self, model: EngineModel) -> Iterator[str]:
        """Those that the stack file adds itself are left to it."""
        given = self.parsers_in(model.extra_args)
        if model.parsers.tool is not None and given.tool is None:
            yield from (TOOL_CHOICE, TOOL_PARSER, model.parsers.tool)
        if model.parsers.reasoning is not None and given.reasoning is None:
            yield from (REASONING_PARSER, model.parsers.reasoning)

    def parsers_in(self, arguments: Sequence[str]) -> Parsers:
        """One without the other doesn't start, or parses nothing: the file then says the whole itself."""
        read = [each for each in self.read_arguments(arguments) if isinstance(each, Argument)]
        named = {each.flag: " ".join(each.values) for each in read}
        choice = named.get(TOOL_CHOICE)
        return Parsers(named.get(TOOL_PARSER, choice), named.get(REASONING_PARSER))

    def parsers(self, repository: str) -> Parsers:
        return parsers_of(repository)

    def needed(self, family: Family, given: Sequence[str]) -> tuple[str, ...]:
        flags = [each.flag for each in self.read_arguments(given)]
        need = need_of(family.repository, family.like, family.task)
        return tuple(arguments_of(need, family.architecture, flags))

    def dimensions(self, family: Family) -> Dimensions | None:
        """As the table of families says, else as the engine itself reads config.json (ModelConfig.is_matryoshka)."""
        need = need_of(family.repository, family.like, family.task)
        if need is not None and need.dimensions is not None:
            return need.dimensions
        sizes = family.vector_sizes if family.task == "embed" else None
        return None if sizes is None else Dimensions(sizes or (1,), every=not sizes)

    def wrong_task(self, family: Family, given: Sequence[str]) -> str | None:
        """A class that only embeds scores a pair by the cosine of two vectors, and says nothing of it."""
        known = facts().architectures.get(family.architecture or "")
        if family.task != "rerank" or known is None or known.score != "bi-encoder":
            return None
        said = (*self.needed(family, given), *(each.flag for each in self.read_arguments(given)))
        if OVERRIDES in said:
            return None
        return f"{self.title} would score by the cosine of two embeddings: {known.name} is no cross-encoder"

    def fetch(self, model: EngineModel) -> Fetch:
        if OWN_FORMAT in model.needed:
            fetch = bucket_fetch if model.from_bucket else hub_fetch
            return fetch(model.model, model.revision, NOT_NEEDED_BY_MISTRAL)
        return super().fetch(model)

    @property
    def known_parsers(self) -> Mapping[str, Sequence[str]]:
        return facts().parsers

    @property
    def cuda(self) -> str | None:
        return facts().build.cuda

    @property
    def exported(self) -> Exporter:
        return Exporter(self.name, facts().build.version, facts().metrics)

    def read_arguments(self, given: Sequence[str]) -> Iterator[Argument | BadArgument]:
        plugins = any(item.startswith(("--tool-parser-plugin", "--reasoning-parser-plugin")) for item in given)
        yield from grammar(plugins=plugins).read(given)

    def unplanned(self, argument: Argument, item: str) -> BadArgument | None:
        return refusal(argument, item)

    def refuse(self, model: ModelSection, shape: ModelShape | None, catalog: Catalog) -> Iterator[Refusal]:
        yield from refusals(model, shape, catalog)

    def lacks(self, version: Version, shape: ModelShape | None, model: EngineModel | None) -> Iterator[Lacks]:
        return lacks(version, self.args(model) if model is not None else (), shape)

    def cannot_run(self, question: Question, gpu: Gpu) -> str | None:
        return cannot_run(question, gpu)

    def computes_in(self, shape: ModelShape | None, dtype: str) -> str:
        """Weights in fp16 of a model type that it refuses in fp16 are served in bf16."""
        refused = shape is not None and shape.model_type in facts().fp16_refused
        return "bf16" if refused and dtype == "fp16" else dtype

    memory = staticmethod(size)
    throughput = staticmethod(of_replica)

    def default_utilization(self, question: Question) -> float | None:
        return default_utilization(question.version or PINNED)

    def utilization_reason(self, sized: Sized) -> str:
        share = sized.arguments.utilization
        free = (sized.gpu.engine_gib or 0.0) * (1 - share)
        version = _said(sized.question)
        return f"{share} is the default of vLLM {version}; {free:.1f} GiB stay free for what it doesn't count"

    def asked(self, question: Question) -> str:
        return f"vLLM {_said(question)}, utilisation {question.utilization or self.default_utilization(question)}"

    def started(self, sized: Sized) -> str:
        arguments, question = sized.arguments, sized.question
        assumed = "" if question.version_known else " (assumed: --engine-version makes the interval narrower)"
        whose = "as a plan writes it" if question.planned else "its default"
        chosen = "" if question.max_num_seqs else f" ({whose})"
        return (
            f"vLLM {_said(question)}{assumed}, utilisation {arguments.utilization}, max-num-seqs"
            f" {arguments.max_num_seqs}{chosen}, max-num-batched-tokens {arguments.max_num_batched_tokens}"
        )

    def start_up(self, question: Question, sized: Sized | None) -> Iterator[StartStep]:
        yield from super().start_up(question, sized)
        yield from steps(question, sized)

    def env(self, model: EngineModel) -> Mapping[str, str]:
        """With adapters, a name that isn't the model's is looked up below a folder at the first request."""
        env = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", **LOG_ENVIRONMENT}
        if model.timeouts.startup_probe > READY_SECONDS:
            env["VLLM_ENGINE_READY_TIMEOUT_S"] = str(model.timeouts.startup_probe)
        if model.traces_to is not None:
            env["OTEL_SERVICE_NAME"] = model.name
        if model.slots is None:
            return env
        return {
            **env,
            "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
            "VLLM_PLUGINS": "lora_filesystem_resolver",
            "VLLM_LORA_RESOLVER_CACHE_DIR": adapters_path(model),
        }

    def keys_text(self, keys: Sequence[str]) -> str:
        """Each becomes an argument of --api-key, which its log masks: one that begins with a dash would be another."""
        return json.dumps({"api-key": [key for key in keys if not key.startswith("-")]})

    def first_token_buckets(self, model: EngineModel) -> tuple[float, ...]:
        own = any(each.startswith("--custom-histogram-buckets") for each in model.extra_args)
        return () if own else _FIRST_TOKEN_BUCKETS

    def queries(self, namespace: str, name: str, server: str | None = None) -> tuple[Query, ...]:
        which = f',service="{server}"' if server is not None else ""
        labels = f'{{namespace="{namespace}",model_name="{name}"{which}}}'
        return (
            Query("waiting", f"sum({self.waiting_metric}{labels})"),
            Query("running", f"sum({self.running_metric}{labels})"),
            Query("servers", f"count({self.running_metric}{labels})"),
            Query("cache", f"sum({self.cache_metric}{labels})"),
        )


def _said(question: Question) -> str:
    return ".".join(map(str, question.version or PINNED))


ENGINE = Vllm()
