"""The bill in the first line and below the figures: how it changes, and whether that is from what runs."""

from collections.abc import Iterator, Mapping

from infra.cli.diff.values import names
from infra.diff import figures
from infra.diff.counted import unpriced
from infra.diff.difference import Difference
from infra.plan.money import rise
from infra.plan.rules import Rule
from infra.plan.words import bills, bills_said, memory, usd, who_prices
from infra.sides.types import Change, Changes

_ALWAYS = ("expected", "maximum")  # of the title, unless all bills are the same
_SAME = "the same"


def money(difference: Difference, by_program: Changes) -> str:
    """The expected bill and the maximum; of a stack that stays, how they change. `by_program`: what the program's own
    prices and facts change."""
    found = _found(difference.cost)
    if not difference.old.exists:
        return f"a new stack: {_said({word: usd(change.new) for word, change in found.items()})}{_over(difference)}"
    changes = {word: rise(change.old, change.new) for word, change in found.items()}
    if not difference.new.exists:
        return f"the stack is gone: {_said(_signed(changes))}{_over(difference)}"
    if pools := uncounted_before(difference):
        after = _said({word: usd(change.new) for word, change in found.items()})
        whose = f"the nodes of {names(pools)} had no price"
        return f"{after} (how it changes isn't known: {whose}){_over(difference)}"
    if difference.counted.no_longer:
        return f"{_not_known(difference)}{_over(difference)}"
    if not any(changes.values()):
        bill = "the bill stays" if any(change.new for change in found.values()) else _none(difference)
        return f"{bill}{_alike(difference)}{_over(difference)}"
    return f"{_changed(changes)}{_from_what(difference, changes, by_program)}{_over(difference)}"


def uncounted_before(difference: Difference) -> list[str]:
    """Pools of nodes without a price that are gone: what they cost is in no bill, so no difference is one."""
    if not any(change.new for change in difference.cost.values()):
        return []
    return [name for name in unpriced(difference.old) if name not in _existing(difference)]


def _existing(difference: Difference) -> set[str]:
    pools = difference.new.platform.get("gpuPools") or {}
    return {name for name, pool in pools.items() if "existing" in (pool or {})}


def _none(difference: Difference) -> str:
    pools = unpriced(difference.new)
    return f"no bill ({names(pools)} {'has' if len(pools) == 1 else 'have'} no price)" if pools else "no bill"


def _found(cost: Changes) -> dict[str, Change]:
    return {word: cost[key] for key, word in figures.BILLS.items() if key in cost}


def _said(printed: Mapping[str, str]) -> str:
    if len(bills(printed)) > 1:
        printed = {word: printed[word] for word in _ALWAYS if word in printed}
    return bills_said(printed)


def _changed(changes: Mapping[str, int]) -> str:
    """The minimum only where the expected bill doesn't show that it changes. A bill that stays comes last."""
    if len({*changes.values()}) > 1 and (changes.get("expected") != 0 or not changes.get("minimum")):
        changes = {word: amount for word, amount in changes.items() if word in _ALWAYS}
    same = [word for word, amount in changes.items() if not amount]
    moved = {word: amount for word, amount in changes.items() if amount}
    return "; ".join((bills_said(_signed(moved)), *(f"{word} {_SAME}" for word in same)))


def _signed(changes: Mapping[str, int]) -> dict[str, str]:
    return {word: f"{'-' if amount < 0 else '+'}{usd(abs(amount))}" for word, amount in changes.items()}


def _not_known(difference: Difference) -> str:
    pools = difference.counted.no_longer
    text = f"the bill isn't known any more: the nodes of {names(pools)} stay and have no price"
    runs = _of_what_runs(difference)
    return f"{text}; what runs changes it by {bills_said(_signed(runs))}" if any(runs.values()) else text


def _of_what_runs(difference: Difference) -> dict[str, int]:
    """At the prices of the base."""
    by_prices, found = difference.counted.by_prices or {}, difference.cost.items()
    amounts = {key: rise(each.old, each.new) - by_prices.get(key, 0) for key, each in found}
    return {word: amounts[key] for key, word in figures.BILLS.items() if key in amounts}


def _from_what(difference: Difference, changes: Mapping[str, int], by_program: Changes) -> str:
    """What of the change isn't from what runs."""
    causes = (*_from_settings(difference), *_from_program(changes, by_program), *_from_region(difference))
    return "".join(f", {each}" for each in causes)


def _from_settings(difference: Difference) -> Iterator[str]:
    counted = difference.counted
    if counted.by_prices is None:
        yield f"partly from other prices ({names(counted.settings)})"
    elif not any(counted.by_prices.values()):
        return
    elif counted.from_now:
        yield f"{_part(difference)}from counting the nodes of {names(counted.from_now)}, which had no price"
    else:
        yield f"{_part(difference)}from other prices"


def _part(difference: Difference) -> str:
    """Blank where all of it is from prices."""
    by_prices = difference.counted.by_prices or {}
    return f"of it {_maximum(by_prices[figures.MAX])} " if any(_of_what_runs(difference).values()) else ""


def _from_program(changes: Mapping[str, int], by_program: Changes) -> Iterator[str]:
    program = {word: rise(change.old, change.new) for word, change in _found(by_program).items()}
    if program == changes:
        yield "from the program's own prices and facts"
    elif any(program.values()):
        yield f"of it {_maximum(program['maximum'])} from the program's own prices and facts"


def _maximum(amount: int) -> str:
    return f"{_signed({'': amount})['']} of the maximum"


def _from_region(difference: Difference) -> Iterator[str]:
    region = difference.counted.region
    if region and region.old and region.new:
        yield f"at the prices of {region.new}, was {region.old}"


def _alike(difference: Difference) -> str:
    """Why the bill of another capacity is the same."""
    pools = figures.priced_alike(difference.old, difference.new)
    return f" (your own price of {names(pools)} stands for spot and on demand)" if pools else ""


def _over(difference: Difference) -> str:
    """After the maximum, which is what a budget is compared with unless it says otherwise."""
    if not any(violation["rule"] == Rule.BUDGET for violation in difference.broken):
        return ""
    budget = figures.budget(difference.new)
    if budget is None or budget.over < 1:
        return ", over budget"
    of = "" if budget.of == figures.MAX else f" (of the {figures.BILLS[budget.of]} bill)"
    return f", {usd(budget.over)} over budget{of}"


def figures_note(difference: Difference) -> str:
    """What the figures leave out, and what of them isn't from what runs."""
    notes = (_of_prices, _of_alike, _left_out, _of_old_weights)
    return "; ".join(said for note in notes for said in note(difference))


def _of_prices(difference: Difference) -> Iterator[str]:
    counted, runs = difference.counted, _of_what_runs(difference)
    one_sided = counted.no_longer or counted.from_now
    if not counted.by_prices or not any(counted.by_prices.values()) or (one_sided and not any(runs.values())):
        return
    amounts = {word: counted.by_prices[key] for key, word in figures.BILLS.items() if key in counted.by_prices}
    rest = _changed(runs) if any(runs.values()) else "nothing"
    yield f"from {names(counted.settings)} alone: {_changed(amounts)}; from what runs: {rest}"


def _of_alike(difference: Difference) -> Iterator[str]:
    if pools := figures.priced_alike(difference.old, difference.new):
        yield (
            f"{names(pools)}: your own price stands for spot and on demand, so these figures don't show what the"
            " change of capacity costs"
        )


def _left_out(difference: Difference) -> Iterator[str]:
    if pools := uncounted_before(difference):
        yield f"now: without the nodes of {names(pools)}, which have no price, so the change of $ isn't what it saves"
    if pools := unpriced(difference.new):
        yield f"not counted: the nodes of {names(pools)}, which have no price; {who_prices(pools)}"


def _of_old_weights(difference: Difference) -> Iterator[str]:
    old = difference.old_weights
    if old is not None:
        usd_is = "" if old.usd_per_month is None else f", for ${old.usd_per_month:,.2f} per month beside this bill,"
        yield (
            f"old weights stay: {memory(old.gib)} of {names([*old.folders])}{usd_is} until somebody removes them"
            " (docs/platform/models.md, Space in the cache)"
        )
