"""A pool on which no model runs: what its nodes cost, and that it can be removed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from infra.plan.findings import warned
from infra.plan.money import rise
from infra.plan.notes import Advice, Finding, Warned
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.words import count, saves
from infra.plan.writes import written
from infra.planning.saving import saved_dollars
from infra.planning.trial import Attempt, followed

KIND = "unused-pool"  # of the warning


def warn_of_unused(pool: PoolPlan) -> Iterator[Finding]:
    """What its nodes cost is said once there is a plan: see say_what_unused_pools_cost."""
    yield warned(f"gpuPools.{pool.name}", "no model runs on it", kind=KIND)


def say_what_unused_pools_cost(warnings: Iterable[Warned], plan: Plan, attempt: Attempt) -> tuple[Warned, ...]:
    """The plan's warnings; those of pools whose nodes are in the bill with what removing them saves. A refusal has
    its own advice."""
    if plan.violations:
        return tuple(warnings)
    return tuple(_with_cost(each, plan, attempt) if each.kind == KIND else each for each in warnings)


def _with_cost(unused: Warned, plan: Plan, attempt: Attempt) -> Warned:
    found = followed(plan, ((unused.path, None),), attempt)
    effects = list(_effects(plan, found.then)) if found is not None else []
    if found is None or not effects:
        return unused
    pool = plan.pools[unused.path.split(".")[1]]
    effect = "; ".join([*effects, *left_nodes(pool)])
    advice = Advice(found.write, f"{written(found.write)} ({effect})")
    return replace(unused, message=f"{unused.message}: {advice.text}", detail=effect, advice=(advice,))


def _effects(plan: Plan, then: Plan) -> Iterator[str]:
    usd, of = saved_dollars(plan, then)
    if usd >= 1:
        yield saves(usd, of)
    less = rise(then.cost.usd_per_month_max, plan.cost.usd_per_month_max)
    if less >= 1 and less != usd:
        yield f"the maximum is then ${then.cost.usd_per_month_max:,.0f}, ${less:,.0f} less"


def left_nodes(pool: PoolPlan) -> Iterator[str]:
    """What is said of nodes that exist where their pool is removed."""
    if pool.existing and pool.min:
        nodes = "its node is" if pool.min == 1 else f"its {count(pool.min, 'node')} are"
        yield f"{nodes} then neither used nor counted in the bill"
