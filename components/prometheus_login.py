"""How KEDA logs in at a Prometheus that asks for it: one TriggerAuthentication for the scalers of a namespace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

NAME = "prometheus-login"


@dataclass(frozen=True)
class Login:
    """What a scaler's triggers say of it. KEDA signs requests where `region` is given and `mode` isn't."""

    mode: str | None = None  # bearer, basic
    region: str | None = None

    @property
    def metadata(self) -> dict[str, str]:
        modes = {"authModes": self.mode} if self.mode is not None else {}
        return modes | ({"awsRegion": self.region} if self.region is not None else {})


class PrometheusLogin(pulumi.ComponentResource):
    """`keys` are those of the Secret, by KEDA's name of what they hold. Without a Secret KEDA's operator signs its
    requests, with its own AWS rights or those of `role_arn`."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        secret: str | None,
        keys: Mapping[str, str],
        role_arn: str | None,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:PrometheusLogin", name, None, opts)
        self.authentication = k8s.apiextensions.CustomResource(
            f"{name}-authentication",
            api_version="keda.sh/v1alpha1",
            kind="TriggerAuthentication",
            metadata={"name": NAME, "namespace": namespace},
            spec=_spec(secret, keys, role_arn),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.register_outputs({})


def _spec(secret: str | None, keys: Mapping[str, str], role_arn: str | None) -> dict[str, Any]:
    if secret is None:
        return {"podIdentity": {"provider": "aws"} | ({"roleArn": role_arn} if role_arn is not None else {})}
    references = [{"parameter": parameter, "name": secret, "key": key} for parameter, key in keys.items()]
    return {"secretTargetRef": references}
