"""What `plan` says to a person: verdict and money first, details last."""

from collections.abc import Iterator

from infra.cli.document import Document, Row, Section, columns
from infra.cli.report.bill import bill_section
from infra.cli.report.cold_start import cold_start_section
from infra.cli.report.models import models_section, pools_section, weights_section, why_section
from infra.cli.report.notes import chosen_section, notes_section, resources_section, violations_section
from infra.cli.report.own_nodes import own_nodes_section
from infra.cli.speed import of_models
from infra.engines import ENGINES
from infra.offline import Planned
from infra.plan.alike import parts
from infra.plan.kinds import by_kind
from infra.plan.models import ModelPlan
from infra.plan.money import Cost
from infra.plan.notes import AFTERWARDS, ToDo
from infra.plan.plan import Plan
from infra.plan.words import BILLS, bills_said, count, decimals_that_differ, usd, who_prices
from infra.planning.borrowed_prices import borrowed_by
from infra.planning.own_pools import NO_FREE_NODE
from infra.recording import Recording
from infra.registry import cloud_of, services
from infra.services.gateway.answers import cut_answers
from infra.sizing.weights import GIB


def report(planned: Planned) -> Document:
    plan, recording = planned.plan, planned.recording
    sections = (
        violations_section(plan),
        models_section(plan),
        of_models({name: model.throughput for name, model in plan.models.items()}),
        weights_section(plan),
        why_section(plan),
        pools_section(plan),
        *_of_services(plan),
        own_nodes_section(plan),
        cold_start_section(plan),
        bill_section(plan),
        chosen_section(plan),
        resources_section(recording),
        notes_section("WARNINGS", by_kind(plan.warnings)),
        notes_section(f"BEFORE `pulumi up -s {plan.stack}`", _to_do(plan, afterwards=False)),
        notes_section("AFTER it", _to_do(plan, afterwards=True)),
        notes_section("ASSUMED, offline", plan.assumptions, folded=True),
    )
    return Document(_title(plan, recording), _verdict(plan), [section for section in sections if section.rows])


def _to_do(plan: Plan, *, afterwards: bool) -> tuple[ToDo, ...]:
    return tuple(each for each in plan.to_do if (each.step in AFTERWARDS) is afterwards)


def _of_services(plan: Plan) -> Iterator[Section]:
    for service in services():
        for table in service.report(plan):
            yield Section(table.title, columns(*table.header), table.rows, table.note)


def _title(plan: Plan, recording: Recording) -> str:
    where = cloud_of(plan.settings).described(plan.cluster)
    models = count(len(plan.named), "model")
    if coming := len(plan.models) - len(plan.named):
        models += f" and {count(coming, 'next version')}"
    pools = f" on {count(len(plan.pools), 'GPU pool')}" if plan.pools else " on the CPU"
    resources = count(len(recording.resources), "resource")  # the stack itself too, as Pulumi counts
    return " · ".join(part for part in (plan.stack, plan.cluster.region, where, models + pools, resources) if part)


def _verdict(plan: Plan) -> tuple[Row, ...]:
    cost, budget = plan.cost, plan.settings.budget
    ok = _ok(plan)
    bill = _bill(cost)
    if cost.whose:
        bill += f" ({cost.whose})"
    unpriced = _unpriced(plan)
    if unpriced:
        without = f"the nodes of {', '.join(unpriced)} have no price; {who_prices(unpriced)}"
        bill = f"{bill}; not counted: {without}" if cost.items else f"not known: {without}"
    elif not cost.items:
        bill = "nothing: no cloud resource is made"
    blocks = sorted(
        {step.reservation or "" for pool in plan.pools.values() for step in pool.steps if step.kind == "block"}
    )
    if blocks:
        bill += f"; without Capacity Block {', '.join(blocks)}, paid up front"
    if budget:
        bill += f"; budget {usd(budget.usd_per_month)} ({BILLS[budget.of]})"
    before, after = (len(_to_do(plan, afterwards=each)) for each in (False, True))
    look = f"{count(len(by_kind(plan.warnings)), 'warning')}, {count(before, 'thing')} to do before `pulumi up`"
    look += f", {after} after it" if after else ""
    refused = ("REFUSED", f"{count(len(plan.violations), 'rule')} broken; `pulumi up` would refuse it too")
    return (refused if plan.violations else ok, ("BILL", bill), *_paused(plan), ("LOOK AT", look))


def _unpriced(plan: Plan) -> list[str]:
    return [pool.name for pool in plan.pools.values() if pool.existing and pool.usd_per_node_hour is None]


def _bill(cost: Cost) -> str:
    amounts = {
        BILLS["expected"]: cost.usd_per_month_expected,
        BILLS["min"]: cost.usd_per_month_min,
        BILLS["max"]: cost.usd_per_month_max,
    }
    return bills_said({word: usd(amount) for word, amount in amounts.items()})


def _paused(plan: Plan) -> tuple[Row, ...]:
    """What a stack costs while all its models are paused, and the parts of that cost."""
    items = sorted((item for item in plan.cost.in_dollars if item.min), key=lambda item: -item.min)
    if not items or not all(model.paused for model in plan.models.values()):
        return ()
    parts = ", ".join(f"{item.name} {usd(item.min)}" for item in items)
    return (("PAUSED", f"no model runs, and {usd(plan.cost.usd_per_month_min)} per month stay: {parts}"),)


def _ok(plan: Plan) -> Row:
    """In the headline: models that fit at the middle of their estimate, but not at its low end, those whose ordinary
    answers the gateway ends, those that may find no node with enough free GPUs, those that have nodes for some days
    only, and a budget that is enough at another region's
    price, or without nodes that have none."""
    unsure = [
        _unsure(model) for model in plan.models.values() if model.fit and model.fit.fits and not model.fit.certain
    ]
    fits = f"{', '.join(unsure)} {'is' if len(unsure) == 1 else 'are'} not certain to fit" if unsure else ""
    seconds = plan.traffic.idle_seconds
    cut = ", ".join(each.name for each in cut_answers(plan.models.values(), seconds))
    ends = f"after {seconds} s the gateway ends ordinary answers of {cut}" if cut else ""
    room = _no_free_node(plan)
    windows = [
        each.name for each in plan.models.values() if each.pool and set(plan.pools[each.pool].kinds) == {"block"}
    ]
    borrowed = borrowed_by(plan.pools.values(), plan.cluster.region) if plan.settings.budget else ""
    money = f"the budget isn't certain to be enough ({borrowed})" if borrowed else ""
    outside = f"outside its Capacity Block's window no node is there for {', '.join(windows)}" if windows else ""
    unpriced = ", ".join(_unpriced(plan)) if plan.settings.budget else ""
    unguarded = f"the budget guards nothing of the nodes of {unpriced}, which have no price" if unpriced else ""
    but = [each for each in (fits, room, ends, outside, money, unguarded) if each]
    return ("OK, but", "; ".join([*but, "every rule holds"])) if but else ("OK", "every model fits, every rule holds")


def _no_free_node(plan: Plan) -> str:
    """Models that may find no node, together where they need the same number of free GPUs of the same pool. What to
    write follows in the warning."""
    found: dict[str, list[str]] = {}
    for each in plan.warnings:
        if each.kind == NO_FREE_NODE:
            found.setdefault(each.detail.partition(": ")[0], []).append(parts(each.path)[1])
    said = ", for ".join(f"{', '.join(names)} {free}" for free, names in found.items())
    return f"it isn't certain that Kubernetes finds for {said}" if said else ""


def _unsure(model: ModelPlan) -> str:
    fit = model.fit
    if fit is not None and not fit.estimated:
        return f"{model.name} (no estimate: {ENGINES[model.engine].title} has no memory model)"
    if fit is None or fit.kv_cache_gib is None or not fit.kv_bytes_per_token:
        return model.name
    need = (model.concurrency or 1) * model.max_model_len * fit.kv_bytes_per_token / GIB
    low = fit.kv_cache_gib.low
    decimals = decimals_that_differ(low, need)
    return f"{model.name} ({low:.{decimals}f} GiB of cache at the low end, {need:.{decimals}f} needed)"
