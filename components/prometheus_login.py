"""How KEDA logs in to a Prometheus that requires it: one TriggerAuthentication for all scalers of a namespace."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

NAME = "prometheus-login"
_HEADER = ("customAuthHeader", "customAuthValue")  # KEDA's parameters


class PrometheusLogin(pulumi.ComponentResource):
    """`keys` are the keys of the Secret, by KEDA's parameter names; `ca` is a Secret, and its key, with the certificate
    of a CA that isn't public. Without a Secret, KEDA's operator uses its `pod_identity` of the cloud, or sends a
    `header`, a name and a value that are no secret."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        secret: str | None,
        keys: Mapping[str, str],
        ca: tuple[str, str] | None = None,
        header: tuple[str, str] | None = None,
        pod_identity: Mapping[str, str] | None = None,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:PrometheusLogin", name, None, opts)
        after = list(depends_on)
        spec: dict[str, Any] = (
            {"podIdentity": dict(pod_identity)} if pod_identity is not None else _of_secrets(secret, keys, ca)
        )
        if header is not None:
            after.append(_config_map(name, namespace, header, pulumi.ResourceOptions(parent=self, depends_on=after)))
            spec["configMapTargetRef"] = [{"parameter": key, "name": NAME, "key": key} for key in _HEADER]
        self.authentication = k8s.apiextensions.CustomResource(
            f"{name}-authentication",
            api_version="keda.sh/v1alpha1",
            kind="TriggerAuthentication",
            metadata={"name": NAME, "namespace": namespace},
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        self.register_outputs({})


def _of_secrets(secret: str | None, keys: Mapping[str, str], ca: tuple[str, str] | None) -> dict[str, Any]:
    found = [{"parameter": parameter, "name": secret, "key": key} for parameter, key in keys.items()]
    if ca is not None:
        found.append({"parameter": "ca", "name": ca[0], "key": ca[1]})
    return {"secretTargetRef": found}


def _config_map(
    name: str, namespace: str, header: tuple[str, str], opts: pulumi.ResourceOptions
) -> k8s.core.v1.ConfigMap:
    data: Any = dict(zip(_HEADER, header, strict=True))
    return k8s.core.v1.ConfigMap(
        f"{name}-header", metadata={"name": NAME, "namespace": namespace}, data=data, opts=opts
    )
