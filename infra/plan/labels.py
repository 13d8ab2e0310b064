"""The labels and the taint by which nodes, pods and namespaces find each other: one part of a platform writes each, and
another reads it."""

import re
from collections.abc import Iterable
from typing import NamedTuple


class Taint(NamedTuple):
    key: str
    value: str
    effect: str


# Of GPU nodes that a stack makes; NVIDIA's charts tolerate it.
GPU_TAINT = Taint("nvidia.com/gpu", "present", "NoSchedule")
GPU_RESOURCE = GPU_TAINT.key  # what the device plugin offers on a node, and pods request
GPU_LABEL = "nvidia.com/gpu.present"  # the device plugin's chart selects nodes on which it is "true"
DEVICE_PLUGIN_CONFIG = "nvidia.com/device-plugin.config"  # which of its configurations the device plugin takes
MPS_LABEL = "nvidia.com/mps.capable"  # where it is "true", the device plugin's chart starts MPS
POOL_LABEL = "llm-platform/pool"  # of a node: its pool's name
STEP_LABEL = "llm-platform/capacity"  # of a node: the step of its pool's capacity that gave it
# kube-state-metrics writes a label of a node as a label of kube_node_labels, with _ for all but letters and digits.
POOL_IN_METRICS, STEP_IN_METRICS = ("label_" + re.sub(r"\W", "_", each) for each in (POOL_LABEL, STEP_LABEL))
CLIENT_LABEL = "llm-platform/client"  # a namespace on which it is "true" may call the models inside the cluster


def bucket_secret(model: str) -> str:
    """The name of the Secret with the keys by which a model's pods read its bucket, where a person makes it."""
    return f"{model}-bucket"


def in_metrics(resources: Iterable[str]) -> str:
    """The label by which kube-state-metrics' metrics of pods and nodes name these resources; NVIDIA's where there are
    none. It writes _ for all but letters and digits."""
    names = sorted({re.sub(r"\W", "_", each) for each in resources} or {re.sub(r"\W", "_", GPU_RESOURCE)})
    return f'resource="{names[0]}"' if len(names) == 1 else f'resource=~"{"|".join(names)}"'
