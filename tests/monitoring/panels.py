"""The queries of all panels of a plan, as Grafana sends them."""

from collections.abc import Iterator, Mapping
from itertools import product

from infra.plan.plan import Plan
from infra.services.monitoring.dashboards.all import dashboards
from infra.services.monitoring.dashboards.panel import Asked, Dashboard, Panel

RANGE = 24 * 3600  # seconds that a dashboard shows


def queries(plan: Plan) -> Iterator[tuple[Panel, Asked, list[str]]]:
    for dashboard in dashboards(plan):
        for panel in dashboard.panels:
            for each in panel.asked:
                yield panel, each, as_sent(each.promql, dashboard)


def as_sent(query: str, dashboard: Dashboard, seconds: int = RANGE) -> list[str]:
    """As Grafana sends it, once for each choice."""
    times = {"__rate_interval": "5m", "__range": f"{seconds}s"}
    choices = [[(each.name, value) for value in ([".*"] if each.all else each.values)] for each in dashboard.choices]
    return [_with(query, {**times, **dict(chosen)}) for chosen in product(*choices)]


def _with(query: str, variables: Mapping[str, str]) -> str:
    for name in sorted(variables, key=len, reverse=True):
        query = query.replace(f"${name}", variables[name])
    assert "$" not in query.replace('"$1"', ""), query  # Grafana leaves a number as it is
    return query
