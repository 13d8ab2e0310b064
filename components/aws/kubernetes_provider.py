"""The Kubernetes provider of an EKS cluster."""

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes_provider import kubernetes_provider


def eks_provider(
    name: str,
    *,
    cluster_name: pulumi.Input[str],
    endpoint: pulumi.Input[str],
    certificate_authority: pulumi.Input[str],
    region: str,
    profile: str | None,
    opts: pulumi.ResourceOptions,
) -> k8s.Provider:
    """A provider for an EKS cluster. The AWS CLI gives the token: a token in the inputs would differ in each run."""
    credentials = ["--profile", profile] if profile else []
    kubeconfig = pulumi.Output.json_dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "eks",
                    "cluster": {"server": endpoint, "certificate-authority-data": certificate_authority},
                }
            ],
            "contexts": [{"name": "eks", "context": {"cluster": "eks", "user": "aws"}}],
            "current-context": "eks",
            "users": [
                {
                    "name": "aws",
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1beta1",
                            "command": "aws",
                            "args": [
                                *credentials,
                                "--region",
                                region,
                                "eks",
                                "get-token",
                                "--cluster-name",
                                cluster_name,
                            ],
                        }
                    },
                }
            ],
        }
    )
    # The endpoint, not the name: a cluster that replaces another one under the same name is empty.
    return kubernetes_provider(name, kubeconfig=kubeconfig, cluster_identifier=endpoint, opts=opts)
