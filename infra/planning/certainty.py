"""What makes a fit certain that is likely: each way is planned before it is named."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from infra.offers.fixes import Fix, ways_to_be_certain
from infra.offers.options import is_certain, serving, tries
from infra.offers.pools import Offer, beside_on_spot, new_pool
from infra.offers.sizing import Sizing
from infra.plan.models import ModelPlan
from infra.plan.notes import Advice, Warned, Write
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.words import BILLS, usd
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.budget_capacity import lost_capacity
from infra.planning.stored_weights import stored_then
from infra.planning.trial import Attempt, followed, higher_maximum
from infra.services.serving.placed import Placed
from infra.sizing.estimates import held

KIND = "not-certain"  # of the warning
NAMED = 4  # ways, per model


def say_what_is_certain(
    plan: Plan,
    placed: Sequence[Placed],
    pools: Sequence[Offer],
    makeable: Sequence[Offer],
    attempt: Attempt,
    sizing: Sizing,
) -> tuple[Warned, ...]:
    """The plan's warnings; those of a fit that is likely say what makes it certain."""
    by_path = {each.served.path: each for each in placed}
    return tuple(
        _advised(warned, plan, by_path[warned.path.rpartition(".")[0]], [*pools, *makeable], attempt, sizing)
        if warned.kind == KIND
        else warned
        for warned in plan.warnings
    )


def _advised(
    warned: Warned, plan: Plan, placed: Placed, offers: Sequence[Offer], attempt: Attempt, sizing: Sizing
) -> Warned:
    name = placed.served.name
    tried = (_that_holds(write, plan, name, attempt) for write in _ways(plan, placed, offers, sizing))
    ways = tuple(islice(filter(None, tried), NAMED))
    if not ways:
        return replace(warned, message=f"{warned.message}; nothing that was tried makes it certain")
    first = written(tuple((path.removeprefix(f"{placed.served.path}."), value) for path, value in ways[0].write))
    return replace(
        warned,
        message=f"{warned.message}. What makes it certain: {', or '.join(way.text for way in ways)}",
        detail=f"{warned.detail}; certain with {first}",
        advice=ways,
    )


def _that_holds(write: Write, plan: Plan, name: str, attempt: Attempt) -> Advice | None:
    """The change with what the next plan comes to; None where the model's fit isn't certain then, another model's no
    longer is, or a rule breaks."""
    found = followed(plan, write, attempt)
    if found is None or not {name, *_certain(plan)} <= _certain(found.then):
        return None
    lost = dict(lost_capacity(plan, found.then))
    comes_to = _comes_to(found.then, found.then.models[name], lost.pop(name, ""))
    others = (f"{other} {words}" for other, words in lost.items())
    said = "; ".join((comes_to, *others, *_bill(plan, found.then), *stored_then(plan, found.then)))
    return Advice(found.write, f"{written(found.write)} ({said})")


def _certain(plan: Plan) -> set[str]:
    return {each.name for each in plan.models.values() if each.fit is not None and each.fit.certain}


def _comes_to(plan: Plan, model: ModelPlan, lost: str) -> str:
    """`lost`: what its replicas hold less of, or make less of."""
    pool = plan.pools.get(model.pool or "")
    price = f", ${model.usd_per_hour:.2f} per hour{_of_a_node(model, pool)}" if model.usd_per_hour is not None else ""
    holds = model.fit.max_concurrency if model.fit else None
    tokens = f"; holds {held(holds)} of {model.max_model_len:,} tokens" if holds is not None else ""
    said = f"; {lost}" if "holds" in lost else f"{tokens}; {lost}" if lost else tokens
    return f"{model.gpus} x {pool.gpu if pool else ''}{price}{said}"


def _of_a_node(model: ModelPlan, pool: PoolPlan | None) -> str:
    """A node is paid for whole, whatever share of it a replica takes."""
    if pool is None or not pool.usd_per_node_hour or model.gpus == pool.gpus_per_node:
        return ""
    return f" of a node for ${pool.usd_per_node_hour:.2f}"


def _bill(plan: Plan, then: Plan) -> Iterator[str]:
    """As the budget counts it; the expected one where there is none. A maximum that rises too: while a model is paused,
    no other bill has its nodes."""
    end = plan.settings.budget.of if plan.settings.budget is not None else "expected"
    now, next_ = (getattr(each.cost, f"usd_per_month_{end}") for each in (plan, then))
    if abs(next_ - now) >= 1:
        yield f"the {BILLS[end]} bill is then {usd(next_)} per month instead of {usd(now)}"
    if end != "max":
        yield from higher_maximum(plan, then)


def _ways(plan: Plan, placed: Placed, offers: Sequence[Offer], sizing: Sizing) -> Iterator[Write]:
    offer, sized = placed.offer, placed.sized
    if offer is None or sized is None:
        return
    own, made = ([each for each in offers if (each.settings is None) is new] for new in (False, True))
    new = beside_on_spot(own, made) if offer.capacity == "spot" else made
    elsewhere = [each for each in (*own, *new) if each.name != offer.name]
    options = serving(sized.question.but(gpus=None), elsewhere, sizing, is_certain)
    more = tries(sized.question.but(gpus=None), offer, sizing)
    for fix in ways_to_be_certain(sized, options, more, sizing):
        yield _write(plan, placed, fix)


def _write(plan: Plan, placed: Placed, fix: Fix) -> Write:
    """The fix with the pools that it makes, and those that the program chose and that have to be written then."""
    path = placed.served.path
    if fix.offer is None:
        return tuple((f"{path}.{key}", value) for key, value in fix.changes)
    pool = new_pool(fix.offer) if fix.offer.name not in plan.settings.gpu_pools else ()
    return completed(plan, (*pool, (f"{path}.pool", fix.offer.name), (f"{path}.gpus", fix.gpus)))
