"""`models`: what is served."""

from typing import Annotated, Any, Literal

from pydantic import Field

from infra.engines import DEFAULT
from infra.services.external.section import OneFallback
from infra.services.serving.schedule_section import Window
from infra.services.serving.vertical_section import VerticalChoice
from infra.settings.types import (
    ClientName,
    EngineName,
    ImageName,
    ModelId,
    ModelName,
    ModelPlace,
    OneNumber,
    PoolName,
    Revision,
    Section,
    Short,
)

Task = Literal["chat", "embed", "rerank"]


class Replicas(Section):
    """How many copies: `N`, or `{min, max}` for a scaler between them."""

    min: int = Field(
        default=1,
        ge=0,
        le=1000,
        description="minimum of replicas; 0: while nobody asks, the model has no replica, and the gateway holds"
        " requests until one has started",
        examples=[1],
    )
    max: int = Field(
        default=1, ge=0, le=1000, description="maximum of replicas; above min, a scaler is created", examples=[4]
    )
    ready: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="while there is a next version: at least this many replicas run, so that the server can take all"
        " requests; promote and rollback write it and take it out again",
        examples=[4],
    )


class RopeScaling(Section):
    """Positions that are stretched for a context that is longer than the model's own."""

    type: Literal["yarn"] = Field(default="yarn", description="how they are stretched", examples=["yarn"])
    factor: float = Field(
        gt=1, le=64, description="how many times the tokens that the model was trained for", examples=[4]
    )
    original: int | None = Field(
        default=None,
        ge=1,
        le=10_485_760,
        description="tokens that it was trained for: original_max_position_embeddings of its config.json; known of"
        " Qwen2.5 and Qwen3",
        examples=[32768],
    )
    theta: float | None = Field(
        default=None,
        gt=0,
        le=1e12,
        description="rope_theta of its config.json; known of Qwen2.5 and Qwen3",
        examples=[1000000],
    )


class Adapter(Section):
    """A LoRA adapter of a model; its key in the file is the name that applications send as `model`."""

    model: ModelId = Field(description="Hugging Face repository of the adapter", examples=["acme/qwen3-8b-sql-lora"])
    revision: Revision | None = Field(default=None, description="commit or tag of the repository; main when absent")
    rank: int | None = Field(
        default=None,
        ge=1,
        le=512,
        description="`r` of its adapter_config.json; 64 is assumed when absent",
        examples=[16],
    )


class Speculative(Section):
    """What proposes tokens, so that the model checks several at once: another model, or a method."""

    model: ModelId | None = Field(
        default=None,
        description="a small model of the same vocabulary, which is downloaded too",
        examples=["Qwen/Qwen3-0.6B"],
    )
    revision: Revision | None = Field(
        default=None, description="commit or tag of its repository; when absent, the commit of models.lock, else main"
    )
    method: Literal["ngram", "mtp"] | None = Field(
        default=None,
        description="without another model. ngram: what the prompt says after the same words; mtp: layers of the model"
        " that predict several tokens",
        examples=["ngram"],
    )
    tokens: int = Field(ge=1, le=32, description="how many are proposed at once", examples=[5])


class Scaling(Section):
    """When a model gets another replica."""

    ttft_p95_seconds: float | None = Field(
        default=None,
        gt=0,
        le=600,
        description="a promise to callers: 95 of 100 first tokens come within these seconds; at how many requests"
        " another replica starts follows from it, by the plan's estimate of its speed",
        examples=[2],
    )
    requests_per_replica: int | None = Field(
        default=None,
        ge=1,
        le=4096,
        description="instead of a promise: another replica starts when each has more requests than this, those that"
        " wait included",
        examples=[16],
    )


class Rollout(Section):
    """How a changed model gets its new pods, or how requests come to its next version."""

    strategy: Literal["rolling", "recreate", "blueGreen", "canary"] = Field(
        description="rolling: the new pod starts first, on GPUs that are kept free for it; recreate: the old pod"
        " stops first, and the model is down until the new one answers; blueGreen: a second server has the settings"
        " of next, and gets all requests or none; canary: it gets weight percent of them",
        examples=["recreate"],
    )
    # What is allowed differs by strategy: a check says it, and the schema says what holds for all.
    weight: Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": 100})] | None = Field(
        default=None,
        description="percent of the requests that the next version answers: 1 to 99 for canary; 0 or 100 for blueGreen,"
        " 0 when absent",
        examples=[10],
    )
    clients: tuple[ClientName, ...] = Field(
        default=(),
        description="clients of the gateway whose requests all go to the next version, whatever the weight is",
        examples=[["web-shop"]],
    )
    trials: bool = Field(
        default=True,
        description="whether the next version answers requests with the header x-llm-version: next; false before it"
        " ends, which promote and rollback write",
        examples=[False],
    )


class _Repository(Section):
    model: ModelPlace = Field(
        description="Hugging Face repository, or a name from the engine's library; or where the weights are already:"
        " pvc://CLAIM/PATH (a claim of the namespace), file:///PATH (a directory of your own nodes) or"
        " s3://BUCKET/PREFIX, from which the engine streams them. For an unknown one run `model add`",
        examples=["Qwen/Qwen3-8B"],
    )


class _OtherRepository(Section):
    model: ModelPlace | None = Field(
        default=None,
        description="another repository, or another place of weights; the model's own when absent",
        examples=["Qwen/Qwen3-8B-FP8"],
    )


class _Server(Section):
    """How a model is served."""

    revision: Revision | None = Field(
        default=None, description="commit or tag of the repository; when absent, the commit of models.lock, else main"
    )
    like: ModelId | None = Field(
        default=None,
        description="a known model of the same shape, for weights that you trained or quantized",
        examples=["meta-llama/Llama-3.3-70B-Instruct"],
    )
    architecture: dict[str, Any] | str | None = Field(
        default=None,
        description="the fields of the model's config.json, or the path of that file, for a model that is not known"
        " here",
        examples=["models/acme-7b/config.json"],
    )
    engine: EngineName = Field(default=DEFAULT, description="the model server")
    image: ImageName | None = Field(
        default=None,
        description="image of the engine instead of the pinned one, with a tag or digest: a build for accelerators that"
        " aren't NVIDIA's, or your own; it gets the arguments of the pinned version",
        examples=["registry.acme.io/model-server:1.4"],
    )
    quantization: str | None = Field(
        default=None,
        description="how the weights are stored, or how the engine quantizes them when it loads them; when absent, as"
        " in the repository",
        examples=["fp8"],
    )
    kv_cache_dtype: Literal["auto", "fp8"] = Field(
        default="auto", description="type of the KV cache: fp8 holds twice the tokens, auto is the model's own type"
    )
    pool: PoolName | None = Field(
        default=None, description="the pool of its nodes, a key of gpuPools; chosen or made when absent"
    )
    gpus: int | None = Field(
        default=None,
        ge=0,
        le=16,
        description="GPUs per replica (tensor parallelism); 0 means CPU; chosen when absent",
        examples=[1],
    )
    max_model_len: int | None = Field(
        default=None,
        ge=1,
        le=10_485_760,
        examples=[8192],
        description="tokens per request, prompt and answer together; the model's own limit when absent",
    )
    rope_scaling: RopeScaling | None = Field(
        default=None,
        description="a context that is longer than the model's own, by stretched positions; short prompts may be"
        " answered a little worse",
        examples=[{"type": "yarn", "factor": 4}],
    )
    max_num_seqs: int | None = Field(
        default=None, ge=1, le=4096, description="maximum of requests in one batch; chosen when absent", examples=[64]
    )
    max_num_batched_tokens: int | None = Field(
        default=None,
        ge=64,
        le=1_048_576,
        description="maximum of tokens in one step, prompts included; more tokens read long prompts faster, and take"
        " memory from the cache; chosen when absent",
        examples=[8192],
    )
    concurrency: int | None = Field(
        default=None,
        ge=1,
        le=4096,
        description="requests of maxModelLen tokens that one replica must hold at once",
        examples=[8],
    )
    cuda_graphs: Literal["all", "few"] = Field(
        default="all",
        description="sizes of a batch for which the engine records CUDA graphs at each start: all that it would choose,"
        " or few (powers of two), which starts sooner and pads a batch up to the next size",
        examples=["few"],
    )
    gpu_memory_utilization: float | None = Field(
        default=None,
        gt=0,
        le=0.98,
        description="share of the GPU's memory that the engine may use, or of its part where a pool shares GPUs; chosen"
        " when absent",
        examples=[0.9],
    )
    isolated: bool = Field(
        default=False,
        description="true: no other server may share a GPU's memory with it; whole GPUs and MIG slices are separate",
    )
    speculative: Speculative | None = Field(
        default=None,
        description="tokens are proposed by something quicker and checked by the model: answers come sooner while few"
        " requests run",
        examples=[{"model": "Qwen/Qwen3-0.6B", "tokens": 5}],
    )
    replicas: Annotated[Replicas, OneNumber, Short({"type": "integer", "minimum": 1, "maximum": 1000})] = Field(
        default=Replicas(),
        description="number of copies of the model, or {min, max} for a scaler between them",
        examples=[{"min": 1, "max": 4}],
    )
    scaling: Scaling | None = Field(
        default=None,
        description="when another replica starts, where replicas are {min, max}; chosen when absent",
        examples=[{"ttftP95Seconds": 2}],
    )
    tool_calling: str | None = Field(
        default=None,
        description="the engine's parser that reads tool calls, or off; by the model's family when absent",
        examples=["hermes"],
    )
    reasoning: str | None = Field(
        default=None,
        description="the engine's parser that takes thoughts out of the answer, or off; by the model's family when"
        " absent",
        examples=["qwen3"],
    )
    trust_remote_code: bool = Field(
        default=False,
        description="run the code that the repository brings, in the server; requires revision",
        examples=[True],
    )
    extra_args: tuple[str, ...] = Field(
        default=(), description="more command-line arguments for the engine", examples=[["--enable-prefix-caching"]]
    )
    acknowledge_maintenance_mode: bool = Field(
        default=False,
        description="true: you know that this engine is in maintenance mode and gets no new features",
        examples=[True],
    )


class Next(_Server, _OtherRepository):
    """The next version of a model: the settings in which it differs. Both are served under the model's name."""


class Model(_Server, _Repository):
    """One model; its key in the file is the name that applications send."""

    task: Task | None = Field(default=None, description="what the model does; when absent, the catalogue's entry")
    adapters: dict[ModelName, Adapter] | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="LoRA adapters: each is downloaded, and served at the model's URL under its own name",
        examples=[{"sql": {"model": "acme/qwen3-8b-sql-lora", "rank": 16}}],
    )
    rollout: Rollout | None = Field(
        default=None,
        description="how a change replaces pods, or brings requests to `next`; rolling when absent, recreate where a"
        " second pod would have no GPU or no volume",
        examples=[{"strategy": "recreate"}],
    )
    next: Next | None = Field(
        default=None,
        description="the settings in which the model's next version differs: a second server under the same name,"
        " which gets requests as rollout says; `llm-platform promote` and `rollback` end it",
        examples=[{"revision": "0e9e39f249a16976918f6564b8830bc894c89659"}],
    )
    fallback: OneFallback | None = Field(
        default=None,
        description="a key of external: requests go there that the model's own servers don't answer, and their prompts"
        " leave the network",
        examples=["gpt"],
    )
    schedule: tuple[Window, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=16,
        description="windows of the week in which at least `min` replicas run; outside it is replicas.min, which"
        " may be 0",
        examples=[[{"days": "mon-fri", "from": "08:00", "to": "19:00", "timezone": "Europe/Amsterdam", "min": 1}]],
    )
    vertical_scaling: VerticalChoice | None = Field(
        default=None,
        description="of a model on the CPU: what its pods ask for follows what they used, by a VerticalPodAutoscaler;"
        " when absent, it is what the program works out",
        examples=["Initial"],
    )
    affinity: Literal["user", "session"] | None = Field(
        default=None,
        description="user: requests with the same `user` in the body go to the same replica, whose prefix cache has the"
        " beginning of their prompts; session: those with the same header x-llm-session; when absent, each request goes"
        " to a replica with few requests",
        examples=["user"],
    )
    paused: bool = Field(default=False, description="true: no pod runs; weights, Service and URL stay", examples=[True])


Models = Annotated[dict[ModelName, Model], Field(min_length=1, examples=[{"qwen3-8b": {"model": "Qwen/Qwen3-8B"}}])]
