"""Sets what the pods of a Deployment ask for by what they used: a VerticalPodAutoscaler.

Not by the same resource as an autoscaler of their number: more pods would use less each, and ask for less again.
"""

from typing import Any, Protocol

import pulumi
import pulumi_kubernetes as k8s

from components.pod_autoscaler import cores
from components.scaling_behavior import target_of

Bounds = tuple[float, float]


class Vertical(Protocol):
    """`cpu` in cores, `memory_gib`: from, to; None: it stays as it is. One pod is ended at a time, while at least
    `min_replicas` are ready."""

    @property
    def mode(self) -> str: ...
    @property
    def cpu(self) -> Bounds | None: ...
    @property
    def memory_gib(self) -> Bounds | None: ...
    @property
    def min_replicas(self) -> int: ...


def fit_pods(
    name: str, *, target: str, container: str, metadata: Any, vertical: Vertical, opts: pulumi.ResourceOptions
) -> None:
    low, high = _bounds(vertical, 0), _bounds(vertical, 1)
    k8s.apiextensions.CustomResource(
        f"{name}-vertical-autoscaler",
        api_version="autoscaling.k8s.io/v1",
        kind="VerticalPodAutoscaler",
        metadata=metadata,
        spec={
            "targetRef": target_of(target),
            "updatePolicy": {"updateMode": vertical.mode, "minReplicas": vertical.min_replicas},
            "resourcePolicy": {
                "containerPolicies": [
                    {
                        "containerName": container,
                        "controlledResources": sorted(low),
                        "minAllowed": low,
                        "maxAllowed": high,
                    }
                ]
            },
        },
        opts=opts,
    )


def _bounds(vertical: Vertical, end: int) -> dict[str, str]:
    bounds: dict[str, str] = {}
    if vertical.cpu is not None:
        bounds["cpu"] = cores(vertical.cpu[end])
    if vertical.memory_gib is not None:
        bounds["memory"] = f"{round(vertical.memory_gib[end] * 1024)}Mi"
    return bounds
