"""Cluster autoscaler: adds a GPU node when a pod waits for one, and removes it when it is idle."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import pulumi
import pulumi_kubernetes as k8s

from components.aws.pod_role import release_with_role
from components.chart import Chart

SERVICE_ACCOUNT = "cluster-autoscaler"
_NONE: Mapping[int, Sequence[str]] = MappingProxyType({})
_OWN_GRACE = 600  # seconds, its default: pods of others rely on it


def values(
    *,
    cluster_name: str,
    region: str,
    image_tag: str,
    grace_seconds: int,
    priorities: Mapping[int, Sequence[str]] = _NONE,
    tag: str | None = None,
) -> dict[str, Any]:
    """`grace_seconds`: the longest grace period of a pod that it may have to end with its node. `priorities`: patterns
    of the names of scaling groups; of those that have a node for a pod, one with the highest number is asked. `tag`: it
    sees only groups that have it; otherwise every group of the cluster."""
    only = {"tags": [tag]} if tag is not None else {}
    return {
        "cloudProvider": "aws",
        "awsRegion": region,  # pods can't reach the node's metadata service
        "autoDiscovery": {"clusterName": cluster_name, **only},
        "fullnameOverride": "cluster-autoscaler",
        "image": {"tag": image_tag},
        "rbac": {"serviceAccount": {"create": True, "name": SERVICE_ACCOUNT}},
        "extraArgs": {
            "expander": "priority,least-waste" if priorities else "least-waste",
            "balance-similar-node-groups": "true",  # the zones' groups of one pool: pools differ by their label
            # Model servers have an emptyDir for shared memory; by default their nodes would never be removed.
            "skip-nodes-with-local-storage": "false",
            "skip-nodes-with-system-pods": "false",
            "ignore-daemonsets-utilization": "true",
            "max-node-provision-time": "15m",  # then another pool is tried
            # It ends a pod after this time, whatever grace period the pod itself has.
            "max-graceful-termination-sec": str(max(_OWN_GRACE, grace_seconds)),
        },
        **({"expanderPriorities": _expander_priorities(priorities)} if priorities else {}),
        "resources": {"requests": {"cpu": "100m", "memory": "300Mi"}, "limits": {"memory": "600Mi"}},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "runAsGroup": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containerSecurityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }


def _expander_priorities(priorities: Mapping[int, Sequence[str]]) -> str:
    """YAML as a text: of a mapping the chart would make one whose keys are texts, which the autoscaler refuses. JSON is
    YAML."""
    return "".join(f"{number}: {json.dumps(list(priorities[number]))}\n" for number in sorted(priorities, reverse=True))


def policy(*, cluster_name: str, tag: str | None = None) -> dict[str, Any]:
    """Reads everything, changes only this cluster's groups, or only those that have the tag. Source of the actions: the
    autoscaler's README for AWS, 2026-07."""
    # checkov:skip=CKV_AWS_355: it reads groups of any name; what it changes is bound to the cluster's tag
    owned = {f"k8s.io/cluster-autoscaler/{cluster_name}": "owned", **({tag: "true"} if tag is not None else {})}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "autoscaling:DescribeAutoScalingGroups",
                    "autoscaling:DescribeAutoScalingInstances",
                    "autoscaling:DescribeLaunchConfigurations",
                    "autoscaling:DescribeScalingActivities",
                    "autoscaling:DescribeTags",
                    "ec2:DescribeImages",
                    "ec2:DescribeInstanceTypes",
                    "ec2:DescribeLaunchTemplateVersions",
                    "ec2:GetInstanceTypesFromInstanceRequirements",
                    "eks:DescribeNodegroup",
                ],
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Action": ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
                "Resource": "*",
                "Condition": {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in owned.items()}},
            },
        ],
    }


class ClusterAutoscaler(NamedTuple):
    chart: Chart
    image_tag: str  # same minor version as the cluster: it simulates that version's scheduler
    cluster_name: str
    region: str
    grace_seconds: int  # the longest of the pods
    priorities: Mapping[int, Sequence[str]] = _NONE
    tag: str | None = None  # of the groups that it sees; None: every group of the cluster

    def install(
        self,
        name: str,
        *,
        mirror: str | None,
        parent: pulumi.Resource,
        depends_on: Sequence[pulumi.Resource],
    ) -> k8s.helm.v3.Release:
        return release_with_role(
            name,
            chart=self.chart,
            mirror=mirror,
            values=values(
                cluster_name=self.cluster_name,
                region=self.region,
                image_tag=self.image_tag,
                grace_seconds=self.grace_seconds,
                priorities=self.priorities,
                tag=self.tag,
            ),
            cluster_name=self.cluster_name,
            service_account=SERVICE_ACCOUNT,
            policy=policy(cluster_name=self.cluster_name, tag=self.tag),
            parent=parent,
            depends_on=depends_on,
        )
