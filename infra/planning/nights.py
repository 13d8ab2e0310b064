"""What a schedule saves: the bill against that of the same replicas at all hours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from infra.plan.findings import split
from infra.plan.models import ModelPlan
from infra.plan.money import Cost, Night
from infra.plan.notes import Assumption
from infra.plan.schedule import DAYS, WEEK, Schedule, Window, share_of_week
from infra.planning.bill import plan_bill
from infra.planning.cost import Billed


def nights(billed: Billed, cost: Cost) -> Mapping[str, Night]:
    """By model."""
    return {
        name: _night(billed, cost, name, model.schedule)
        for name, model in billed.models.items()
        if model.schedule is not None and not model.paused
    }


def say_hours(billed: Billed) -> Iterator[Assumption]:
    for model in billed.models.values():
        if model.schedule is not None and not model.paused and not _on_nodes_that_stay(billed, model):
            yield Assumption(
                f"{model.path}.schedule",
                f"billed by the hours of the week, {model.schedule.ahead_minutes} min before each window and"
                f" {model.schedule.after_minutes} min after it included: its replicas start, and its nodes end, that"
                " much earlier and later; daylight saving time is left out, and a node that another model needs stays",
            )


def _on_nodes_that_stay(billed: Billed, model: ModelPlan) -> bool:
    """Nodes that exist are billed at all hours, whatever runs on them."""
    pool = billed.pools.get(model.pool or "")
    return pool is not None and pool.existing and pool.min == pool.max


def _night(billed: Billed, cost: Cost, name: str, schedule: Schedule) -> Night:
    without = _awake(billed, (name,))
    saves = without.usd_per_month_min - cost.usd_per_month_min
    low = billed.models[name].replicas.min
    hours = sum(share for at, share in share_of_week([schedule]) if schedule.min_at(at, low) > low) * WEEK / 60
    return Night(
        hours_per_week=hours,
        saves_min=saves,
        saves_expected=without.usd_per_month_expected - cost.usd_per_month_expected,
        only_with=_needed_for(saves, billed, name),
    )


def _needed_for(saves: float, billed: Billed, name: str) -> tuple[str, ...]:
    """The other models of its pool that have hours, where less is saved once they are there at all hours."""
    beside = (each for each in billed.models.values() if each.pool == billed.models[name].pool and each.name != name)
    others = tuple(each.name for each in beside if each.schedule is not None and not each.paused)
    if not others:
        return ()
    alone = _awake(billed, (name, *others)).usd_per_month_min - _awake(billed, others).usd_per_month_min
    return others if saves - alone >= 1 else ()


def _awake(billed: Billed, names: Sequence[str]) -> Cost:
    """The bill where these models have as many replicas as in their hours at all hours."""
    models = {
        name: replace(model, schedule=_always(model.schedule))
        for name, model in billed.models.items()
        if name in names and model.schedule is not None
    }
    bill, _ = split(plan_bill(replace(billed, models={**billed.models, **models})))
    return bill


def _always(schedule: Schedule) -> Schedule:
    window = Window(tuple(range(len(DAYS))), 0, 0, "UTC", schedule.largest, "at all hours")
    return Schedule((window,), 0, 0, ())
