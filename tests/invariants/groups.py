"""Nodes of node groups as the scheduler sees them, and as the autoscaler expects them while the group is empty."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.recording import Recorded, Recording
from tests.invariants.reading import (
    DISK,
    GPU,
    Pod,
    catalog,
    quantity,
    release,
    tolerates,
)

TEMPLATE = "k8s.io/cluster-autoscaler/node-template/"
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}

# What a node keeps for itself. EKS: 255 MiB + 11 MiB per pod (at most 58 pods on 2xlarge and smaller, 234 above) and
# 100 MiB before it evicts; of the stated memory up to 7.5 % never reaches Linux (Karpenter's default for that). Of the
# CPU EKS keeps 60m + 10m + 2 x 5m + 2.5m per further core; aws-node, kube-proxy and a CSI driver ask for 150m.
_MEMORY_SHARE = 0.925
_MIB = 2**20
_CUT = re.compile(r"nvidia-smi mig -cgi (\S+) -C")


@dataclass(frozen=True)
class Node:
    """One view of a pool's node."""

    view: str
    labels: Mapping[str, str]
    taints: tuple[Mapping[str, str], ...]
    room: Mapping[str, float]  # cores, bytes, GPUs; a resource that isn't here is without limit

    def refuses(self, pod: Pod) -> list[str]:
        """Why the pod can't run there."""
        reasons = [
            f"no label {key}={value}"
            for key, value in pod.spec.get("nodeSelector", {}).items()
            if self.labels.get(key) != value
        ]
        reasons += [
            f"taint {taint['key']}={taint['value']}:{taint['effect']}"
            for taint in self.taints
            if taint["effect"] != "PreferNoSchedule" and not tolerates(pod.tolerations, taint)
        ]
        reasons += [
            f"{resource} {room:g} of {pod.requests(resource):g}"
            for resource, room in self.room.items()
            if pod.requests(resource) > room
        ]
        return reasons


@dataclass(frozen=True)
class NodeGroup:
    """A node group, with the tags of its scaling group."""

    resource: Recorded
    scaling_group_tags: Mapping[str, str]
    template: Mapping[str, Any]  # the inputs of its launch template
    device_plugin: Mapping[str, Any] = field(default_factory=dict)  # its configurations by the value of a node's label

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def instance_types(self) -> list[str]:
        """EKS takes them from the group or, for a Capacity Block, from the template."""
        inputs = self.resource.inputs
        return inputs["instanceTypes"] if "instanceTypes" in inputs else [self.template["instanceType"]]

    @property
    def max_nodes(self) -> int:
        return self.resource.inputs["scalingConfig"]["maxSize"]

    @property
    def gpus(self) -> int:
        """Of a node."""
        known = catalog().instances
        return self._servers_per_gpu * min(known[name].gpus if name in known else 0 for name in self.instance_types)

    @property
    def _servers_per_gpu(self) -> int:
        """As the device plugin offers a GPU by the configuration that the node's label names: with the strategy single
        it counts the slices into which the node has cut its GPUs."""
        label = self.resource.inputs.get("labels", {}).get("nvidia.com/device-plugin.config")
        config = json.loads(self.device_plugin[label]) if label else {}
        if config.get("flags", {}).get("migStrategy") == "single":
            return len(self.slices) or 1
        return next((way["resources"][0]["replicas"] for way in config.get("sharing", {}).values()), 1)

    @property
    def slices(self) -> list[str]:
        """The profiles into which a node cuts each of its GPUs, as its user data says."""
        cut = _CUT.search(base64.b64decode(self.template.get("userData", "")).decode())
        return cut[1].split(",") if cut else []

    @property
    def taints(self) -> tuple[Mapping[str, str], ...]:
        return tuple(
            {"key": t["key"], "value": t.get("value", ""), "effect": _EFFECTS[t["effect"]]}
            for t in self.resource.inputs.get("taints", [])
        )

    def real(self) -> Node:
        """One that has started."""
        labels = {**OWN_LABELS, **self.resource.inputs.get("labels", {})}
        return Node(f"a node of {self.name}", labels, self.taints, {**self._machine(), GPU: self.gpus})

    def imagined(self) -> list[Node]:
        """From the tags of the node group, and from those of its scaling group: the autoscaler may see either."""
        return [
            _from_tags(f"the template of {self.name} from {source} tags", tags, self._machine())
            for source, tags in (
                ("the node group's", self.resource.inputs.get("tags", {})),
                ("the scaling group's", self.scaling_group_tags),
            )
        ]

    @property
    def subnet_ids(self) -> list[str]:
        return self.resource.inputs["subnetIds"]

    @property
    def nvme_gib(self) -> float:
        return min(catalog().instances[name].nvme_gb for name in self.instance_types) * 1e9 / 2**30

    @property
    def disk_gib(self) -> float:
        """The root volume or, with Bottlerocket, its second one; or the instance's own NVMe if the node's configuration
        puts containers there."""
        user_data = base64.b64decode(self.template.get("userData", ""))
        if b"RAID0" in user_data or b'"ephemeral-storage", "bind"' in user_data:
            return self.nvme_gib
        return self.template["blockDeviceMappings"][-1]["ebs"]["volumeSize"]

    def hidden(self, recording: Recording) -> list[str]:
        """Why no node of it would come. The autoscaler finds scaling groups by two tags, or on a cluster of somebody
        else by the tag of ours."""
        autoscaler = release(recording, "cluster-autoscaler")
        if autoscaler is None:
            return []
        found_by = autoscaler.inputs["values"]["autoDiscovery"]
        cluster = f"k8s.io/cluster-autoscaler/{found_by['clusterName']}"
        wanted = found_by.get("tags", ("k8s.io/cluster-autoscaler/enabled", cluster))
        return [
            f"{self.name}: its scaling group has no tag {tag}" for tag in wanted if tag not in self.scaling_group_tags
        ]

    def _machine(self) -> dict[str, float]:
        """CPU and memory for pods on the smallest of the types."""
        types = {**catalog().instances, **catalog().aws.cpu_instances}
        rooms = [_room(types[name].vcpus, types[name].memory_gib) for name in self.instance_types]
        return {"cpu": min(cpu for cpu, _ in rooms), "memory": min(memory for _, memory in rooms)}


OWN_LABELS = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}


def _from_tags(view: str, tags: Mapping[str, str], machine: Mapping[str, float]) -> Node:
    hints = {key.removeprefix(TEMPLATE): value for key, value in tags.items() if key.startswith(TEMPLATE)}
    labels, taints, room = dict(OWN_LABELS), [], {**machine, GPU: 0.0, DISK: 0.0}
    for hint, value in hints.items():
        kind, key = hint.split("/", 1)
        if kind == "label":
            labels[key] = value
        elif kind == "taint":
            taint_value, effect = value.split(":")
            taints.append({"key": key, "value": taint_value, "effect": effect})
        elif kind == "resources":
            room[key] = quantity(value)
    return Node(view, labels, tuple(taints), room)


def _room(vcpus: int, memory_gib: float) -> tuple[float, float]:
    pods = 58 if vcpus <= 8 else 234
    memory = memory_gib * 1024 * _MEMORY_SHARE - 255 - 11 * pods - 100
    cpu = vcpus - (0.08 + 0.0025 * max(vcpus - 4, 0)) - 0.15
    return cpu, memory * _MIB
