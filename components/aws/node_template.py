"""The launch template that node groups share."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws

from components.aws.mig import Slices, cloud_config


class NodeDisk(NamedTuple):
    """The EBS disk of a node (gp3) that containers use."""

    gib: int
    iops: int
    throughput: int  # MiB/s
    nvme: bool = False  # containers are on the instance's own disks
    os_gib: int = 0  # of another one for the operating system, as Bottlerocket has it; 0: it is on this one


class Reservation(NamedTuple):
    """Instances that are reserved: by a Capacity Block, or by an On-Demand Capacity Reservation."""

    id: str
    instance_type: str
    block: bool


def node_template(
    name: str,
    *,
    disk: NodeDisk,
    user_data: str | None,
    tags: Mapping[str, str],
    reservation: Reservation | None = None,
    security_group_ids: Sequence[pulumi.Input[str]] = (),
    placement_group: pulumi.Input[str] | None = None,
    opts: pulumi.ResourceOptions,
) -> aws.ec2.LaunchTemplate:
    """A launch template with IMDSv2 and encrypted gp3 disks, for EKS's own AMIs.

    `tags` are set on instances and volumes, which don't get the provider's default tags. `reservation`: its instances
    alone are used. `security_group_ids`: all of them, the cluster's own included; without any, EKS gives the nodes the
    cluster's. `user_data`: in base64.
    """
    target = None
    if reservation is not None:
        target = aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs(
            capacity_reservation_target=aws.ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
                capacity_reservation_id=reservation.id
            )
        )
    block = reservation is not None and reservation.block
    return aws.ec2.LaunchTemplate(
        name,
        update_default_version=True,
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",
            http_put_response_hop_limit=1,  # pods can't reach the node's credentials
        ),
        block_device_mappings=[_volume(device, of) for device, of in volumes(disk).items()],
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags) for kind in ("instance", "volume")
        ],
        capacity_reservation_specification=target,
        # EKS refuses a group of a Capacity Block whose template lacks one of the two.
        instance_market_options=(
            aws.ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="capacity-block") if block else None
        ),
        instance_type=reservation.instance_type if reservation is not None and block else None,
        placement=aws.ec2.LaunchTemplatePlacementArgs(group_name=placement_group)
        if placement_group is not None
        else None,
        vpc_security_group_ids=list(security_group_ids) or None,
        user_data=user_data,
        opts=opts,
    )


def volumes(disk: NodeDisk) -> dict[str, NodeDisk]:
    """By the name of the device. The last one is that of containers."""
    if not disk.os_gib:
        return {"/dev/xvda": disk}
    return {"/dev/xvda": NodeDisk(disk.os_gib, iops=3000, throughput=125), "/dev/xvdb": disk}  # what gp3 includes


def _volume(device: str, disk: NodeDisk) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
    return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=device,
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_type="gp3",
            volume_size=disk.gib,
            iops=disk.iops,
            throughput=disk.throughput,
            encrypted="true",  # with the key aws/ebs: any other key needs a grant for the autoscaling role
            delete_on_termination="true",
        ),
    )


def for_nodeadm(spec: Mapping[str, Any], slices: Slices | None = None) -> str:
    """A NodeConfig, and what cuts the GPUs, as parts of a MIME message; EKS adds one more, which joins the node to the
    cluster."""
    parts = [("application/node.eks.aws", node_config_text(spec))]
    if slices is not None:
        parts.append(("text/cloud-config", cloud_config(slices)))
    message = "\n".join(
        [
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="BOUNDARY"',
            "",
            *(line for kind, text in parts for line in ("--BOUNDARY", f"Content-Type: {kind}", "", text, "")),
            "--BOUNDARY--",
            "",
        ]
    )
    return in_base64(message)


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def node_config_text(spec: Mapping[str, Any]) -> str:
    """What nodeadm of the AMI reads. JSON is YAML."""
    return json.dumps({"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": spec})
