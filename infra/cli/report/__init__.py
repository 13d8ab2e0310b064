"""What `plan` tells a person, as sections that text and Markdown both show: verdict and money first, details last."""

from infra.cli.report.bill import bill_section
from infra.cli.report.cold_start import cold_start_section
from infra.cli.report.gateway import gateway_section
from infra.cli.report.models import models_section, pools_section, why_section
from infra.cli.report.notes import chosen_section, grouped, notes_section, resources_section, violations_section
from infra.cli.report.own_nodes import own_nodes_section
from infra.cli.report.section import Column, Report, Row, Section
from infra.cli.report.words import count, usd
from infra.offline import Planned
from infra.planning.plan import Plan
from infra.recording import Recording

__all__ = ["Column", "Report", "Row", "Section", "report"]


def report(planned: Planned) -> Report:
    plan, recording = planned.plan, planned.recording
    sections = (
        violations_section(plan),
        models_section(plan),
        why_section(plan),
        pools_section(plan),
        gateway_section(plan),
        own_nodes_section(plan),
        cold_start_section(plan),
        bill_section(plan),
        chosen_section(plan),
        resources_section(recording),
        notes_section("WARNINGS", grouped(plan.warnings, plan)),
        notes_section(f"BEFORE `pulumi up -s {plan.stack}`", plan.to_do),
        notes_section("ASSUMED, offline", plan.assumptions, detail=True),
    )
    return Report(_title(plan, recording), _verdict(plan), tuple(section for section in sections if section.rows))


def _title(plan: Plan, recording: Recording) -> str:
    cluster = plan.cluster
    where = {
        "create": f"new EKS {cluster.version} in {len(cluster.zone_ids)} zones",
        "eks": f"EKS cluster {cluster.name}, which exists",
        "context": f"kubeconfig context {cluster.name}",
    }[cluster.kind]
    models = count(len(plan.models), "model")
    pools = f" on {count(len(plan.pools), 'GPU pool')}" if plan.pools else " on the CPU"
    resources = count(sum(not r.type.startswith("pulumi:pulumi:") for r in recording.resources), "resource")
    return " · ".join(part for part in (plan.stack, plan.cluster.region, where, models + pools, resources) if part)


def _verdict(plan: Plan) -> tuple[Row, ...]:
    cost, budget = plan.cost, plan.settings.budget
    ok = ("OK", "every model fits, every rule holds")
    bill = f"{usd(cost.usd_per_month_min)} to {usd(cost.usd_per_month_max)} a month"
    bill += f", about {usd(cost.usd_per_month_typical)} a third of the way"
    if cost.whose:
        bill += f" ({cost.whose})"
    if not cost.items:
        bill = "nothing: no cloud resource is made"
    if budget:
        bill += f"; budget {usd(budget.usd_per_month)} of the {budget.of}"
    look = f"{count(len(plan.warnings), 'warning')}, {count(len(plan.to_do), 'thing')} to do before `pulumi up`"
    refused = ("REFUSED", f"{count(len(plan.violations), 'rule')} broken; `pulumi up` would refuse it too")
    return (refused if plan.violations else ok, ("BILL", bill), ("LOOK AT", look))
