"""metrics-server: CPU and memory of pods, for `kubectl top` and for autoscalers that ask for them."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.chart import Chart, helm_release


def values() -> dict[str, Any]:
    # Two replicas: while its API is down, no namespace can be deleted.
    return {
        "replicas": 2,
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "metrics-server"}},
            }
        ],
    }


def install_metrics_server(
    name: str, *, chart: Chart, mirror: str | None, opts: pulumi.ResourceOptions
) -> k8s.helm.v3.Release:
    return helm_release(name, chart=chart, mirror=mirror, values=values(), opts=opts)
