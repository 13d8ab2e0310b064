"""The container beside a model server that keeps what the server compiles as it starts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from components.container import COMPILED, HOME, MODELS_MOUNT, Compiled, Container
from components.pods import container_security_context, variables

CPU, MEMORY_GIB = 0.01, 0.0625  # what it requests; the server requests that much less
_MAX_MEMORY = "512Mi"  # of pages that wait to be written, which are given back
_READY = f"{HOME}/.compiled"
_MAX_SECONDS = 300  # until it is started again; it ends its unpacking long before
_INSIDE = Path(__file__).with_name("compiled_inside.py")


def compiled_container(
    kept: Compiled, server: Container, bucket: Mapping[str, pulumi.Input[str]] | None
) -> dict[str, Any]:
    """It starts before the server, and runs beside it: Kubernetes waits for its startup probe. Of the claim it sees one
    folder alone, which the kubelet makes. `bucket`: the variables by which it reaches the bucket that is the cache."""
    environment = variables({"PYTHONDONTWRITEBYTECODE": "1"})
    mounts = [{"name": "home", "mountPath": HOME}, {"name": "tmp", "mountPath": "/tmp"}]
    if bucket is None:
        mounts.insert(0, {"name": "models", "mountPath": f"{MODELS_MOUNT}/{COMPILED}", "subPath": COMPILED})
    else:
        environment += [{"name": key, "value": value} for key, value in bucket.items()]
    url = f"http://127.0.0.1:{server.port}{server.health_path}"
    return {
        "name": "compiled",
        "image": server.image,
        "restartPolicy": "Always",
        "command": [
            *("python3", "-c", _INSIDE.read_text(encoding="utf-8")),
            *(HOME, kept.watched, kept.place, kept.key, url, _READY),
        ],
        "env": environment,
        "resources": {
            "requests": {"cpu": f"{round(CPU * 1000)}m", "memory": f"{round(MEMORY_GIB * 1024)}Mi"},
            "limits": {"memory": _MAX_MEMORY},
        },
        "startupProbe": {
            "exec": {"command": ["test", "-e", _READY]},
            "periodSeconds": 1,
            "failureThreshold": _MAX_SECONDS,
        },
        "securityContext": container_security_context(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }
