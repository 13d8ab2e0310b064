"""The nodes that Karpenter makes, in the place of node groups: what it imagines of one before it asks EC2 for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.recording import Recorded, Recording
from tests.invariants.groups import OWN_LABELS, Node, NodeGroup
from tests.invariants.reading import ACCESS_ENTRY, DISK, GPU, NODE_CLASS, NODE_POOL, quantity

_PROFILE = "aws:iam/instanceProfile:InstanceProfile"
_TYPE = "node.kubernetes.io/instance-type"
CAPACITY_TYPE = "karpenter.sh/capacity-type"


@dataclass(frozen=True)
class NodePool(NodeGroup):
    """A NodePool with its EC2NodeClass, whose spec is the `template`."""

    lets_in: bool = field(default=True)  # whether the role of its nodes has a way into the cluster

    @property
    def _spec(self) -> Mapping[str, Any]:
        return self.resource.inputs["spec"]

    @property
    def _nodes(self) -> Mapping[str, Any]:
        return self._spec["template"]["spec"]

    @property
    def requirements(self) -> Mapping[str, list[str]]:
        return {each["key"]: each["values"] for each in self._nodes["requirements"]}

    @property
    def instance_types(self) -> list[str]:
        return self.requirements[_TYPE]

    @property
    def max_nodes(self) -> int:
        return int(quantity(self._spec["limits"][GPU])) // self.gpus

    @property
    def taints(self) -> tuple[Mapping[str, str], ...]:
        return tuple(self._nodes.get("taints", []))

    @property
    def slices(self) -> list[str]:
        return []  # sharing is refused there

    @property
    def subnet_ids(self) -> list[str]:
        return [each["id"] for each in self.template["subnetSelectorTerms"]]

    @property
    def disk_gib(self) -> float:
        if self.template.get("instanceStorePolicy") == "RAID0":
            return self.nvme_gib
        (root,) = (each for each in self.template["blockDeviceMappings"] if each.get("rootVolume"))
        return quantity(root["ebs"]["volumeSize"]) / 2**30

    def real(self) -> Node:
        one = {key: values[0] for key, values in self.requirements.items() if len(values) == 1}
        labels = {**OWN_LABELS, **one, **self._spec["template"].get("metadata", {}).get("labels", {})}
        return Node(f"a node of {self.name}", labels, self.taints, {**self._machine(), GPU: self.gpus})

    def imagined(self) -> list[Node]:
        real = self.real()
        if not self.template:
            return []
        room = {**real.room, DISK: self.disk_gib * 2**30}
        return [Node(f"what Karpenter expects of {self.name}", real.labels, real.taints, room)]

    def hidden(self, recording: Recording) -> list[str]:
        broken = [] if self.template else [f"{self.name}: there is no node class {self._nodes['nodeClassRef']['name']}"]
        return broken if self.lets_in else [*broken, f"{self.name}: the role of its nodes has no access entry"]


def node_pools(recording: Recording) -> list[NodePool]:
    classes = {made.inputs["metadata"]["name"]: made.inputs["spec"] for made in recording.of(NODE_CLASS)}
    found = []
    for made in recording.of(NODE_POOL):
        spec = classes.get(made.inputs["spec"]["template"]["spec"]["nodeClassRef"]["name"], {})
        found.append(NodePool(made, {}, spec, {}, lets_in=_lets_in(recording, spec.get("instanceProfile"))))
    return found


def _lets_in(recording: Recording, profile: str | None) -> bool:
    """EKS lets in the nodes of a role that has an access entry for them."""
    roles = [_role(each.inputs["role"]) for each in recording.of(_PROFILE) if f"${{{each.name}.name}}" == profile]
    entries = [each for each in recording.of(ACCESS_ENTRY) if each.inputs.get("type") == "EC2_LINUX"]
    return bool(roles) and all(any(_role(each.inputs["principalArn"]) == role for each in entries) for role in roles)


def _role(reference: str) -> str:
    return reference.removeprefix("${").rpartition(".")[0]


def needed_by(recording: Recording, pool: NodePool) -> list[Recorded]:
    """What its nodes need until the last of them is gone."""
    name = pool.resource.inputs["spec"]["template"]["spec"]["nodeClassRef"]["name"]
    classes = [each for each in recording.of(NODE_CLASS) if each.inputs["metadata"]["name"] == name]
    return [*classes, *(each for each in recording.of(ACCESS_ENTRY) if each.inputs.get("type") == "EC2_LINUX")]
