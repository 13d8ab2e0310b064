"""What Grafana's pod asks for, on the system nodes of a cluster that the stack makes."""

from collections.abc import Mapping, Sequence

from infra.plan.models import Resources
from infra.services.monitoring.dashboards.plan import has_grafana
from infra.settings.platform import Settings

# Grafana and its two sidecars: see the values of the chart.
GRAFANA = (Resources(cpu=0.12, memory_gib=(256 + 2 * 80) / 1024, ephemeral_gib=0, shm_gib=0),)


def grafana_pods(settings: Settings) -> Mapping[str, Sequence[Resources]]:
    return {"Grafana": GRAFANA} if has_grafana(settings) else {}
