"""`addons`: what is installed, and what is there already."""

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from infra.services.monitoring.section import PrometheusLogin
from infra.settings.types import HttpUrl, NamespaceName, OneWord, Section, Short


class ExistingAddon(Section):
    """An add-on that somebody else runs."""

    namespace: NamespaceName | None = Field(
        default=None,
        description="where it runs; a note for readers. On a cluster that the stack makes, it says that something else"
        " installs it there",
        examples=["kube-system"],
    )


class ExistingPrometheus(Section):
    """A Prometheus that somebody else runs."""

    url: HttpUrl | None = Field(
        default=None, description="the address that KEDA queries; required where a model scales"
    )
    auth: PrometheusLogin | None = Field(
        default=None,
        description="how KEDA logs in there; no login when absent",
        examples=[{"bearerSecret": {"name": "prometheus-login"}}],
    )
    monitor_labels: dict[str, str] | None = Field(
        default=None,
        description="labels that each ServiceMonitor, the gateway's PodMonitor and the PrometheusRules get, because"
        " this Prometheus ignores those without them; {}: it reads all of these kinds",
        examples=[{"release": "kube-prom"}],
    )
    namespace: NamespaceName | None = Field(
        default=None,
        description="where it runs: the models' NetworkPolicies let this namespace read their metrics; read from the"
        " URL when absent",
        examples=["monitoring"],
    )


class _Written(Section):
    """Serialized as it is written: the state alone is a word."""

    state: Literal["install", "existing", "disabled"] | None = None

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> Any:
        return self.state or handler(self)


class Addon(_Written):
    """`install`, `existing`, `disabled`, or `{existing: {...}}`."""

    existing: ExistingAddon | None = Field(
        default=None, description="the cluster has it already", examples=[{"namespace": "kube-system"}]
    )


class PrometheusAddon(_Written):
    """`install`, `existing`, `disabled`, or `{existing: {...}}` with its address."""

    existing: ExistingPrometheus | None = Field(
        default=None,
        description="the cluster has one already",
        examples=[{"url": "http://prometheus-operated.monitoring:9090"}],
    )


AnyAddon = Addon | PrometheusAddon
_WORDS = Short({"enum": ["install", "existing", "disabled"]})
AddonChoice = Annotated[Addon, OneWord, _WORDS]
PrometheusChoice = Annotated[PrometheusAddon, OneWord, _WORDS]


class Addons(Section):
    """Cluster-wide software. Default: install on a cluster that we create, existing on one that exists."""

    nvidia_device_plugin: AddonChoice = Field(default=Addon(), description="makes the GPUs of nodes schedulable")
    cluster_autoscaler: AddonChoice = Field(
        default=Addon(), description="adds and removes nodes of the GPU pools; EKS only"
    )
    metrics_server: AddonChoice = Field(default=Addon(), description="CPU and memory of pods, as `kubectl top` shows")
    keda: AddonChoice = Field(default=Addon(), description="scales models by the requests that wait and run")
    prometheus: PrometheusChoice = Field(
        default=PrometheusAddon(), description="reads the models' metrics; KEDA queries it"
    )
    dcgm_exporter: AddonChoice = Field(
        default=Addon(),
        description="NVIDIA's measurements and errors of each GPU, for an alert and a dashboard; existing: also that of"
        " NVIDIA's GPU operator. When absent, disabled on a cluster that exists, and without Prometheus",
    )
    vertical_pod_autoscaler: AddonChoice = Field(
        default=Addon(),
        description="sets what pods ask for by what they used; without a verticalScaling nothing is installed",
    )
    load_balancer_controller: AddonChoice = Field(default=Addon(), description="creates the ALB of a gateway; EKS only")
