"""KEDA: scales Deployments on what Prometheus measures."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.chart import Chart, helm_release


def values() -> dict[str, Any]:
    # With the chart's default, `Always`, each restart would need the registry, although its tags never change.
    # Without kinds of others its operator scales Deployments, StatefulSets and Jobs, and may not read each object.
    return {
        "crds": {"install": True},
        "image": {"pullPolicy": "IfNotPresent"},
        "rbac": {"enabledCustomScaledRefKinds": False},
    }


def install_keda(name: str, *, chart: Chart, mirror: str | None, opts: pulumi.ResourceOptions) -> k8s.helm.v3.Release:
    return helm_release(name, chart=chart, mirror=mirror, values=values(), opts=opts)
