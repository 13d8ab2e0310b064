"""One ordinary model; a test changes the part that it tests."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.engine_keys import EngineKeys
from components.model_pod import PodPlace, PodSize
from components.model_server import Callers, ModelServer, PodReplacement
from infra.engines import ENGINES
from infra.engines.model import EngineModel, EngineTimeouts, Parsers
from infra.recording import Recording, record

CHAT = EngineModel(
    name="llama-8b",
    model="meta-llama/Llama-3.1-8B-Instruct",
    revision="0e9e39f",
    task="chat",
    dtype="bf16",
    quantization=None,
    kv_cache_dtype="auto",
    gpus=1,
    utilization=0.9,
    max_model_len=8192,
    max_num_seqs=32,
    max_num_batched_tokens=2048,
    timeouts=EngineTimeouts(startup_probe=600, drain=300, keep_alive=330),
    parsers=Parsers(),
    rope=None,
    needed=(),
    adapters=(),
    slots=None,
    proposer=None,
    remote_code=False,
    extra_args=(),
    streamed=False,
)
OLLAMA = replace(CHAT, name="tiny", model="llama3.2:1b", revision=None, gpus=0, utilization=None, max_num_seqs=2)
CLIENT_LABEL = "llm-platform/client"
GATEWAY = {"app.kubernetes.io/component": "gateway"}  # the labels of its pods
GPU_TAINT = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
SERVER: dict[str, Any] = {
    "namespace": "llm",
    "engine": "vllm",
    "served": CHAT,
    "image": "vllm/vllm-openai:v0.32.0",
    "replicas": 1,
    "scaled": False,
    "disruption_budget": False,
    "size": PodSize(cpu=3, memory_gib=12, disk_gib=20, shm_gib=2),
    "place": PodPlace(node_selector={"llm-platform/pool": "l4"}, tolerations=[GPU_TAINT]),
    "rollout": PodReplacement(
        max_surge=0,
        max_unavailable=1,
        progress_deadline_seconds=1200,
        wait_seconds=1300,
        pre_stop_seconds=15,
        grace_seconds=330,
    ),
    "callers": Callers(gateway=GATEWAY, monitoring_namespace="monitoring"),
    "set_group": True,
    "numbers": (1,),
    "callers_key": "k" * 43,
    "monitor_labels": {"release": "prometheus"},
}


def run(program: Callable[[pulumi.ResourceOptions], Any], *, preview: bool = False) -> Recording:
    """Record a program that is given options with a cluster's provider."""

    def on_a_cluster() -> None:
        program(pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")))

    return record(on_a_cluster, stack="test", preview=preview)


def server(*, preview: bool = False, **changes: Any) -> Recording:
    """A model server with the values above, except for the changes."""
    return run(lambda opts: server_of(opts, **changes), preview=preview)


def server_of(opts: pulumi.ResourceOptions, **changes: Any) -> ModelServer:
    """The component; `engine`, `served` and `image` become its container."""
    arguments = {**SERVER, **changes}
    engine, served = ENGINES[arguments.pop("engine")], arguments.pop("served")
    container = engine.container(served, arguments.pop("image"))
    numbers, name = arguments.pop("numbers"), f"{served.name}-server"
    files = {"vllm.yaml": json.dumps}
    keys = EngineKeys(f"{name}-keys", namespace="llm", numbers=numbers, also=None, files=files, opts=opts)
    made = ModelServer(name, model=served.name, container=container, keys=keys, opts=opts, **arguments)
    made.add_address(answered_by=GATEWAY, depends_on=[])
    return made


def pod(recording: Recording, kind: str = "kubernetes:apps/v1:Deployment") -> dict[str, Any]:
    """The pod spec of the only object of that kind."""
    (served,) = recording.of(kind)
    return served.inputs["spec"]["template"]["spec"]


def environment(pod_spec: dict[str, Any]) -> dict[str, Any]:
    """The variables of the first container: a value, or where it comes from."""
    return {v["name"]: v.get("value", v.get("valueFrom")) for v in pod_spec["containers"][0]["env"]}
