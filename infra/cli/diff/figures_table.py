"""The table of figures: what a change costs and needs."""

from collections.abc import Iterator, Sequence

from infra.cli.diff.money import uncounted_before
from infra.cli.diff.values import signed
from infra.cli.document.marked import said
from infra.diff import figures
from infra.diff.counted import unpriced
from infra.diff.difference import Difference
from infra.diff.side_by_side import raises
from infra.plan.words import bills, number
from infra.sides.types import Change


def figures_table(difference: Difference) -> Iterator[tuple[str, str, str, str]]:
    """What it costs and needs: now, after, change. The bill always, the rest where it changes."""
    old, new = difference.old, difference.new
    yield from _bills(difference)
    yield from _budget(difference)
    if peak := figures.gpus_at_peak(old, new):
        yield _row("GPUs at peak, rollout included", peak)
    yield from _quotas(difference)


def _bills(difference: Difference) -> Iterator[tuple[str, str, str, str]]:
    """One row for those that print the same."""
    found = {word: difference.cost[key] for key, word in figures.BILLS.items() if key in difference.cost}
    rows = {word: _bill(change, difference) for word, change in found.items() if change.old or change.new}
    yield from ((f"$ per month, {word}" if word else "$ per month", *amounts) for word, amounts in bills(rows))


def _bill(change: Change, difference: Difference) -> tuple[str, str, str]:
    """Of nodes that have a price on one side alone, or are gone without one, the other side's bill isn't known."""
    before, after = (*difference.counted.from_now, *uncounted_before(difference)), difference.counted.no_longer
    old, new, amount = _row("", change)[1:]
    return _at_least(old, before), _at_least(new, after), "" if before or after else amount


def _at_least(amount: str, without_price: Sequence[str]) -> str:
    if not without_price:
        return amount
    return "not known" if amount == "0" else f"at least {amount}"


def _budget(difference: Difference) -> Iterator[tuple[str, str, str, str]]:
    before, after = figures.budget(difference.old), figures.budget(difference.new)
    if after is None:
        if before is not None and difference.new.exists:
            yield f"budget ({figures.BILLS[before.of]})", number(before.usd_per_month), "none", ""
        return
    was, now = number(before.usd_per_month) if before else "none", number(after.usd_per_month)
    left = f"{number(after.over)} over" if after.over > 0 else f"{number(-after.over)} left"
    if after.over <= 0 and unpriced(difference.new):
        left = "not known"
    if before and before.of != after.of:
        yield "budget", f"{was} ({figures.BILLS[before.of]})", f"{now} ({figures.BILLS[after.of]})", left
    else:
        yield f"budget ({figures.BILLS[after.of]})", was, now, left


def _quotas(difference: Difference) -> Iterator[tuple[str, str, str, str]]:
    """By code: the names would leave the figures no room; they are among the to-dos. Old nodes that count are in
    the new ones' region."""
    old, new = difference.old, difference.new
    raised = raises(old, new, difference.resources)
    changed = figures.quotas(old, new)
    before = figures.quotas_of(old)
    for quota in sorted({*changed, *raised}):
        if quota in raised:
            was = None if before is None else before.get(quota, 0)
            yield _row(f"{quota.unit} of {said(quota.code)} with old nodes", Change(was, raised[quota].needed))
        else:
            yield _row(f"{quota.unit} of quota {said(f'{quota.code}, {quota.region}')}", changed[quota])


def _row(name: str, change: Change) -> tuple[str, str, str, str]:
    if change.old is None:
        return name, "not known", number(change.new), ""
    return name, number(change.old), number(change.new), signed(round(change.new) - round(change.old))
