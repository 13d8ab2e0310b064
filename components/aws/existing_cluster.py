"""An EKS cluster that somebody else runs."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from components.aws.kubernetes_provider import eks_provider
from components.aws.node_role import make_node_role


class ExistingEksCluster(pulumi.ComponentResource):
    """An EKS cluster by its name, looked up in each run. All that is made for it is a role of nodes, where the stack
    adds some."""

    provider: k8s.Provider
    endpoint: pulumi.Output[str]
    version: pulumi.Output[str]
    vpc_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]  # of the control plane, and of nodes that name no other
    node_role_arn: pulumi.Output[str] | None = None
    before_nodes: list[pulumi.Resource]  # created before every node group, deleted after it

    def __init__(
        self,
        name: str,
        *,
        cluster_name: str,
        region: str,
        partition: str,
        profile: str | None = None,
        adds_nodes: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:aws:ExistingEksCluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        found = aws.eks.get_cluster_output(name=cluster_name, opts=pulumi.InvokeOptions(parent=self))
        self.endpoint = found.endpoint
        self.version = found.version
        self.vpc_id = found.vpc_config.vpc_id
        self.security_group_id = found.vpc_config.cluster_security_group_id
        self._subnet_ids = found.vpc_config.subnet_ids
        self.before_nodes = []
        if adds_nodes:
            role, self.before_nodes = make_node_role(name, partition, network_plugin=True, opts=child)
            self.node_role_arn = role.arn
        self.provider = eks_provider(
            f"{name}-kubernetes",
            cluster_name=cluster_name,
            endpoint=self.endpoint,
            certificate_authority=found.certificate_authorities[0].data,
            region=region,
            profile=profile,
            opts=child,
        )
        self.register_outputs({"endpoint": self.endpoint})

    def private_subnets(self, zone_ids: Sequence[str], *, among: Sequence[str] | None) -> pulumi.Output[Sequence[str]]:
        """Its subnets in these zones whose instances get no public address. `among`: subnets instead of those that the
        cluster itself names."""
        ids: pulumi.Output[Sequence[str]] = pulumi.Output.from_input(among or self._subnet_ids)
        filters = ids.apply(
            lambda known: [
                aws.ec2.GetSubnetsFilterArgs(name="subnet-id", values=known),
                aws.ec2.GetSubnetsFilterArgs(name="availability-zone-id", values=sorted(zone_ids)),
                aws.ec2.GetSubnetsFilterArgs(name="map-public-ip-on-launch", values=["false"]),
            ]
        )
        found = aws.ec2.get_subnets_output(filters=filters, opts=pulumi.InvokeOptions(parent=self))
        return found.ids.apply(sorted)  # AWS gives them in any order

    def private_subnet(self, zone_id: str, *, among: Sequence[str] | None) -> pulumi.Output[str]:
        """One of them in this zone."""
        return self.private_subnets([zone_id], among=among).apply(lambda ids: first_of(ids, zone_id))


def first_of(ids: Sequence[str], zone_id: str) -> str:
    if not ids:
        raise pulumi.RunError(f"the cluster has no private subnet in {zone_id}")
    return ids[0]
