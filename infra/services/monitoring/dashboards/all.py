"""The dashboards of a plan."""

from collections.abc import Mapping

from infra.plan.plan import Plan
from infra.services.monitoring.dashboards.client import client
from infra.services.monitoring.dashboards.cold_starts import cold_starts
from infra.services.monitoring.dashboards.gpus import gpus
from infra.services.monitoring.dashboards.model import model
from infra.services.monitoring.dashboards.panel import Dashboard
from infra.services.monitoring.dashboards.platform import platform
from infra.services.monitoring.sources import KUBE_STATE_METRICS, reads_gpus, sources_of


def dashboards(plan: Plan) -> tuple[Dashboard, ...]:
    """Those for which something is measured."""
    sources = sources_of(plan)
    more = [cold_starts(plan)] if KUBE_STATE_METRICS in sources else []
    more += [gpus()] if reads_gpus(plan) and plan.pools else []
    return (platform(plan), model(plan), client(plan), *more)


def texts(plan: Plan) -> Mapping[str, str]:
    """Grafana's JSON, by file name."""
    from infra.services.monitoring.dashboards.grafana import as_json

    return {f"{each.name}.json": as_json(each, plan.stack) for each in dashboards(plan)}
