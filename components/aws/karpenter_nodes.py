"""What the nodes that Karpenter makes are in AWS and in the cluster."""

import pulumi
import pulumi_aws as aws

from components.aws.node_role import make_node_role


class KarpenterNodes(pulumi.ComponentResource):
    """Their role, its instance profile, and its way into the cluster. EKS makes an access entry only for the role of a
    node group, and two groups of one role would share it: so these nodes have a separate role."""

    role_arn: pulumi.Output[str]
    instance_profile: pulumi.Output[str]  # by name
    instance_profile_arn: pulumi.Output[str]
    before_nodes: list[pulumi.Resource]  # created before the first node, deleted after the last

    def __init__(
        self, name: str, *, cluster_name: str, partition: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("llm:aws:KarpenterNodes", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role, policies = make_node_role(name, partition, network_plugin=False, opts=child)
        profile = aws.iam.InstanceProfile(f"{name}-node", role=role.name, opts=child)
        entry = aws.eks.AccessEntry(
            f"{name}-node", cluster_name=cluster_name, principal_arn=role.arn, type="EC2_LINUX", opts=child
        )
        self.role_arn = role.arn
        self.instance_profile = profile.name
        self.instance_profile_arn = profile.arn
        self.before_nodes = [*policies, profile, entry]
        self.register_outputs({"role_arn": self.role_arn})
