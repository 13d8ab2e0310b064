"""What every engine adapter answers, and what it is told about the model it serves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

MODELS_MOUNT = "/models"  # where the claim is mounted, in the server and in the prefetch Job
HOME = "/home/model"  # writable and lost with the pod; the root file system is read-only


@dataclass(frozen=True)
class Workload:
    """One model as an engine is told to serve it. Lengths in tokens, times in seconds."""

    name: str  # what applications send as `model`
    model: str  # repository on the hub, or an Ollama tag
    revision: str | None
    task: Literal["chat", "embed", "rerank"]
    dtype: str  # bf16 or fp16; anything else leaves it to the engine
    quantization: str | None
    kv_cache_dtype: str  # auto or fp8
    gpus: int  # tensor parallel; 0 is CPU
    utilization: float | None  # share of the GPU's memory
    max_model_len: int
    max_num_seqs: int | None
    max_num_batched_tokens: int | None
    startup_seconds: int  # what loading may take
    drain_seconds: int  # what requests in flight get to end
    keep_alive_seconds: int  # an idle connection stays open for longer than whoever holds its other end keeps it
    extra_args: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fetch:
    """How the prefetch Job fills the claim: one container's command and environment."""

    command: tuple[str, ...]
    directory: str  # where it writes
    env: Mapping[str, str]
    uses_hub_token: bool


@dataclass(frozen=True)
class Query:
    """One Prometheus query that returns one element: the sum over all replicas."""

    name: Literal["waiting", "running"]
    promql: str


class Engine(Protocol):
    """An adapter: how this engine is started, watched and fed."""

    name: str
    port: int
    health_path: str
    metrics_path: str | None  # None: nothing for Prometheus
    api_key_env: str | None  # None: the engine can't check a key
    drains: bool  # on SIGTERM it lets requests in flight end
    keep_alive_env: str | None  # None: it never closes an idle connection

    def args(self, workload: Workload) -> tuple[str, ...]: ...

    def env(self, workload: Workload) -> Mapping[str, str]: ...

    def startup_probe(self, workload: Workload) -> Mapping[str, Any]:
        """The handler (and time limit) that passes once the model is loaded."""
        ...

    def fetch(self, workload: Workload) -> Fetch: ...

    def queries(self, namespace: str, name: str) -> tuple[Query, ...]:
        """What KEDA may scale on; empty where the engine measures nothing."""
        ...
