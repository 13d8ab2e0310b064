"""`monitoring`: what is measured besides the models, and what somebody is notified of."""

from typing import Annotated, Literal

from pydantic import Field

from infra.services.monitoring.dashboards.section import DashboardsSection
from infra.settings.platform import Settings
from infra.settings.sections import OwnSection
from infra.settings.types import Section, pattern

RUNBOOKS = "docs/runbooks"  # in the repository

# What a Prometheus may read besides the models and the gateway.
Source = Literal["kubeStateMetrics", "kubelet", "dcgm", "certManager"]
Label = Annotated[str, pattern(r"^[A-Za-z_][A-Za-z0-9_]*$", "team", "label of Prometheus", max_length=60)]


class AlertsSection(Section):
    """Alerts, as rules that Prometheus' operator reads from the cluster."""

    availability_percent: float = Field(
        default=99.5,
        ge=90,
        lt=100,
        description="of a model's requests that have to succeed within 30 days: the rest is its error budget, and who"
        " is on call hears when it is used up too fast",
        examples=[99.9],
    )
    labels: dict[Label, str] = Field(
        default={},
        description="labels that each alert gets, by which an Alertmanager that exists finds whom to notify",
        examples=[{"team": "ml-platform"}],
    )
    runbooks: str = Field(
        default=RUNBOOKS,
        min_length=1,
        description="where the pages of docs/runbooks are shown: each alert's runbook_url is this, and its page",
        examples=["https://git.example.com/ml/llm-platform/docs/runbooks"],
    )


class MonitoringSection(Section):
    """What Prometheus reads, alerts and dashboards."""

    sources: tuple[Source, ...] = Field(
        default=(),
        description="what the cluster's Prometheus reads besides the models and the gateway: alerts that need it exist"
        " only then. The Prometheus that the stack installs reads kubeStateMetrics and kubelet",
        examples=[["kubeStateMetrics", "kubelet", "dcgm"]],
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
    grafana: bool = Field(
        default=False,
        description="true: the chart of the Prometheus that the stack installs brings Grafana too",
        examples=[True],
    )


SECTION = OwnSection(
    "monitoring",
    MonitoringSection,
    "what is measured besides the models, alerts and dashboards",
    {"alerts": {"labels": {"team": "ml-platform"}}},
)


def monitoring_of(settings: Settings) -> MonitoringSection:
    return SECTION.of(settings) or MonitoringSection()
