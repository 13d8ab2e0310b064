"""A Kubernetes provider, always with the same safety settings."""

import pulumi
import pulumi_kubernetes as k8s


def kubernetes_provider(
    name: str,
    *,
    cluster_identifier: pulumi.Input[str],
    kubeconfig: pulumi.Input[str] | None = None,
    context: str | None = None,
    opts: pulumi.ResourceOptions,
) -> k8s.Provider:
    """By its own kubeconfig, or by a context of the kubeconfig of whoever runs the program.

    Another `cluster_identifier` says that it is another cluster, in which nothing of this one is.
    """
    return k8s.Provider(
        name,
        kubeconfig=kubeconfig,
        context=context,
        cluster_identifier=cluster_identifier,
        enable_secret_mutable=True,
        enable_config_map_mutable=True,
        opts=opts,
    )
