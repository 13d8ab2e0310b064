"""What the replicas of a changed plan hold less, or make less, than those of the plan."""

from collections.abc import Iterator

from infra.offers.capacity import Capacity, capacity
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.planning.cpu_speed import leave_gpus


def keeps_capacity(plan: Plan, then: Plan) -> bool:
    return not list(lost_capacity(plan, then)) and not leave_gpus(plan, then)


def lost_capacity(plan: Plan, then: Plan) -> Iterator[tuple[str, str]]:
    """Models whose replicas hold less or are slower then, with the words for it."""
    for name, model in then.models.items():
        if lost := _of(model).lost(_of(plan.models[name])):
            yield name, lost


def _of(model: ModelPlan) -> Capacity:
    return capacity(model.fit, model.throughput)
