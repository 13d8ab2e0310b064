"""The IAM role of nodes."""

import pulumi
import pulumi_aws as aws

from components.aws.trust import trust

CNI_POLICY = "AmazonEKS_CNI_Policy"
# What a node may do: join the cluster, pull images, and be reached by Session Manager instead of SSH.
_POLICIES = {
    "join": "AmazonEKSWorkerNodePolicy",
    "pull": "AmazonEC2ContainerRegistryPullOnly",
    "session": "AmazonSSMManagedInstanceCore",
}


def make_node_role(
    name: str, partition: str, *, network_plugin: bool, opts: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    """`network_plugin`: it may use the node's role, because nobody knows whether it has its own. A pod can't: the
    node's credentials are one hop away."""
    role = aws.iam.Role(f"{name}-node", assume_role_policy=trust("ec2.amazonaws.com"), opts=opts)
    wanted = {**_POLICIES, **({"network": CNI_POLICY} if network_plugin else {})}
    policies: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(
            f"{name}-node-{purpose}", role=role.name, policy_arn=managed_policy(partition, policy), opts=opts
        )
        for purpose, policy in wanted.items()
    ]
    return role, policies


def managed_policy(partition: str, name: str) -> str:
    """The ARN of a policy of AWS. `partition`: as it is written in ARNs: aws, aws-cn, aws-us-gov."""
    return f"arn:{partition}:iam::aws:policy/{name}"
