"""Karpenter: asks EC2 for a node when a pod waits for one, and ends it when it is idle."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_kubernetes as k8s

from components.aws.interruption_queue import InterruptionQueue
from components.aws.karpenter_nodes import KarpenterNodes
from components.aws.karpenter_policy import policy
from components.aws.pod_role import release_with_role
from components.chart import Chart, helm_release

SERVICE_ACCOUNT = "karpenter"


def values(*, cluster_name: str, region: str, queue_name: pulumi.Input[str]) -> dict[str, Any]:
    """Two pods on two system nodes, never on a node that it makes itself: that is the chart's own affinity."""
    return {
        "fullnameOverride": "karpenter",
        "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
        "tolerations": [],  # the system nodes have no taint
        "settings": {"clusterName": cluster_name, "interruptionQueue": queue_name},
        "controller": {
            "env": [{"name": "AWS_REGION", "value": region}],  # pods can't reach the node's metadata service
            # One of the two works, and may use more CPU than it asks for; the other one waits to take its place.
            "resources": {"requests": {"cpu": "50m", "memory": "200Mi"}, "limits": {"memory": "1Gi"}},
        },
    }


class Karpenter(NamedTuple):
    chart: Chart
    definitions: Chart  # the chart of its kinds
    cluster_name: str
    region: str
    partition: str
    nodes: KarpenterNodes

    def install(
        self,
        name: str,
        *,
        mirror: str | None,
        parent: pulumi.Resource,
        depends_on: Sequence[pulumi.Resource],
    ) -> k8s.helm.v3.Release:
        after = pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on))
        kinds = helm_release(f"{name}-crd", chart=self.definitions, mirror=mirror, values={}, opts=after)
        queue = InterruptionQueue(f"{name}-interruptions", opts=pulumi.ResourceOptions(parent=parent))
        return release_with_role(
            name,
            chart=self.chart,
            mirror=mirror,
            values=values(cluster_name=self.cluster_name, region=self.region, queue_name=queue.queue_name),
            cluster_name=self.cluster_name,
            service_account=SERVICE_ACCOUNT,
            policy=policy(
                cluster_name=self.cluster_name,
                region=self.region,
                partition=self.partition,
                queue_arn=queue.arn,
                node_role_arn=self.nodes.role_arn,
                instance_profile_arn=self.nodes.instance_profile_arn,
            ),
            skip_crds=True,
            parent=parent,
            depends_on=[*depends_on, kinds, queue],
        )
