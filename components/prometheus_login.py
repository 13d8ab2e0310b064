"""How KEDA logs in to a Prometheus that requires it: one TriggerAuthentication for all scalers of a namespace."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

NAME = "prometheus-login"


class PrometheusLogin(pulumi.ComponentResource):
    """`keys` are the keys of the Secret, by KEDA's parameter names; `ca` is a Secret, and its key, with the certificate
    of a CA that isn't public. Without a Secret, KEDA's operator uses its `pod_identity` of the cloud."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        secret: str | None,
        keys: Mapping[str, str],
        ca: tuple[str, str] | None = None,
        pod_identity: Mapping[str, str] | None = None,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:PrometheusLogin", name, None, opts)
        self.authentication = k8s.apiextensions.CustomResource(
            f"{name}-authentication",
            api_version="keda.sh/v1alpha1",
            kind="TriggerAuthentication",
            metadata={"name": NAME, "namespace": namespace},
            spec={"podIdentity": dict(pod_identity)} if pod_identity is not None else _of_secrets(secret, keys, ca),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.register_outputs({})


def _of_secrets(secret: str | None, keys: Mapping[str, str], ca: tuple[str, str] | None) -> dict[str, Any]:
    found = [{"parameter": parameter, "name": secret, "key": key} for parameter, key in keys.items()]
    if ca is not None:
        found.append({"parameter": "ca", "name": ca[0], "key": ca[1]})
    return {"secretTargetRef": found}
