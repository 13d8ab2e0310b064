"""Amounts as whole dollars that add up to their sum as it is shown, which each rounded by itself doesn't."""

import math
from collections.abc import Sequence

_Bounds = tuple[float, float]


def adding_up(rows: Sequence[Sequence[float]], sums: Sequence[int]) -> list[list[int]]:
    """Each column adds up to its sum: what is missing goes to the largest remainders. An amount that is the same in two
    columns is shown as the same, and one that rises isn't shown as falling."""
    columns: list[list[int]] = []
    exact = [[row[place] for row in rows] for place in range(len(sums))]
    for place, total in enumerate(sums):
        bounds = (
            [_bounds(*each) for each in zip(exact[place - 1], exact[place], columns[-1], strict=True)] if place else []
        )
        columns.append(_column(exact[place], bounds or [(0, math.inf)] * len(rows), total))
    return [list(each) for each in zip(*columns, strict=True)]


def _bounds(before: float, amount: float, shown: int) -> _Bounds:
    return (shown, shown) if amount == before else (shown if amount > before else 0, math.inf)


def _column(exact: Sequence[float], bounds: Sequence[_Bounds], total: int) -> list[int]:
    found = [int(min(max(math.floor(each), low), high)) for each, (low, high) in zip(exact, bounds, strict=True)]
    while found and (missing := total - sum(found)):
        step = 1 if missing > 0 else -1
        may = [n for n, (low, high) in enumerate(bounds) if low <= found[n] + step <= high] or [*range(len(found))]
        found[max(may, key=lambda n: round(step * (exact[n] - found[n]), 6))] += step
    return found
