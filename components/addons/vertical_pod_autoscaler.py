"""VerticalPodAutoscaler: sets what pods ask for by what they used."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.chart import Chart, helm_release

_SMALL = {"requests": {"cpu": "25m", "memory": "100Mi"}, "limits": {"memory": "500Mi"}}


def values() -> dict[str, Any]:
    """One of each but the webhook: without the others nothing changes for a while, and a second one only waits."""
    alone = {"replicas": 1, "resources": _SMALL, "podDisruptionBudget": {"enabled": False}}
    return {"admissionController": {"replicas": 2, "resources": _SMALL}, "recommender": alone, "updater": alone}


def install_vertical_pod_autoscaler(
    name: str, *, chart: Chart, mirror: str | None, opts: pulumi.ResourceOptions
) -> k8s.helm.v3.Release:
    return helm_release(name, chart=chart, mirror=mirror, values=values(), opts=opts)
