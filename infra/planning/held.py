"""The advice for a broken rule that makes it hold once followed, and breaks no other: alone, or with another change."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from infra.plan.notes import Advice, Violation, Write
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.plan.writes import written
from infra.planning.advice import PAUSES, completed, harm_of, in_order
from infra.planning.borrowed_prices import borrowed_then
from infra.planning.budget import PATH as BUDGET
from infra.planning.budget import enough, total
from infra.planning.cpu_speed import slow_then
from infra.planning.losses import shorter
from infra.planning.trial import Attempt, broken_by

MAX_IN_TWO = 4  # pieces of advice that are combined, and with how many others each, where none is enough alone
MAX_ADVICE = 24  # pieces that are tried; a stack that breaks many rules shows the rest untried
WaysOut = Callable[[Violation, Plan], Violation]
_OF_NODES = (Rule.GPUS_AT_PEAK, Rule.GPU_NODES)


@dataclass(frozen=True)
class _Held:
    """A broken rule with its advice that holds, and the rest, which wasn't tried."""

    violation: Violation
    ways: Sequence[Advice]
    untried: Sequence[Advice]


def that_holds(plan: Plan, attempt: Attempt, ways_out: WaysOut) -> tuple[Violation, ...]:
    """The plan's violations with the advice that, once followed, fixes the rule and breaks no other. `ways_out`: the
    violation of a changed plan, with all that is known to do about it."""
    left = MAX_ADVICE
    held: list[_Held] = []
    for violation in plan.violations:
        tried, untried = violation.advice[:left], violation.advice[left:]
        left -= len(tried)
        held.append(_Held(violation, _held(violation, tried, plan, attempt, ways_out), untried))
    return tuple(_with(each.violation, [*_all_ways(each, held, plan, attempt), *each.untried]) for each in held)


def _all_ways(one: _Held, held: Iterable[_Held], plan: Plan, attempt: Attempt) -> list[Advice]:
    """Its own, and those of another rule about the same setting that make this one hold too: else each rule would have
    its own change, and nobody would see that one is enough for both."""
    ways = list(one.ways)
    for way in (way for other in held if other.violation.path == one.violation.path for way in other.ways):
        there = any(dict(way.write) == dict(each.write) for each in ways)
        if not there and (one.violation.rule, one.violation.path) not in _broken_then(way, attempt):
            ways.append(way)
    if len(ways) > len(one.ways):
        ways.sort(key=lambda each: _cost(each, plan, attempt))
    return in_order(ways, plan, attempt, dollars=one.violation.rule in _OF_NODES, bills=True)


def _broken_then(way: Advice, attempt: Attempt) -> Collection[tuple[str, str]]:
    then = attempt(way.write)
    return broken_by(then) if then is not None else ()


def _held(
    violation: Violation, tried: Sequence[Advice], plan: Plan, attempt: Attempt, ways_out: WaysOut
) -> list[Advice]:
    """Each alone; and, unless one of them costs nothing, those that don't hold alone together with one more change,
    where no way that holds alone is as good. What keeps to the requests and the context that are asked for is first."""
    alone = [(each, _tried(each, violation, plan, attempt)) for each in tried]
    held = [way for _, way in alone if way is not None]
    held = [each for each in held if not _takes_more(plan, attempt(each.write))] or held
    quick = [each for each in held if not slow_then(plan, attempt(each.write))]
    if any(_costs_nothing(each, plan, attempt) for each in quick):
        return sorted(held, key=lambda each: shorter(each, plan))
    failed = [each for each, way in alone if way is None][:MAX_IN_TWO]
    in_two = filter(None, (_with_another(each, violation, plan, attempt, ways_out) for each in failed))
    better = [way for way in in_two if not any(_as_good(each, way, plan, attempt) for each in held)]
    return sorted([*better, *held], key=lambda each: _cost(each, plan, attempt))


def _takes_more(plan: Plan, then: Plan | None) -> bool:
    """Whether a pool that has too few GPUs, and still has then, needs more of them: its own fix isn't enough then."""
    if then is None:
        return False
    short = {path.split(".")[1] for rule, path in broken_by(plan) & broken_by(then) if rule == Rule.GPUS_AT_PEAK}
    return any(then.pools[name].peak_gpus > plan.pools[name].peak_gpus for name in short)


def _costs_nothing(advice: Advice, plan: Plan, attempt: Attempt) -> bool:
    free = BUDGET not in dict(advice.write) and not harm_of(advice) and not shorter(advice, plan)
    then = attempt(advice.write)
    return free and _bill(then) <= _bill(plan) and _expected(then) <= _expected(plan)


def _as_good(one: Advice, other: Advice, plan: Plan, attempt: Attempt) -> bool:
    no_worse = harm_of(one) <= harm_of(other) and shorter(one, plan) <= shorter(other, plan)
    return no_worse and _bill(attempt(one.write)) <= _bill(attempt(other.write))


def _cost(advice: Advice, plan: Plan, attempt: Attempt) -> tuple[bool, int, int, float]:
    """Whether it rests on another region's price; the number of models that are paused, and what users lose of each
    request, whatever the bill; and the maximum bill."""
    then = attempt(advice.write)
    paused = max(0, harm_of(advice) - PAUSES + 1)
    return bool(borrowed_then(plan, then)), paused, shorter(advice, plan), _bill(then)


def _bill(plan: Plan | None) -> float:
    return round(plan.cost.usd_per_month_max) if plan is not None else float("inf")


def _expected(plan: Plan | None) -> float:
    return round(plan.cost.usd_per_month_expected) if plan is not None else float("inf")


def _tried(advice: Advice, violation: Violation, plan: Plan, attempt: Attempt) -> Advice | None:
    """The advice with all that it needs, a budget that is enough included; None where the rule stays broken, or another
    one breaks."""
    whole = completed(plan, advice.write)
    then = attempt(whole)
    if then is None or (violation.rule, violation.path) in broken_by(then):
        return None
    new = broken_by(then) - broken_by(plan)
    budget = then.settings.budget
    if new == {(Rule.BUDGET, BUDGET)} and budget is not None:
        usd = total(then.cost, budget)
        more = (*whole, (BUDGET, enough(usd)))
        return Advice(more, _text(advice, more, f"the bill is then ${usd:,.0f}"))
    return Advice(whole, _text(advice, whole)) if not new else None


def _with_another(
    advice: Advice, violation: Violation, plan: Plan, attempt: Attempt, ways_out: WaysOut
) -> Advice | None:
    """Where following it leaves the rule broken, or breaks one other: with the cheapest of that rule's advice then. A
    model that doesn't run is no answer to what the model needs."""
    then = attempt(completed(plan, advice.write))
    if then is None:
        return None
    left = {each for each in broken_by(then) if each == (violation.rule, violation.path) or each not in broken_by(plan)}
    if len(left) != 1:
        return None
    broken = [ways_out(each, then) for each in then.violations if (each.rule, each.path) in left]
    changed = {path.rpartition(".")[0] for path, _ in advice.write}
    beside = [more for each in broken for more in each.advice if not _pauses(more, changed)]
    both = (_both(advice, each) for each in beside[:MAX_IN_TWO])
    found = filter(None, (_tried(each, violation, plan, attempt) for each in both))
    return min(found, key=lambda each: _cost(each, plan, attempt), default=None)


def _pauses(advice: Advice, models: Collection[str]) -> bool:
    return any(path.endswith(".paused") and path.rpartition(".")[0] in models for path, _ in advice.write)


def _both(one: Advice, other: Advice) -> Advice:
    """Two pieces of advice as one."""
    (first, _, why), (second, _, also) = one.text.partition(" ("), other.text.partition(" (")
    said = "; ".join(each.removesuffix(")") for each in (why, also) if each)
    write = tuple(dict((*one.write, *other.write)).items())
    return Advice(write, f"{first} and {second}{f' ({said})' if said else ''}")


def _text(advice: Advice, whole: Write, bill: str = "") -> str:
    """The text of what is written with all that it needs; its brackets say what follows."""
    if whole == advice.write:
        return advice.text
    why = advice.text.partition(" (")[2].removesuffix(")")
    said = "; ".join(filter(None, (why, bill)))
    return f"{written(whole)}{f' ({said})' if said else ''}"


def _with(violation: Violation, advice: Iterable[Advice]) -> Violation:
    kept = tuple(advice)
    fix = ", or ".join(each.text for each in kept) or violation.fix
    return replace(violation, fix=fix, advice=kept)
