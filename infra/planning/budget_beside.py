"""What a way to a budget goes with: changes that make the other broken rules hold."""

from collections.abc import Iterable, Sequence

from infra.plan.notes import Advice, Violation, Write
from infra.planning.budget import total
from infra.planning.trial import Attempt, broken_by
from infra.settings.platform import Budget

ALIKE = 0.005  # bills that differ by less are alike


def first_of(others: Iterable[Violation], budget: Budget, attempt: Attempt) -> Write:
    """What makes each of the other rules hold: the bill is computed with it. A change that makes several hold is
    enough for all of them."""
    whole: Write = ()
    for each in others:
        then = attempt(whole) if whole else None
        if then is None or (each.rule, each.path) in broken_by(then):
            more = dict(_shortest(each.advice, budget, attempt)) if each.advice else {}
            whole = tuple((dict(whole) | more).items())
    return whole


def _shortest(ways: Sequence[Advice], budget: Budget, attempt: Attempt) -> Write:
    """The first, or of larger pools one with fewer changes for a bill that is alike: a node for the hours of rollouts
    instead of a gap in each model."""
    first, *others = (each.write for each in ways)
    larger = [each for each in others if len(each) < len(first) and all(map(_is_max, dict(each)))]
    then = attempt(first) if larger else None
    for write in larger if then is not None else ():
        one = attempt(write)
        if one is not None and then is not None and total(one.cost, budget) <= (1 + ALIKE) * total(then.cost, budget):
            return write
    return first


def _is_max(path: str) -> bool:
    return path.startswith("gpuPools.") and path.endswith(".max")
