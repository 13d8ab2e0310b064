"""What the plan says of dashboards."""

from collections.abc import Iterator

from infra.plan.plan import Plan
from infra.plan.words import count
from infra.services.monitoring.dashboards.all import dashboards
from infra.services.monitoring.dashboards.plan import DashboardsPlan, has_grafana
from infra.services.monitoring.dashboards.pods import GRAFANA
from infra.services.service import Table


def dashboard_table(plan: Plan, made: DashboardsPlan) -> Iterator[Table]:
    rows = tuple((each.name, each.about, count(len(each.panels), "panel")) for each in dashboards(plan))
    yield Table("DASHBOARDS", ("shows", ""), rows, _note(plan, made))


def _note(plan: Plan, made: DashboardsPlan) -> str:
    if made.kind == "files":
        return "`plan --out DIR` writes them into DIR/dashboards, for a Grafana elsewhere"
    where = f"ConfigMaps in the namespace {made.namespace}"
    if not has_grafana(plan.settings):
        return f"{where}, for the sidecar of a Grafana that exists"
    cpu, gib = sum(each.cpu for each in GRAFANA), sum(each.memory_gib for each in GRAFANA)
    whose = "the system nodes, with a separate row in the bill" if plan.cluster.made else "nodes that the cluster has"
    return f"{where}, for the Grafana that the stack installs; it asks for {cpu:g} CPU and {gib:.2f} GiB of {whose}"
