"""The pod of a model server, as a Kubernetes pod spec."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from components.bucket_access import BucketAccess
from components.compiled import CPU, MEMORY_GIB, compiled_container
from components.container import (
    API_KEY,
    CLAIM,
    ENGINE_FILES,
    ENGINE_KEYS,
    FILES_MOUNT,
    KEYS_MOUNT,
    MODELS_MOUNT,
    Compiled,
    Container,
    KeysFile,
)
from components.pods import container_security_context, scratch, secret_variable, security_context, spread, variables

GPU_RESOURCE = "nvidia.com/gpu"  # what the device plugin offers on a node, and pods request
_PROBE_SECONDS = 10


@dataclass(frozen=True)
class PodSize:
    """The requests of a pod, without its GPUs. Memory includes /dev/shm; the disk holds caches, /tmp and logs."""

    cpu: float  # cores
    memory_gib: float
    disk_gib: int
    shm_gib: int


@dataclass(frozen=True)
class PodPlace:
    """The nodes for a pod."""

    node_selector: Mapping[str, str]
    tolerations: Sequence[Mapping[str, Any]]
    runtime_class: str | None = None  # for a container runtime that isn't the nodes' default
    gpu_resource: str = GPU_RESOURCE
    own_shm: bool = True  # False: the device plugin mounts /dev/shm, by which a server reaches MPS
    spreads: bool = True  # it prefers a zone and a node without another replica; False: the scheduler's own defaults


def pod_spec(
    server: Container,
    *,
    labels: Mapping[str, str],
    size: PodSize,
    place: PodPlace,
    pre_stop_seconds: int,
    grace_seconds: int,
    set_group: bool,
    own_claim: str | None = None,
    bucket: BucketAccess | None = None,
    service_account: str | None = None,
    awaited: Sequence[str] = (),
    compiled: Compiled | None = None,
    selinux_level: str | None = None,
) -> Any:
    """`own_claim` has the weights of this model; None: they are in the model cache. With `bucket`, the server reads
    them from there, and no claim is mounted. `service_account`: whose rights the claim is mounted with. `awaited`:
    files that the node has once its weights are whole. `compiled`: what it compiles is kept in the model cache."""
    if compiled is not None:
        size = replace(size, cpu=size.cpu - CPU, memory_gib=size.memory_gib - MEMORY_GIB)
    volumes, mounts = scratch(size.disk_gib)
    if bucket is None:
        volumes.append({"name": "models", "persistentVolumeClaim": _claim(own_claim)})
        mounts.append({"name": "models", "mountPath": MODELS_MOUNT, "readOnly": True})
    if place.own_shm:
        volumes.append({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": f"{size.shm_gib}Gi"}})
        mounts.append({"name": "shm", "mountPath": "/dev/shm"})
    environment = [*variables(server.env), *_of_bucket(bucket)]
    args = list(server.args)
    if server.keys_file is not None:
        args += [server.keys_file.argument, f"{KEYS_MOUNT}/{server.keys_file.name}"]
        volumes.append(_keys(server.keys_file))
        mounts.append({"name": "keys", "mountPath": KEYS_MOUNT, "readOnly": True})
    elif server.api_key_env is not None:
        environment.append(secret_variable(server.api_key_env, secret=ENGINE_KEYS, key=API_KEY))
    if server.files:
        volumes.append(_files(server.files))
        mounts.append({"name": "files", "mountPath": FILES_MOUNT, "readOnly": True})
    # A server that closes its connections on SIGTERM gets the signal only after requests had time to end.
    sleep_seconds = pre_stop_seconds + server.ends_requests_seconds
    health = {"httpGet": {"path": server.health_path, "port": "http"}, "periodSeconds": _PROBE_SECONDS}
    container: dict[str, Any] = {
        "name": server.name,
        "image": server.image,
        "args": args,
        "env": environment,
        "ports": [{"name": "http", "containerPort": server.port, "protocol": "TCP"}],
        "resources": _resources(server.gpus, size, place.gpu_resource),
        "securityContext": container_security_context(),
        "lifecycle": {"preStop": {"sleep": {"seconds": sleep_seconds}}},
        "startupProbe": {
            **server.startup_probe,
            "periodSeconds": _PROBE_SECONDS,
            "failureThreshold": math.ceil(server.startup_seconds / _PROBE_SECONDS),
        },
        "readinessProbe": {**health, "timeoutSeconds": 5, "failureThreshold": 3},
        # A busy server answers late. A restart costs a cold start, so only a dead server is restarted.
        "livenessProbe": {**health, "timeoutSeconds": 10, "failureThreshold": 6},
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,  # a Service's variables have names that an engine reads as its settings
        "terminationGracePeriodSeconds": grace_seconds,
        "securityContext": security_context(set_group=set_group, selinux_level=selinux_level),
        "nodeSelector": {"kubernetes.io/os": "linux", **place.node_selector},
        "tolerations": [dict(toleration) for toleration in place.tolerations],
        **({"topologySpreadConstraints": spread(labels)} if place.spreads else {}),
        "containers": [container],
        "volumes": volumes,
    }
    first = [_waiting(server, awaited)] if awaited else []
    if compiled is not None:
        first.append(compiled_container(compiled, server, bucket.variables if bucket is not None else None))
    if first:
        spec["initContainers"] = first
    account = service_account or (bucket.service_account if bucket is not None else None)
    if account is not None:
        spec["serviceAccountName"] = account
    if place.runtime_class is not None:
        spec["runtimeClassName"] = place.runtime_class
    return spec


def _waiting(server: Container, files: Sequence[str]) -> dict[str, Any]:
    """It has the server's own image: the node pulls it while the weights come, and not after them."""
    return {
        "name": "weights",
        "image": server.image,
        "command": ["/bin/sh", "-c", 'for file; do until [ -e "$file" ]; do sleep 1; done; done', "weights", *files],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "32Mi"}},
        "securityContext": container_security_context(),
        "volumeMounts": [{"name": "models", "mountPath": MODELS_MOUNT, "readOnly": True}],
    }


def _keys(file: KeysFile) -> dict[str, Any]:
    items = [{"key": file.name, "path": file.name}]
    return {"name": "keys", "secret": {"secretName": ENGINE_KEYS, "items": items}}


def _files(names: Sequence[str]) -> dict[str, Any]:
    items = [{"key": name, "path": name} for name in names]
    return {"name": "files", "configMap": {"name": ENGINE_FILES, "items": items}}


def _of_bucket(bucket: BucketAccess | None) -> Iterator[dict[str, Any]]:
    if bucket is None:
        return
    yield from ({"name": key, "value": value} for key, value in bucket.variables.items())
    if bucket.secret is not None:
        for key, needed in bucket.keys.items():
            yield secret_variable(key, secret=bucket.secret, key=key, optional=not needed)


def _claim(own: str | None) -> dict[str, Any]:
    """A volume that others fill may offer nothing but reading, and nobody may change who owns its files."""
    return {"claimName": CLAIM} if own is None else {"claimName": own, "readOnly": True}


def _resources(gpus: int, size: PodSize, gpu_resource: str) -> dict[str, Any]:
    """Memory and GPUs are limited too. CPU is not: a GPU idles while its tokenizer is throttled."""
    fixed = {"memory": f"{round(size.memory_gib * 1024)}Mi", "ephemeral-storage": f"{size.disk_gib}Gi"}
    if gpus:
        fixed[gpu_resource] = str(gpus)
    return {"requests": {"cpu": f"{round(size.cpu * 1000)}m", **fixed}, "limits": fixed}
