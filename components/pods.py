"""What every pod has in common: it passes Pod Security `restricted`, and writes only where it is given room."""

from collections.abc import Mapping
from typing import Any

from components.container import HOME

USER_ID = 2000  # an engine's image may have this user; storage with an owner of its own must give its files to it


def security_context(*, set_group: bool) -> dict[str, Any]:
    """Of a pod. `set_group` makes the claim's files the pod's; storage with an owner of its own ignores it."""
    context: dict[str, Any] = {
        "runAsNonRoot": True,
        "runAsUser": USER_ID,
        "runAsGroup": USER_ID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if set_group:  # OnRootMismatch, or each start walks through every file of the weights
        context |= {"fsGroup": USER_ID, "fsGroupChangePolicy": "OnRootMismatch"}
    return context


def container_security_context() -> dict[str, Any]:
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}


def scratch(gib: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Volumes and mounts of what is writable: a home, where libraries keep their caches, and /tmp."""
    volumes = [{"name": name, "emptyDir": {"sizeLimit": f"{gib}Gi"}} for name in ("home", "tmp")]
    mounts = [{"name": "home", "mountPath": HOME}, {"name": "tmp", "mountPath": "/tmp"}]
    return volumes, mounts


def variables(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Environment of a container. USER is for images that don't know the user id: Python asks it for the name."""
    return [{"name": key, "value": value} for key, value in {"HOME": HOME, "USER": "model", **values}.items()]


def secret_variable(variable: str, *, secret: str, key: str, optional: bool = False) -> dict[str, Any]:
    reference: dict[str, Any] = {"name": secret, "key": key}
    if optional:
        reference["optional"] = True
    return {"name": variable, "valueFrom": {"secretKeyRef": reference}}
