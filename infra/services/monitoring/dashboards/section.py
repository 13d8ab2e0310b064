"""`monitoring.dashboards`: where Grafana finds them."""

from typing import Literal

from pydantic import Field

from infra.settings.types import NamespaceName, Section

LABELS = {"grafana_dashboard": "1"}  # by which the sidecar of Grafana's chart finds them


class DashboardsSection(Section):
    """Dashboards for Grafana, made from the plan."""

    kind: Literal["sidecar", "files", "none"] | None = Field(
        default=None,
        description="sidecar: ConfigMaps that a Grafana in the cluster reads; files: `plan --out DIR` writes"
        " DIR/dashboards/*.json, for a Grafana elsewhere; sidecar where the stack installs Grafana, else none",
        examples=["sidecar"],
    )
    namespace: NamespaceName | None = Field(
        default=None,
        description="where the sidecar of a Grafana that exists looks for ConfigMaps; the models' when absent, which a"
        " sidecar sees that looks in all",
        examples=["monitoring"],
    )
    labels: dict[str, str] | None = Field(
        default=None,
        min_length=1,
        description="labels by which the sidecar of a Grafana that exists finds ConfigMaps; when absent"
        ' grafana_dashboard: "1", as in the chart',
        examples=[LABELS],
    )
