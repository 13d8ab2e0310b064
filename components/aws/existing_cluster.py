"""An EKS cluster that somebody else runs."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from components.aws.kubernetes_provider import eks_provider


class ExistingEksCluster(pulumi.ComponentResource):
    """An EKS cluster by its name, looked up in each run."""

    provider: k8s.Provider
    endpoint: pulumi.Output[str]
    vpc_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        cluster_name: str,
        region: str,
        profile: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:aws:ExistingEksCluster", name, None, opts)
        found = aws.eks.get_cluster_output(name=cluster_name, opts=pulumi.InvokeOptions(parent=self))
        self.endpoint = found.endpoint
        self.vpc_id = found.vpc_config.vpc_id
        self.provider = eks_provider(
            f"{name}-kubernetes",
            cluster_name=cluster_name,
            endpoint=self.endpoint,
            certificate_authority=found.certificate_authorities[0].data,
            region=region,
            profile=profile,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"endpoint": self.endpoint})
