"""A cluster that somebody else runs, by the name of a kubeconfig context."""

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes_provider import kubernetes_provider


class ContextCluster(pulumi.ComponentResource):
    """A cluster by the name of a kubeconfig context."""

    provider: k8s.Provider

    def __init__(self, name: str, *, context: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("llm:kubernetes:ContextCluster", name, None, opts)
        self.provider = kubernetes_provider(
            f"{name}-kubernetes",
            context=context,
            cluster_identifier=context,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"context": context})
