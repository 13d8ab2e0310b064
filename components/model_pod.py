"""The pod of a model server, as a Kubernetes pod spec."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.engines import MODELS_MOUNT, Engine, Workload
from components.model_cache import CLAIM
from components.pods import container_security_context, scratch, secret_variable, security_context, variables

API_KEY = "api-key"
_PROBE_SECONDS = 10


@dataclass(frozen=True)
class PodSize:
    """What a pod asks for beside its GPUs. Memory holds /dev/shm; the disk holds caches, /tmp and logs."""

    cpu: float  # cores
    memory_gib: float
    disk_gib: int
    shm_gib: int


@dataclass(frozen=True)
class PodPlace:
    """Which nodes, and whether replicas prefer different ones."""

    node_selector: Mapping[str, str]
    tolerations: Sequence[Mapping[str, Any]]
    spread: bool
    runtime_class: str | None = None  # of a container runtime that isn't the nodes' default


def pod_spec(
    engine: Engine,
    workload: Workload,
    *,
    image: str,
    labels: Mapping[str, str],
    size: PodSize,
    place: PodPlace,
    pre_stop_seconds: int,
    grace_seconds: int,
    set_group: bool,
    api_key_secret: str | None,
) -> Any:
    """`api_key_secret` is the Secret whose key applications must send; None where the engine checks none."""
    volumes, mounts = scratch(size.disk_gib)
    volumes += [
        {"name": "models", "persistentVolumeClaim": {"claimName": CLAIM}},
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": f"{size.shm_gib}Gi"}},
    ]
    mounts += [
        {"name": "models", "mountPath": MODELS_MOUNT, "readOnly": True},
        {"name": "shm", "mountPath": "/dev/shm"},
    ]
    environment = variables({**engine.env(workload), **_keep_alive(engine, workload)})
    if engine.api_key_env is not None and api_key_secret is not None:
        environment.append(secret_variable(engine.api_key_env, secret=api_key_secret, key=API_KEY))
    # An engine that drops its connections on SIGTERM gets it only after they had time to end.
    sleep_seconds = pre_stop_seconds if engine.drains else pre_stop_seconds + workload.drain_seconds
    health = {"httpGet": {"path": engine.health_path, "port": "http"}, "periodSeconds": _PROBE_SECONDS}
    container: dict[str, Any] = {
        "name": engine.name,
        "image": image,
        "args": list(engine.args(workload)),
        "env": environment,
        "ports": [{"name": "http", "containerPort": engine.port, "protocol": "TCP"}],
        "resources": _resources(workload, size),
        "securityContext": container_security_context(),
        "lifecycle": {"preStop": {"sleep": {"seconds": sleep_seconds}}},
        "startupProbe": {
            **engine.startup_probe(workload),
            "periodSeconds": _PROBE_SECONDS,
            "failureThreshold": math.ceil(workload.startup_seconds / _PROBE_SECONDS),
        },
        "readinessProbe": {**health, "timeoutSeconds": 5, "failureThreshold": 3},
        # A busy server answers late; a restart costs a cold start, so only a dead one earns it.
        "livenessProbe": {**health, "timeoutSeconds": 10, "failureThreshold": 6},
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,  # a Service named `vllm` would inject VLLM_PORT
        "terminationGracePeriodSeconds": grace_seconds,
        "securityContext": security_context(set_group=set_group),
        "nodeSelector": {"kubernetes.io/os": "linux", **place.node_selector},
        "tolerations": [dict(toleration) for toleration in place.tolerations],
        "containers": [container],
        "volumes": volumes,
    }
    if place.runtime_class is not None:
        spec["runtimeClassName"] = place.runtime_class
    if place.spread:
        spec["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",  # one node with several GPUs is better than a pod that waits
                "labelSelector": {"matchLabels": dict(labels)},
            }
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ]
    return spec


def _keep_alive(engine: Engine, workload: Workload) -> dict[str, str]:
    """A load balancer that sends a request on a connection that the engine has just closed answers 502."""
    return {engine.keep_alive_env: str(workload.keep_alive_seconds)} if engine.keep_alive_env else {}


def _resources(workload: Workload, size: PodSize) -> dict[str, Any]:
    """Memory and GPUs are limits too. CPU is not: throttling a tokenizer starves a GPU."""
    fixed = {"memory": f"{round(size.memory_gib * 1024)}Mi", "ephemeral-storage": f"{size.disk_gib}Gi"}
    if workload.gpus:
        fixed["nvidia.com/gpu"] = str(workload.gpus)
    return {"requests": {"cpu": f"{round(size.cpu * 1000)}m", **fixed}, "limits": fixed}
