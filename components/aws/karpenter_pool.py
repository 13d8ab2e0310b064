"""GPU nodes that Karpenter makes one by one: no node group, no launch template of ours."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.aws import bottlerocket
from components.aws.gpu_pool import Taint
from components.aws.node_template import NodeDisk, node_config_text, volumes
from components.model_pod import GPU_RESOURCE

_NODE_CLASS = "EC2NodeClass"
_API, _AWS_API = "karpenter.sh", "karpenter.k8s.aws"
_AFTER_DRAIN = 600  # seconds until EC2 has ended an instance, and Karpenter has seen it


class KarpenterPool(pulumi.ComponentResource):
    """A NodePool, and the EC2NodeClass of its nodes.

    A NodePool is deleted with its nodes: each is drained and its instance is ended before the object goes, by a
    finalizer of Karpenter, which therefore has to run until then.
    """

    node_pool: k8s.apiextensions.CustomResource

    def __init__(
        self,
        name: str,
        *,
        cluster_name: str,
        ami_alias: str,
        instance_profile: pulumi.Input[str],
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_ids: Sequence[pulumi.Input[str]],
        instance_types: Sequence[str],
        capacity_types: Sequence[str],
        reservations: Sequence[str],
        max_gpus: int,
        disk: NodeDisk,
        labels: Mapping[str, str],
        taint: Taint,
        tags: Mapping[str, str],
        idle_seconds: int,
        leave_seconds: int,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`idle_seconds`: until a node without a pod is ended. `leave_seconds`: what the pods of a node have to leave
        it, then they are ended."""
        super().__init__("llm:aws:KarpenterPool", name, None, opts)
        node_class = k8s.apiextensions.CustomResource(
            f"{name}-nodes-class",
            api_version=f"{_AWS_API}/v1",
            kind=_NODE_CLASS,
            metadata={"name": name},
            spec=node_class_spec(
                ami_alias=ami_alias,
                user_data=_user_data(ami_alias),
                instance_profile=instance_profile,
                subnet_ids=subnet_ids,
                security_group_ids=security_group_ids,
                reservations=reservations,
                disk=disk,
                tags={"Name": f"{cluster_name}-{name}", **tags},
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.node_pool = k8s.apiextensions.CustomResource(
            f"{name}-nodes",
            api_version=f"{_API}/v1",
            kind="NodePool",
            metadata={"name": name},
            spec=node_pool_spec(
                node_class=name,
                instance_types=instance_types,
                capacity_types=capacity_types,
                max_gpus=max_gpus,
                labels=labels,
                taint=taint,
                idle_seconds=idle_seconds,
                leave_seconds=leave_seconds,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*depends_on, node_class],
                custom_timeouts=pulumi.CustomTimeouts(delete=f"{leave_seconds + _AFTER_DRAIN}s"),
            ),
        )
        self.register_outputs({})


def _user_data(ami_alias: str) -> str:
    if ami_alias.startswith("bottlerocket@"):
        return bottlerocket.settings(nvme=False)
    return node_config_text({"featureGates": {"FastImagePull": True}})


def node_class_spec(
    *,
    ami_alias: str,
    user_data: str,
    instance_profile: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    security_group_ids: Sequence[pulumi.Input[str]],
    reservations: Sequence[str],
    disk: NodeDisk,
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """As the launch template of a node group has it. Karpenter adds to the user data what joins the node, and what puts
    containers on the instance's own disks."""
    return {
        "amiSelectorTerms": [{"alias": ami_alias}],  # for types with GPUs it takes the AMI with NVIDIA's driver
        "instanceProfile": instance_profile,
        "subnetSelectorTerms": [{"id": each} for each in subnet_ids],
        "securityGroupSelectorTerms": [{"id": each} for each in security_group_ids],
        **({"capacityReservationSelectorTerms": [{"id": each} for each in reservations]} if reservations else {}),
        "blockDeviceMappings": [
            {
                "deviceName": device,
                **({"rootVolume": True} if volume is disk else {}),  # the kubelet's: what pods have room for
                "ebs": {
                    "volumeType": "gp3",
                    "volumeSize": f"{volume.gib}Gi",
                    "iops": volume.iops,
                    "throughput": volume.throughput,
                    "encrypted": True,
                    "deleteOnTermination": True,
                },
            }
            for device, volume in volumes(disk).items()
        ],
        **({"instanceStorePolicy": "RAID0"} if disk.nvme else {}),
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,  # pods can't reach the node's credentials
        },
        "userData": user_data,
        "tags": dict(tags),
    }


def node_pool_spec(
    *,
    node_class: str,
    instance_types: Sequence[str],
    capacity_types: Sequence[str],
    max_gpus: int,
    labels: Mapping[str, str],
    taint: Taint,
    idle_seconds: int,
    leave_seconds: int,
) -> dict[str, Any]:
    """No running pod is moved to save a node. A node that is no longer as this asks for is replaced, one at a time,
    after its replacement has come and as far as disruption budgets of pods allow."""
    requirements = {
        "karpenter.sh/capacity-type": capacity_types,
        "node.kubernetes.io/instance-type": instance_types,
        "kubernetes.io/arch": ["amd64"],
        "kubernetes.io/os": ["linux"],
    }
    return {
        "template": {
            "metadata": {"labels": dict(labels)},
            "spec": {
                "nodeClassRef": {"group": _AWS_API, "kind": _NODE_CLASS, "name": node_class},
                "requirements": [
                    {"key": key, "operator": "In", "values": list(values)} for key, values in requirements.items()
                ],
                "taints": [taint._asdict()],
                "expireAfter": "Never",
                "terminationGracePeriod": f"{leave_seconds}s",
            },
        },
        "limits": {GPU_RESOURCE: str(max_gpus)},
        "disruption": {
            "consolidationPolicy": "WhenEmpty",
            "consolidateAfter": f"{idle_seconds}s",
            "budgets": [
                {"reasons": ["Empty"], "nodes": "100%"},
                {"reasons": ["Drifted"], "nodes": "1"},
                {"reasons": ["Underutilized"], "nodes": "0"},
            ],
        },
    }
