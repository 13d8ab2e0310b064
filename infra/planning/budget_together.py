"""Several changes that keep to the budget together, where none is enough alone."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from infra.plan.notes import Advice, Write
from infra.plan.plan import Plan
from infra.planning.budget_search import Search

MIN_PART = 0.1  # of the saving that is needed: a change that saves less is no part of a way
MIN_SHARE = 0.02  # of the bill: the same, where nothing is enough
MAX_PARTS = 6

More = Callable[[Plan], Iterable[Write]]  # parts that a plan has room for
Worth = Callable[[float], float]  # the smallest saving of a part, by the bill without it


def together(search: Search, parts: Iterable[Write], more: More = lambda _: ()) -> Advice | None:
    """As many of the parts as are needed, with as many replicas as the budget allows. None: they aren't enough."""
    chosen = _chosen(search, parts, more, lambda usd: MIN_PART * (usd - search.budget.usd_per_month))
    if not chosen or not _keeps(search, search.sound_total(_joined(chosen))):
        return None
    chosen = _needed(search, chosen)
    return search.advice(_with_more_replicas(search, _joined(chosen))) or search.advice(_joined(chosen))


def all_together(search: Search, parts: Sequence[Write]) -> Advice | None:
    """The first of the parts, as many as are needed, with the replicas of the last one that the budget allows. That
    takes few plans, whatever their number. None: all of them aren't enough."""

    def usd(number: int) -> float:
        return -search.total(_agreed(parts[:number]))  # a bisection wants rising figures

    limit = -search.budget.usd_per_month
    if not parts or usd(len(parts)) < limit:
        return None
    needed = parts[: bisect_left(range(len(parts)), limit, key=usd)]
    rest, (*_, (path, value)) = _agreed(needed), needed[-1]
    more = _raised(search, rest, path, value) if ".replicas" in path else rest
    return search.advice(more) or search.advice(rest)


def _agreed(parts: Iterable[Write]) -> Write:
    found: Write = ()
    for part in parts:
        found = _joined([found, part]) if _agree(part, found) else found
    return found


def as_near_as_it_gets(
    search: Search, parts: Iterable[Write], more: More, wholes: Iterable[Sequence[Write]]
) -> Advice | None:
    """The parts that save the largest amount together, or all of one of the `wholes`; with a budget that is enough,
    where they aren't. None: they save little."""
    found = [_joined(_chosen(search, parts, more, lambda usd: MIN_SHARE * usd)), *map(_agreed, wholes)]
    chosen = min(filter(None, found), key=search.sound_total, default=())
    usd = search.sound_total(chosen) if chosen else search.lowest
    if search.lowest - usd <= MIN_PART * (search.lowest - search.budget.usd_per_month):
        return None
    return search.advice(chosen) or search.with_enough(chosen)


def _chosen(search: Search, parts: Iterable[Write], more: More, worth: Worth) -> list[Write]:
    """Of the parts, then of what there is `more` once they are written."""
    chosen = _added(search, [], sorted(parts, key=search.sound_total), worth)
    then = search.planned(_joined(chosen))
    return _added(search, chosen, more(then), worth) if then is not None else chosen


def _added(search: Search, chosen: list[Write], parts: Iterable[Write], worth: Worth) -> list[Write]:
    """The chosen ones and further parts, in the order given, until they are enough; each breaks no other rule and saves
    more than a change of that bill is `worth`."""
    usd = search.sound_total(_joined(chosen)) if chosen else search.lowest
    for part in parts:
        if _keeps(search, usd):
            break
        if len(chosen) < MAX_PARTS and _agree(part, _joined(chosen)):
            then = search.sound_total(_joined([*chosen, part]))
            if usd - then > worth(usd):
                chosen, usd = [*chosen, part], then
    return chosen


def _needed(search: Search, chosen: Sequence[Write]) -> Sequence[Write]:
    for part in chosen:
        others = [each for each in chosen if each is not part]
        if others and _keeps(search, search.sound_total(_joined(others))):
            chosen = others
    return chosen


def _with_more_replicas(search: Search, write: Write) -> Write:
    """The change that with the smallest saving gives replicas back first."""
    for path, value in reversed(write):
        if ".replicas" in path:
            write = _raised(search, write, path, value)
    return write


def _raised(search: Search, write: Write, path: str, number: int) -> Write:
    """With the largest number of replicas with which the bill keeps to the budget."""

    def change(number: int) -> Write:
        return _joined([write, ((path, number),)])

    model = next(each for each in search.plan.models.values() if path.startswith(f"{each.path}.replicas"))
    given = model.replicas.min if path.endswith(".min") else model.replicas.max
    return change(search.largest(number, given - 1, change) or number)


def _keeps(search: Search, usd: float) -> bool:
    return usd <= search.budget.usd_per_month


def _joined(parts: Iterable[Write]) -> Write:
    return tuple({path: value for part in parts for path, value in part}.items())


def _agree(one: Write, other: Write) -> bool:
    written = dict(other)
    return all(written.get(path, value) == value for path, value in one)
