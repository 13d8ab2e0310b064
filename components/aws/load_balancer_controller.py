"""AWS load-balancer controller: creates an Application Load Balancer from Ingresses."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pulumi
import pulumi_kubernetes as k8s

from components.aws.pod_role import release_with_role
from components.chart import Chart

SERVICE_ACCOUNT = "aws-load-balancer-controller"
_POLICY = Path(__file__).with_name("policies") / "load_balancer_controller.json"


def values(*, cluster_name: str, region: str, vpc_id: pulumi.Input[str], tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "clusterName": cluster_name,
        "region": region,  # pods can't read these two from the node's metadata service
        "vpcId": vpc_id,
        "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
        # The webhook would refuse every new Service of the cluster while the controller is down.
        "enableServiceMutatorWebhook": False,
        "keepTLSSecret": True,  # otherwise an upgrade creates another certificate
        "defaultTargetType": "ip",
        "defaultTags": dict(tags),
        # The policy leaves out the permissions that these two would need.
        "enableShield": False,
        "enableWaf": False,
        "replicaCount": 2,
        "podDisruptionBudget": {"maxUnavailable": 1},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }


def policy(partition: str) -> dict[str, Any]:
    """The controller's published policy without the actions that are never used here; the file names source and
    version."""
    # checkov:skip=CKV_AWS_290: AWS publishes it so; what it writes is bound to the cluster's tag where AWS can do that
    # checkov:skip=CKV_AWS_355: AWS publishes it so; the reading actions take no resource
    return json.loads(_POLICY.read_text().replace("arn:aws:", f"arn:{partition}:"))["policy"]


class LoadBalancerController(NamedTuple):
    chart: Chart
    cluster_name: str
    region: str
    partition: str  # the region's partition as it is written in ARNs: aws, aws-cn, aws-us-gov
    vpc_id: pulumi.Input[str]
    tags: Mapping[str, str]  # for the load balancers, which don't get the provider's default tags

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
            values=values(cluster_name=self.cluster_name, region=self.region, vpc_id=self.vpc_id, tags=self.tags),
            cluster_name=self.cluster_name,
            service_account=SERVICE_ACCOUNT,
            policy=policy(self.partition),
            parent=parent,
            depends_on=depends_on,
        )
