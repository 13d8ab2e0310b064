"""NVIDIA device plugin: lets pods request a node's GPUs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_kubernetes as k8s

from components.chart import Chart, helm_release

DEFAULT = "default"  # the configuration of nodes without the label nvidia.com/device-plugin.config


class NvidiaDevicePlugin(NamedTuple):
    chart: Chart
    tolerations: Sequence[Mapping[str, str]]  # of the taints of all pools
    configs: Mapping[str, Mapping[str, Any]] = {}  # of nodes that share their GPUs, by the value of their label
    runtime_class: str | None = None  # required where NVIDIA's runtime isn't the default, else no GPU is seen


def values(
    *,
    tolerations: Sequence[Mapping[str, str]],
    configs: Mapping[str, Mapping[str, Any]] = {},
    runtime_class: str | None = None,
) -> dict[str, Any]:
    own: dict[str, Any] = {} if runtime_class is None else {"runtimeClassName": runtime_class}
    if configs:  # JSON is YAML
        map_ = {name: json.dumps(config) for name, config in configs.items()}
        own["config"] = {"map": map_, "default": DEFAULT}
    if any(_cuts(config) for config in configs.values()):
        # NVIDIA's container toolkit 1.18 to 1.20.0 gives no other container the devices by which slices are read:
        # "Insufficient Permissions" (NVIDIA/nvidia-container-toolkit issue 1740).
        own["securityContext"] = {"privileged": True}
    return own | {
        "nodeSelector": {"nvidia.com/gpu.present": "true"},
        # This list replaces the chart's list, so it contains the tolerations of all pools.
        "tolerations": [dict(toleration) for toleration in tolerations],
        "resources": {"requests": {"cpu": "5m", "memory": "32Mi"}},
        "gfd": {"enabled": False},  # it would install node-feature-discovery; the node group sets the labels already
    }


def _cuts(config: Mapping[str, Any]) -> bool:
    return config["flags"]["migStrategy"] != "none"


def install_nvidia_device_plugin(
    name: str, *, wanted: NvidiaDevicePlugin, mirror: str | None, opts: pulumi.ResourceOptions
) -> k8s.helm.v3.Release:
    return helm_release(
        name,
        chart=wanted.chart,
        mirror=mirror,
        values=values(tolerations=wanted.tolerations, configs=wanted.configs, runtime_class=wanted.runtime_class),
        opts=opts,
    )
