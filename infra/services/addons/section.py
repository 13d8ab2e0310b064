"""`addons`: what is installed, and what is there already."""

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from infra.services.monitoring.section import PrometheusLogin
from infra.settings.types import HttpUrl, NamespaceName, OneWord, Section, Short


class ExistingAddon(Section):
    """Where an add-on is that somebody else runs."""

    url: HttpUrl | None = Field(default=None, description="Prometheus: the address that KEDA asks")
    auth: PrometheusLogin | None = Field(
        default=None,
        description="Prometheus: how KEDA logs in",
        examples=[{"bearerSecret": {"name": "prometheus-login"}}],
    )
    monitor_labels: dict[str, str] | None = Field(
        default=None,
        description="Prometheus: labels without which it ignores a ServiceMonitor; {}: it takes every one",
        examples=[{"release": "kube-prom"}],
    )
    namespace: NamespaceName | None = Field(
        default=None, description="where it runs, for the NetworkPolicies", examples=["monitoring"]
    )

    @property
    def of_prometheus(self) -> bool:
        """Whether it says what only a Prometheus has."""
        return (self.url, self.auth, self.monitor_labels) != (None, None, None)


class Addon(Section):
    """`install`, `existing`, `disabled`, or `{existing: {...}}`."""

    state: Literal["install", "existing", "disabled"] | None = None
    existing: ExistingAddon | None = Field(
        default=None, description="what exists", examples=[{"namespace": "monitoring"}]
    )

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> Any:
        return self.state or handler(self)


AddonChoice = Annotated[Addon, OneWord, Short({"enum": ["install", "existing", "disabled"]})]


class Addons(Section):
    """Cluster-wide software. Default: install on a cluster that we create, existing on one that exists."""

    nvidia_device_plugin: AddonChoice = Field(default=Addon(), description="makes GPUs schedulable")
    cluster_autoscaler: AddonChoice = Field(default=Addon(), description="makes and removes nodes of the GPU pools")
    metrics_server: AddonChoice = Field(default=Addon(), description="kubectl top")
    keda: AddonChoice = Field(default=Addon(), description="scales models on their queue")
    prometheus: AddonChoice = Field(default=Addon(), description="where KEDA reads the queue")
    load_balancer_controller: AddonChoice = Field(default=Addon(), description="makes the ALB of a gateway")
