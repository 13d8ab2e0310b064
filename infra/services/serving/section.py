"""`models`: what is served."""

from typing import Annotated, Any, Literal

from pydantic import Field

from infra.engines import DEFAULT
from infra.services.external.section import OneFallback
from infra.services.serving.beside_section import Adapter, RopeScaling, Speculative
from infra.services.serving.replicas_section import Replicas, Rollout, Scaling
from infra.services.serving.schedule_section import Window
from infra.services.serving.vertical_section import VerticalChoice
from infra.settings.types import (
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
        default=None,
        ge=1,
        le=4096,
        description="maximum of requests that a replica computes at once, at least concurrency; others wait, even where"
        " the cache has room for them; chosen when absent",
        examples=[64],
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
