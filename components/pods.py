"""What all pods have in common: they pass Pod Security `restricted`, and write only to the volumes made for that."""

from collections.abc import Mapping
from typing import Any

from components.container import HOME

USER_ID = 2000  # may be missing in an engine's image; storage that sets file owners must use this one


def security_context(*, set_group: bool, selinux_level: str | None = None) -> dict[str, Any]:
    """For a pod. `set_group` gives the claim's files to the pod's group; storage that sets file owners ignores it.
    `selinux_level`: of pods that share files; else a runtime with SELinux gives each pod a separate one."""
    context: dict[str, Any] = {
        "runAsNonRoot": True,
        "runAsUser": USER_ID,
        "runAsGroup": USER_ID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if set_group:  # OnRootMismatch: otherwise each start changes the group of every file of the weights
        context |= {"fsGroup": USER_ID, "fsGroupChangePolicy": "OnRootMismatch"}
    if selinux_level is not None:
        context["seLinuxOptions"] = {"level": selinux_level}
    return context


def container_security_context() -> dict[str, Any]:
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}


def scratch(gib: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The writable volumes and their mounts: a home, where libraries keep their caches, and /tmp."""
    volumes = [{"name": name, "emptyDir": {"sizeLimit": f"{gib}Gi"}} for name in ("home", "tmp")]
    mounts = [{"name": "home", "mountPath": HOME}, {"name": "tmp", "mountPath": "/tmp"}]
    return volumes, mounts


def spread(labels: Mapping[str, str]) -> list[Any]:
    """A single replica has it too: else a second one would change the pod of the first, and so recreate it."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",  # replicas on the same node are better than a pod that waits
            "labelSelector": {"matchLabels": dict(labels)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def variables(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Environment of a container. USER is for images that don't have the user id: Python reads the name from it."""
    return [{"name": key, "value": value} for key, value in {"HOME": HOME, "USER": "model", **values}.items()]


def secret_variable(variable: str, *, secret: str, key: str, optional: bool = False) -> dict[str, Any]:
    reference: dict[str, Any] = {"name": secret, "key": key}
    if optional:
        reference["optional"] = True
    return {"name": variable, "valueFrom": {"secretKeyRef": reference}}
