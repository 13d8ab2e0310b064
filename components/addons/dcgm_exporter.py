"""NVIDIA's dcgm-exporter: what each GPU does, and its errors, for Prometheus."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_kubernetes as k8s

from components.chart import Chart, helm_release

_USER = 1000
_FILE = "/etc/dcgm-exporter/default-counters.csv"


class DcgmExporter(NamedTuple):
    chart: Chart
    tolerations: Sequence[Mapping[str, str]]  # of the taints of all pools
    metrics: Mapping[str, str]  # fields of DCGM, each with its kind: gauge or counter
    labels: Mapping[str, str]  # by which Prometheus finds a ServiceMonitor
    runtime_class: str | None = None  # required where NVIDIA's runtime isn't the default, else no GPU is seen


def values(
    *,
    tolerations: Sequence[Mapping[str, str]],
    metrics: Mapping[str, str],
    labels: Mapping[str, str],
    runtime_class: str | None = None,
) -> dict[str, Any]:
    """Not as root, and with no capability: the chart's own values need both, for metrics of profiling. Pods that use a
    GPU aren't named: only root may ask the kubelet for them."""
    own = {} if runtime_class is None else {"runtimeClassName": runtime_class}
    return own | {
        "nodeSelector": {"nvidia.com/gpu.present": "true"},
        "tolerations": [dict(toleration) for toleration in tolerations],
        "arguments": ["-f", _FILE, "--kubernetes=false"],
        "customMetrics": "".join(f"{name}, {kind}, {name}\n" for name, kind in sorted(metrics.items())),
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "capabilities": {"add": [], "drop": ["ALL"]},
            "allowPrivilegeEscalation": False,
        },
        # The chart's limit of 512 MiB is what it uses at rest (NVIDIA/dcgm-exporter issue 609); without GOMAXPROCS one
        # read on a node with many cores takes more (pytorch/ci-infra issue 1011).
        "resources": {"requests": {"cpu": "50m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
        "extraEnv": [{"name": "GOMAXPROCS", "value": "2"}],
        "serviceMonitor": {"interval": "30s", "additionalLabels": dict(labels)},  # it measures every 30 seconds
    }


def install_dcgm_exporter(
    name: str, *, wanted: DcgmExporter, mirror: str | None, opts: pulumi.ResourceOptions
) -> k8s.helm.v3.Release:
    return helm_release(
        name,
        chart=wanted.chart,
        mirror=mirror,
        values=values(
            tolerations=wanted.tolerations,
            metrics=wanted.metrics,
            labels=wanted.labels,
            runtime_class=wanted.runtime_class,
        ),
        opts=opts,
    )
