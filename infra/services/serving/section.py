"""`models`: what is served."""

from typing import Annotated, Any, Literal

from pydantic import Field

from infra.engines import DEFAULT
from infra.settings.types import EngineName, ModelId, ModelName, OneNumber, PoolName, Revision, Section, Short

Task = Literal["chat", "embed", "rerank"]


class Replicas(Section):
    """How many copies: `N`, or `{min, max}` for a scaler between them."""

    min: int = Field(
        default=1, ge=0, le=1000, description="replicas at least; `paused: true` is the way to have none", examples=[1]
    )
    max: int = Field(default=1, ge=0, le=1000, description="replicas at most", examples=[4])


class Rollout(Section):
    """How a changed model gets its new pods."""

    strategy: Literal["rolling", "recreate"] = Field(
        description="rolling: the new pod first, on GPUs kept free for it; recreate: the old pod first, with a gap",
        examples=["recreate"],
    )


class Model(Section):
    """One model; its key in the file is the name that applications send."""

    model: ModelId = Field(
        description="Hugging Face repository, or a name in the engine's own library",
        examples=["Qwen/Qwen3-8B"],
    )
    revision: Revision | None = Field(
        default=None, description="commit or tag of the repository; the catalogue's pin or main when absent"
    )
    like: ModelId | None = Field(
        default=None,
        description="a known model of the same shape, for weights that you trained or quantized",
        examples=["meta-llama/Llama-3.3-70B-Instruct"],
    )
    architecture: dict[str, Any] | str | None = Field(
        default=None, description="the fields of a config.json, or its path", examples=["models/acme-7b/config.json"]
    )
    engine: EngineName = Field(default=DEFAULT, description="the model server")
    task: Task | None = Field(default=None, description="what it does; from the catalogue when absent")
    quantization: str | None = Field(
        default=None, description="how the weights are stored or loaded; the repository's when absent", examples=["fp8"]
    )
    kv_cache_dtype: Literal["auto", "fp8"] = Field(
        default="auto", description="fp8 holds twice the tokens; auto is the model's own"
    )
    pool: PoolName | None = Field(default=None, description="a key of gpuPools; chosen or made when absent")
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
        description="tokens per request; the model's own when absent",
    )
    max_num_seqs: int | None = Field(
        default=None, ge=1, le=4096, description="requests in one batch; chosen when absent", examples=[64]
    )
    concurrency: int | None = Field(
        default=None, ge=1, le=4096, description="requests of maxModelLen at once, a replica", examples=[8]
    )
    gpu_memory_utilization: float | None = Field(
        default=None,
        gt=0,
        le=0.98,
        description="share of the GPU that the engine may use; chosen when absent",
        examples=[0.9],
    )
    replicas: Annotated[Replicas, OneNumber, Short({"type": "integer", "minimum": 1, "maximum": 1000})] = Field(
        default=Replicas(), description="copies: a number, or {min, max} for a scaler", examples=[{"min": 1, "max": 4}]
    )
    rollout: Rollout | None = Field(
        default=None,
        description="how pods are replaced; rolling when absent, recreate where no GPU or volume is there for two",
        examples=[{"strategy": "recreate"}],
    )
    paused: bool = Field(default=False, description="no pod; weights, Service and URL stay", examples=[True])
    trust_remote_code: bool = Field(
        default=False,
        description="run the code that the repository brings, in the server; requires revision",
        examples=[True],
    )
    extra_args: tuple[str, ...] = Field(
        default=(), description="more arguments of the engine", examples=[["--enable-prefix-caching"]]
    )
    acknowledge_maintenance_mode: bool = Field(
        default=False,
        description="an engine that gets no new features (maintenance mode): say that you know",
        examples=[True],
    )


Models = Annotated[dict[ModelName, Model], Field(min_length=1, examples=[{"qwen3-8b": {"model": "Qwen/Qwen3-8B"}}])]
