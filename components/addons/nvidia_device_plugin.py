"""NVIDIA device plugin: makes a node's GPUs something that pods can ask for."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_kubernetes as k8s

from components.chart import Chart, helm_release

RELEASE = "nvidia-device-plugin"
NAMESPACE = "kube-system"


class NvidiaDevicePlugin(NamedTuple):
    chart: Chart
    tolerations: Sequence[Mapping[str, str]]  # of every pool's taints
    runtime_class: str | None = None  # without it the plugin sees no GPU where NVIDIA's runtime isn't the default


def values(*, tolerations: Sequence[Mapping[str, str]], runtime_class: str | None = None) -> dict[str, Any]:
    own = {} if runtime_class is None else {"runtimeClassName": runtime_class}
    return own | {
        "nodeSelector": {"nvidia.com/gpu.present": "true"},
        # A list given here replaces the chart's own, so it holds every pool's.
        "tolerations": [dict(toleration) for toleration in tolerations],
        "gfd": {"enabled": False},  # would bring node-feature-discovery; the labels come with the node group
    }


def install_nvidia_device_plugin(
    name: str, *, wanted: NvidiaDevicePlugin, mirror: str | None, opts: pulumi.ResourceOptions
) -> k8s.helm.v3.Release:
    return helm_release(
        name,
        chart=wanted.chart,
        mirror=mirror,
        release=RELEASE,
        namespace=NAMESPACE,
        values=values(tolerations=wanted.tolerations, runtime_class=wanted.runtime_class),
        opts=opts,
    )
