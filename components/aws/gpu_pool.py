"""Managed node groups of GPU instances that scale from zero."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import pulumi
import pulumi_aws as aws

from components.aws import bottlerocket
from components.aws.mig import Slices
from components.aws.node_template import NodeDisk, Reservation, for_nodeadm, in_base64, node_template
from components.model_pod import GPU_RESOURCE

_TEMPLATE = "k8s.io/cluster-autoscaler/node-template"


# Kubernetes' names of the effects, as EKS spells them.
_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE"}


PARTITIONS = 7  # the maximum of a placement group, per zone


class Taint(NamedTuple):
    """A taint of every node, with the effect in Kubernetes' spelling."""

    key: str
    value: str
    effect: str


class GroupSize(NamedTuple):
    """A node group: the zones of its nodes, and their number; and where the pool has several kinds of nodes, their
    kind."""

    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    min_nodes: int
    max_nodes: int
    capacity: Literal["on-demand", "spot"] | None = None  # None: the pool's
    reservation: Reservation | None = None
    labels: Mapping[str, str] = MappingProxyType({})  # beside those of the pool
    warm: int = 0  # stopped instances that have booted before


class GpuPool(pulumi.ComponentResource):
    """GPU nodes on an AMI of EKS that has NVIDIA's driver."""

    node_groups: list[aws.eks.NodeGroup]

    def __init__(
        self,
        name: str,
        *,
        cluster_name: str,
        version: pulumi.Input[str],
        ami_release: pulumi.Input[str | None],
        node_role_arn: pulumi.Input[str],
        groups: Mapping[str, GroupSize],
        instance_types: Sequence[str],
        ami_type: str,
        capacity: Literal["on-demand", "spot"],
        gpus_per_node: int,
        slices: Slices | None = None,
        disk: NodeDisk,
        ephemeral_gib: int,
        labels: Mapping[str, str],
        taint: Taint,
        tags: Mapping[str, str],
        node_repair: bool,
        placement: str | None = None,
        security_group_ids: Sequence[pulumi.Input[str]] = (),
        autoscaler_tag: str | None = None,
        read_once: Sequence[str] = (),
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`groups`: the node groups by the suffix of their names. `ephemeral_gib`: the part of a node's disk that pods
        can use. `labels`: of the nodes. By `k8s.amazonaws.com/accelerator` the autoscaler knows that a node will offer
        a GPU although it shows none yet, so it doesn't add another node. `placement`: the strategy of a placement group
        that is made, or the name of one that exists. `autoscaler_tag`: one more tag by which an autoscaler finds these
        groups and no others. `read_once`: inputs that were read from a cluster of somebody else and stay as they were
        when a group was made, whatever becomes of that cluster."""
        super().__init__("llm:aws:GpuPool", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        placement_group = _placement(name, placement, child)
        templates: dict[Reservation | None, aws.ec2.LaunchTemplate] = {}
        for size in groups.values():
            if size.reservation not in templates:
                templates[size.reservation] = node_template(
                    f"{name}-template{f'-{size.reservation.id}' if size.reservation else ''}",
                    disk=disk,
                    user_data=_user_data(ami_type, disk, slices),
                    tags={"Name": f"{cluster_name}-{name}", **tags},
                    reservation=size.reservation,
                    security_group_ids=security_group_ids,
                    placement_group=placement_group,
                    opts=child,
                )
        self.node_groups = []
        for place, size in groups.items():
            end = f"-{place}" if place else ""
            template, own_labels = templates[size.reservation], {**labels, **size.labels}
            hints = autoscaler_tags(
                cluster_name=cluster_name,
                gpus_per_node=gpus_per_node,
                ephemeral_gib=ephemeral_gib,
                labels=own_labels,
                taint=taint,
            )
            if autoscaler_tag is not None:
                hints["ours"] = (autoscaler_tag, "true")
            # Pulumi names the group with a random suffix: other instance types replace the group, and so the new one
            # can be created before the old one is deleted.
            group = aws.eks.NodeGroup(
                f"{name}-nodes{end}",
                cluster_name=cluster_name,
                version=version,
                release_version=ami_release,
                node_role_arn=node_role_arn,
                subnet_ids=size.subnet_ids,
                instance_types=_types(size.reservation, instance_types),
                ami_type=ami_type,
                capacity_type=_capacity_type(size, capacity),
                launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                    id=template.id, version=template.latest_version.apply(str)
                ),
                scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                    min_size=size.min_nodes, max_size=size.max_nodes, desired_size=size.min_nodes
                ),
                # MINIMAL ends a node before it starts its replacement, so an update needs no additional GPU quota.
                update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1, update_strategy="MINIMAL"),
                node_repair_config=_repair(node_repair),
                warm_pool_config=_warm_pool(size.warm),
                labels=own_labels,
                taints=[aws.eks.NodeGroupTaintArgs(key=taint.key, value=taint.value, effect=_EFFECTS[taint.effect])],
                tags=dict(hints.values()),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=list(depends_on),
                    ignore_changes=["scalingConfig.desiredSize", *read_once],  # the autoscaler sets the desired size
                ),
            )
            _scaling_group_tags(f"{name}{end}", group, hints, child)
            self.node_groups.append(group)
        self.register_outputs({"node_group_names": [group.node_group_name for group in self.node_groups]})


def _warm_pool(instances: int) -> aws.eks.NodeGroupWarmPoolConfigArgs | None:
    """As many as that whatever the group's size: without a maximum, EC2 would stop as many as the group may still grow
    by."""
    if not instances:
        return None
    return aws.eks.NodeGroupWarmPoolConfigArgs(
        pool_state="STOPPED", min_size=instances, max_group_prepared_capacity=instances
    )


def _types(reservation: Reservation | None, of_pool: Sequence[str]) -> Sequence[str] | None:
    """A Capacity Block's type is in its template, and EKS takes it from one place only."""
    if reservation is None:
        return of_pool
    return None if reservation.block else [reservation.instance_type]


def _capacity_type(size: GroupSize, of_pool: Literal["on-demand", "spot"]) -> str:
    if size.reservation is not None and size.reservation.block:
        return "CAPACITY_BLOCK"
    return "SPOT" if (size.capacity or of_pool) == "spot" else "ON_DEMAND"


def _placement(name: str, wanted: str | None, child: pulumi.ResourceOptions) -> pulumi.Input[str] | None:
    """The name of the placement group of all nodes, which may be in several zones."""
    if wanted == "spread":
        return aws.ec2.PlacementGroup(f"{name}-placement", strategy="spread", spread_level="rack", opts=child).name
    if wanted == "partition":
        return aws.ec2.PlacementGroup(
            f"{name}-placement", strategy="partition", partition_count=PARTITIONS, opts=child
        ).name
    return wanted


def _repair(wanted: bool) -> aws.eks.NodeGroupNodeRepairConfigArgs:
    """One node at a time: EKS' own limit begins with the sixth node of a group, and a fault of all nodes would end all
    replicas. Where it isn't wanted, that has to be said: EKS keeps what was said last."""
    if not wanted:
        return aws.eks.NodeGroupNodeRepairConfigArgs(enabled=False)
    return aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True, max_parallel_nodes_repaired_count=1)


def _scaling_group_tags(
    name: str, group: aws.eks.NodeGroup, hints: Mapping[str, tuple[str, str]], child: pulumi.ResourceOptions
) -> None:
    """Tags on the Auto Scaling groups: the autoscaler reads them there, and EKS doesn't copy a node group's tags."""
    scaling_group = group.resources[0].autoscaling_groups[0].name
    for hint, (key, value) in hints.items():
        aws.autoscaling.Tag(
            f"{name}-{hint}",
            autoscaling_group_name=scaling_group,
            tag=aws.autoscaling.TagTagArgs(key=key, value=value, propagate_at_launch=False),
            opts=child,
        )


def _user_data(ami_type: str, disk: NodeDisk, slices: Slices | None) -> str:
    if ami_type.startswith("BOTTLEROCKET"):
        return in_base64(bottlerocket.settings(nvme=disk.nvme))
    return for_nodeadm(node_config(disk.nvme), slices)


def node_config(nvme: bool) -> dict[str, Any]:
    """The configuration for nodeadm: unpack image layers in parallel; put containers on the instance's NVMe if it has
    one."""
    spec: dict[str, Any] = {"featureGates": {"FastImagePull": True}}
    if nvme:
        spec["instance"] = {"localStorage": {"strategy": "RAID0"}}
    return spec


def autoscaler_tags(
    *, cluster_name: str, gpus_per_node: int, ephemeral_gib: int, labels: Mapping[str, str], taint: Taint
) -> dict[str, tuple[str, str]]:
    """What the cluster autoscaler must know about a node while the group is empty: short name -> (tag key, value)."""
    tags = {
        "enabled": ("k8s.io/cluster-autoscaler/enabled", "true"),
        "owned": (f"k8s.io/cluster-autoscaler/{cluster_name}", "owned"),
        "gpu": (f"{_TEMPLATE}/resources/{GPU_RESOURCE}", str(gpus_per_node)),
        "disk": (f"{_TEMPLATE}/resources/ephemeral-storage", f"{ephemeral_gib}Gi"),
        "taint": (f"{_TEMPLATE}/taint/{taint.key}", f"{taint.value}:{taint.effect}"),
    }
    for key, value in labels.items():
        tags[f"label-{key}"] = (f"{_TEMPLATE}/label/{key}", value)
    return tags
