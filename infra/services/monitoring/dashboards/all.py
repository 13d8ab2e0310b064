"""The dashboards of a plan."""

from collections.abc import Mapping

from infra.plan.plan import Plan
from infra.services.monitoring.dashboards.panel import Dashboard
from infra.services.monitoring.dashboards.platform import platform


def dashboards(plan: Plan) -> tuple[Dashboard, ...]:
    return (platform(plan),)


def texts(plan: Plan) -> Mapping[str, str]:
    """Grafana's JSON, by file name."""
    from infra.services.monitoring.dashboards.grafana import as_json

    return {f"{each.name}.json": as_json(each, plan.stack) for each in dashboards(plan)}
