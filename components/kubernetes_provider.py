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
    """With a kubeconfig of the stack, or with a context from the kubeconfig of the person who runs the program.

    A changed `cluster_identifier` means another cluster, which contains none of the existing resources.
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
