"""What is said of a change that keeps to the budget: what becomes of the models and of nodes that exist."""

from collections.abc import Iterator

from infra.catalog import Catalog
from infra.engines import ENGINES
from infra.plan.alike import parts
from infra.plan.models import ModelPlan
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.plan.words import SPOT, count, minutes, without
from infra.planning.budget_capacity import falls_asleep, fewer_at_once, lost_capacity
from infra.planning.cpu_speed import slow_on_cpu
from infra.planning.own_pools import NO_FREE_NODE
from infra.services.external.plan import fallback_of


def say_moved(before: Plan, then: Plan, catalog: Catalog) -> Iterator[str]:
    """Models that run on other nodes then, with what a replica costs; and models whose replicas hold less then, or are
    slower."""
    lost = dict(lost_capacity(before, then))
    for name, model in then.models.items():
        said = [lost[name]] if name in lost else []
        if model.pool is None and before.models[name].pool is not None:
            fewer = fewer_at_once(before.models[name], model)
            said = [f"on the CPU{_how_slow(model, before, catalog)}", *filter(None, (fewer,))]
        if model.instance_type != before.models[name].instance_type and model.usd_per_hour is not None:
            pool = then.pools[model.pool or ""]
            whose = f" ({pool.price_note})" if pool.price_note and not pool.borrowed_from else ""
            said = [f"on {model.gpus} x {pool.gpu} for ${model.usd_per_hour:.2f} per hour{whose}", *said]
        if said:
            yield f"{name} {', '.join(said)}"


def _how_slow(model: ModelPlan, before: Plan, catalog: Catalog) -> str:
    if model.task != "chat":
        return ""
    return slow_on_cpu(ENGINES[model.engine], model.model, catalog, before.models[model.name].throughput)


def say_left(before: Plan, then: Plan) -> Iterator[str]:
    """Nodes that exist, and that this stack no longer uses then."""
    for name, was in before.pools.items():
        pool = then.pools.get(name)
        left = was.max - pool.max if pool is not None else was.min
        if was.existing and left > 0:
            are = "is" if left == 1 else "are"
            yield f"{count(left, 'node')} of {name} {are} then neither used nor counted in the bill"


def say_asleep(before: Plan, then: Plan) -> Iterator[str]:
    """Pools that have no longer room for all of their models once none is paused."""
    for name, pool in then.pools.items():
        was = before.pools.get(name)
        if was is not None and pool.max < was.max and pool.needed_now <= pool.max < pool.needed:
            yield f"pool {name} then has no room for all paused models at once"


def say_waits(before: Plan, then: Plan) -> Iterator[str]:
    for name, model in then.models.items():
        if falls_asleep(before.models[name], model):
            yield f"who comes first to {name} waits about {minutes(model.cold_start.seconds)}"


def say_scattered(before: Plan, then: Plan) -> Iterator[str]:
    """Models that wait where a smaller maximum adds no node for them."""
    known = {each.path for each in before.warnings if each.kind == NO_FREE_NODE}
    for each in then.warnings:
        if each.kind == NO_FREE_NODE and each.path not in known:
            yield f"{parts(each.path)[1]} may wait for {each.detail}"


def say_gaps(before: Plan, then: Plan, write: Write) -> Iterator[str]:
    """Models that are away while they roll and weren't, or whose old pod ends first because that is written."""
    asked = {path for path, value in write if value == "recreate"}
    for name, model in then.models.items():
        gap = model.rollout.gap_seconds
        new = before.models[name].rollout.gap_seconds is None or f"{model.path}.rollout.strategy" in asked
        if gap is not None and new and not model.paused:
            yield f"about {minutes(gap)} {without(name, fallback_of(then.settings, name))} per rollout"


def say_spot(write: Write) -> Iterator[str]:
    if any(path.endswith(".capacity") and value == "spot" for path, value in write):
        yield SPOT
