"""`monitoring`: what is measured besides the models, and what somebody is notified of."""

from typing import Literal

from pydantic import Field

from infra.services.monitoring.alerts.section import AlertsSection
from infra.services.monitoring.dashboards.section import DashboardsSection
from infra.services.monitoring.logs import LogsSection
from infra.services.tracing.section import TracesSection
from infra.settings.platform import Settings
from infra.settings.sections import OwnSection
from infra.settings.types import Section

# What a Prometheus may read besides the models and the gateway.
Source = Literal["kubeStateMetrics", "kubelet", "certManager"]


class MonitoringSection(Section):
    """What Prometheus reads, alerts, dashboards and logs."""

    sources: tuple[Source, ...] = Field(
        default=(),
        description="what the cluster's Prometheus reads besides the models and the gateway: alerts that need it exist"
        " only then. The Prometheus that the stack installs reads kubeStateMetrics and kubelet. GPUs:"
        " addons.dcgmExporter",
        examples=[["kubeStateMetrics", "kubelet"]],
    )
    alerts: AlertsSection = Field(
        default=AlertsSection(),
        description="alerts and whom they reach",
        examples=[{"labels": {"team": "ml-platform"}}],
    )
    dashboards: DashboardsSection = Field(
        default=DashboardsSection(),
        description="dashboards for Grafana, made from the plan",
        examples=[{"kind": "files"}],
    )
    traces: TracesSection | None = Field(
        default=None,
        description="traces of requests, from the gateway through the engine; when absent, there are none",
        examples=[{"sample": 0.1}],
    )
    grafana: bool = Field(
        default=False,
        description="true: the chart of the Prometheus that the stack installs brings Grafana too",
        examples=[True],
    )
    logs: LogsSection | None = Field(
        default=None,
        description="where logs are kept; when absent, nowhere but on the node, as `kubectl logs` shows them",
        examples=[{"to": "cloudwatch", "retentionDays": 90}],
    )


SECTION = OwnSection(
    "monitoring",
    MonitoringSection,
    "what is measured besides the models, alerts, dashboards and logs",
    {"alerts": {"labels": {"team": "ml-platform"}}},
)


def monitoring_of(settings: Settings) -> MonitoringSection:
    return SECTION.of(settings) or MonitoringSection()
