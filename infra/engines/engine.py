"""What an engine is: how it is started, watched and fed. One folder for each; a new one implements what differs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components.container import Container, Fetch, Query
from infra.engines.hub import hub_fetch


@dataclass(frozen=True)
class Workload:
    """One model as an engine is told to serve it. Lengths in tokens, times in seconds."""

    name: str  # what applications send as `model`
    model: str  # repository on the hub, or a tag of the engine's own library
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


class Engine:
    """A model server."""

    name: str  # in the stack file
    title: str  # in sentences
    port: int
    health_path: str = "/health"
    metrics_path: str | None = None  # None: nothing for Prometheus
    api_key_env: str | None = None  # None: the engine can't check a key
    drains: bool = False  # on SIGTERM it lets requests in flight end
    keep_alive_env: str | None = None  # None: it never closes an idle connection

    def args(self, workload: Workload) -> tuple[str, ...]:
        raise NotImplementedError

    def env(self, workload: Workload) -> Mapping[str, str]:
        return {}

    def startup_probe(self, workload: Workload) -> Mapping[str, Any]:
        """The handler (and time limit) that passes once the model is loaded."""
        return {"httpGet": {"path": self.health_path, "port": "http"}}

    def fetch(self, workload: Workload) -> Fetch:
        return hub_fetch(workload.model, workload.revision)

    def queries(self, namespace: str, name: str) -> tuple[Query, ...]:
        """What KEDA may scale on; empty where the engine measures nothing."""
        return ()

    def container(self, workload: Workload, image: str) -> Container:
        """What components are told."""
        return Container(
            name=self.name,
            image=image,
            args=self.args(workload),
            env={**self.env(workload), **self._keep_alive(workload)},
            port=self.port,
            health_path=self.health_path,
            metrics_path=self.metrics_path,
            api_key_env=self.api_key_env,
            gpus=workload.gpus,
            startup_probe=self.startup_probe(workload),
            startup_seconds=workload.startup_seconds,
            ends_requests_seconds=0 if self.drains else workload.drain_seconds,
        )

    def _keep_alive(self, workload: Workload) -> dict[str, str]:
        """A load balancer that sends a request on a connection that the engine has just closed answers 502."""
        return {self.keep_alive_env: str(workload.keep_alive_seconds)} if self.keep_alive_env else {}
