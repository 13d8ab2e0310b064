"""What hours would be worth to a model that sleeps: a replica is started before the working day, and nobody waits."""

from collections.abc import Iterator, Mapping

from infra.plan.models import ModelPlan
from infra.plan.money import Morning
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.planning.trial import Attempt, holds
from infra.services.serving.scaling import wakes

_HOURS = {"days": "mon-fri", "from": "08:00", "to": "19:00", "min": 1}
_ANYWHERE = "UTC"  # where no schedule of the file names a time zone


def mornings(plan: Plan, attempt: Attempt) -> Mapping[str, Morning]:
    """By model that sleeps at all hours, where the change breaks no rule."""
    zone = next(_zones(plan), _ANYWHERE)
    sleeping = {name: model for name, model in plan.named.items() if model.held_seconds and model.schedule is None}
    found = {name: _morning(plan, model, zone, attempt) for name, model in sleeping.items() if model.starts}
    return {name: each for name, each in found.items() if each is not None}


def _zones(plan: Plan) -> Iterator[str]:
    schedules = (model.schedule for _, model in sorted(plan.models.items()) if model.schedule is not None)
    return (window.timezone for schedule in schedules for window in schedule.windows)


def _morning(plan: Plan, model: ModelPlan, zone: str, attempt: Attempt) -> Morning | None:
    write: Write = ((f"{model.path}.schedule", ({**_HOURS, "timezone": zone},)),)
    then = attempt(write)
    schedule = then.models[model.name].schedule if then is not None and holds(plan, then) else None
    if then is None or schedule is None:
        return None
    more = then.cost.usd_per_month_min - plan.cost.usd_per_month_min
    return Morning(write, wakes(model.cold_start), schedule.ahead_minutes, more)
