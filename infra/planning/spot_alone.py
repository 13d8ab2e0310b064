"""A pool with spot nodes alone, where a warning proposes nodes on demand beside them: what the bill is then."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from infra.plan.notes import Warned
from infra.plan.plan import Plan
from infra.plan.writes import as_steps
from infra.planning.budget import further_over
from infra.planning.trial import Attempt, higher_maximum

KIND = "spot"  # of the warning


def say_what_on_demand_costs(warnings: Iterable[Warned], plan: Plan, attempt: Attempt) -> tuple[Warned, ...]:
    """The plan's warnings; those of spot alone with the bill of what they propose, which may be over the budget."""
    return tuple(_with_cost(each, plan, attempt) if each.kind == KIND else each for each in warnings)


def _with_cost(alone: Warned, plan: Plan, attempt: Attempt) -> Warned:
    then = attempt(as_steps(plan.pools[alone.path.split(".")[1]], "spot", "on-demand"))
    said = "; ".join(_bill(plan, then)) if then is not None else ""
    if not said:
        return alone
    cost = f"with nodes on demand too, {said}"
    return replace(
        alone, message=f"{alone.message}; {cost}", detail="; ".join(each for each in (alone.detail, cost) if each)
    )


def _bill(plan: Plan, then: Plan) -> Iterator[str]:
    over = further_over(plan, then)
    yield from over or higher_maximum(plan, then)
