"""An IAM role that pods assume through EKS Pod Identity."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from components.aws.trust import trust
from components.chart import Chart, helm_release

# EKS tags the session with cluster, namespace and service account, so it needs sts:TagSession to assume the role.
_TRUST = trust("pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"])


class PodRole(pulumi.ComponentResource):
    """A role with one policy: a managed policy by its ARN, or a document. Depend on the component to wait for both."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        managed_policy_arn: str | None = None,
        policy: Mapping[str, Any] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:aws:PodRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(f"{name}-role", assume_role_policy=_TRUST, opts=child)
        if managed_policy_arn is not None:
            aws.iam.RolePolicyAttachment(f"{name}-policy", role=role.name, policy_arn=managed_policy_arn, opts=child)
        if policy is not None:
            aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=pulumi.Output.json_dumps(policy), opts=child)
        self.arn = role.arn
        self.register_outputs({"arn": self.arn})


def release_with_role(
    name: str,
    *,
    chart: Chart,
    mirror: str | None,
    values: Mapping[str, Any],
    cluster_name: str,
    service_account: str,
    policy: Mapping[str, Any],
    skip_crds: bool = False,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource],
) -> k8s.helm.v3.Release:
    """A chart whose service account has a role. The release depends on it, because a pod gets credentials only when it
    starts."""
    role = PodRole(name, policy=policy, opts=pulumi.ResourceOptions(parent=parent))
    association = aws.eks.PodIdentityAssociation(
        name,
        cluster_name=cluster_name,
        namespace=chart.namespace,
        service_account=service_account,
        role_arn=role.arn,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on)),
    )
    return helm_release(
        name,
        chart=chart,
        mirror=mirror,
        values=values,
        skip_crds=skip_crds,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[role, association, *depends_on]),
    )
