"""Lower bills: each way to serve a model for less is planned, and saves what that plan's bill says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from infra.plan.money import Cheaper
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.plan.versions import NEXT
from infra.plan.words import LIKELY
from infra.plan.writes import pieces, shown
from infra.planning.advice import completed
from infra.planning.cheaper import MIN_USD_PER_MONTH, Candidate
from infra.planning.saving import saved
from infra.planning.spare_over import still_over
from infra.planning.trial import Attempt, followed, what_follows

# The same for a whole plan, by its bill; of a large bill too, a saving of that many dollars is worth a line.
MIN_SHARE_OF_BILL, WORTH_A_LINE_USD = 0.01, 100.0
# Plans in which ways are tried: with many models each plan takes longer, and the largest savings come first.
MIN_TRIED, MAX_TRIED = 4, 40


def cheaper_ways(
    plan: Plan, found: Mapping[str, Sequence[Candidate]], attempt: Attempt
) -> dict[str, tuple[Cheaper, ...]]:
    """Those after which no other rule is broken, with the bill that the next plan has; by model, those that certainly
    fit first, of them those of a sure price, then the largest saving."""
    limit = max(MIN_TRIED, MAX_TRIED // len(plan.models))
    ranked = sorted(((name, each) for name, ways in found.items() for each in ways), key=lambda e: -e[1].usd_per_month)
    ways: list[tuple[str, bool, Cheaper]] = []
    for name, each in islice(ranked, limit):
        way = lower_bill(plan, name, each.write, each.effect, attempt)
        way = _worth_a_line(plan, each, way) if way is not None else None
        if way is None:
            continue
        if not any(_undoes(way, other) for _, _, other in ways):
            ways.append((name, each.sure, way))
    ways.sort(key=lambda each: (LIKELY in each[2].effect, not each[1], -each[2].usd_per_month, each[2].setting))
    by_model = {model: tuple(way for name, _, way in ways if name == model) for model in plan.models}
    return {name: each for name, each in by_model.items() if each}


def _worth_a_line(plan: Plan, each: Candidate, way: Cheaper) -> Cheaper | None:
    """What holds more for the same money says that, and not a saving that is nearly nothing."""
    smallest = smallest_saving(plan, way)
    if way.usd_per_month >= smallest:
        return way
    return None if each.usd_per_month or way.usd_per_month <= -smallest else replace(way, usd_per_month=0.0)


def smallest_saving(plan: Plan, way: Cheaper) -> float:
    """Dollars per month: a way that saves less of the plan's bill is no lower bill."""
    cost = plan.cost
    bill = cost.usd_per_month_expected if way.of == "expected" else cost.usd_per_month_min
    return max(MIN_USD_PER_MONTH, min(MIN_SHARE_OF_BILL * bill, WORTH_A_LINE_USD))


def _undoes(way: Cheaper, other: Cheaper) -> bool:
    """Whether one way removes a pool to which the other moves a model: nobody could follow both."""
    return any(
        f"gpuPools.{value}" in {path for path, gone in b.write if gone is None}
        for a, b in ((way, other), (other, way))
        for path, value in a.write
        if path.endswith(".pool")
    )


def lower_bill(plan: Plan, name: str, write: Write, effect: str, attempt: Attempt) -> Cheaper | None:
    """What is written, said as the model's own keys and what goes beside them; None where it breaks a rule."""
    found = followed(plan, completed(plan, write), attempt)
    if found is None:
        return None
    usd, of = saved(plan, found.then)
    path = f"{plan.models[name].path}."
    other = f"{path}{NEXT}."  # of a second server
    own = [
        (at, value)
        for at, value in found.write
        if at.startswith(path) and not at.startswith(other) and value is not None
    ]
    setting = ", ".join(f"{at.removeprefix(path)}: {shown(value)}" for at, value in own)
    beside = tuple(pieces(tuple(each for each in found.write if each not in own)))
    effect = "; ".join((effect, *what_follows(plan, found.then, still_over(plan, found, attempt))))
    return Cheaper(setting, usd, effect, found.write, beside, of)
