"""`models`: what is served."""

from typing import Annotated, Any, Literal

from pydantic import Field

from infra.settings.types import ModelId, ModelName, OneNumber, PoolName, Revision, Section

Engine = Literal["vllm", "ollama", "tgi"]
Task = Literal["chat", "embed", "rerank"]


class Replicas(Section):
    """How many copies: `N`, or `{min, max}` for a scaler between them."""

    min: int = Field(1, ge=0, le=1000)
    max: int = Field(1, ge=1, le=1000)


class Model(Section):
    """One model; its key in the file is the name that applications send."""

    model: ModelId
    revision: Revision | None = None
    like: ModelId | None = Field(None, description="a known model of the same shape, for weights of one's own")
    architecture: dict[str, Any] | str | None = Field(None, description="the fields of a config.json, or its path")
    engine: Engine = "vllm"
    task: Task | None = None
    quantization: str | None = Field(None, examples=["fp8"])
    kv_cache_dtype: Literal["auto", "fp8"] = "auto"
    pool: PoolName | None = None
    gpus: int | None = Field(None, ge=0, le=16, description="GPUs a replica, tensor parallel; 0 is CPU; chosen when absent")
    max_model_len: int | None = Field(None, ge=1, le=10_485_760, examples=[8192], description="tokens; the model's own when absent")
    max_num_seqs: int | None = Field(None, ge=1, le=4096, description="requests in one batch; chosen when absent")
    concurrency: int | None = Field(None, ge=1, le=4096, description="requests of maxModelLen at once, a replica")
    gpu_memory_utilization: float | None = Field(None, gt=0, le=0.98, examples=[0.9])
    replicas: Annotated[Replicas, OneNumber] = Replicas()
    paused: bool = Field(False, description="no pod; weights, Service and URL stay")
    extra_args: tuple[str, ...] = Field((), examples=[["--enable-prefix-caching"]])
    acknowledge_maintenance_mode: bool = Field(False, description="TGI gets no new features: say that you know")


Models = Annotated[dict[ModelName, Model], Field(min_length=1)]
