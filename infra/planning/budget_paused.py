"""A stack whose models are all paused, above its budget: it keeps to it with a smaller platform, or by another bill."""

from collections.abc import Iterator

from infra.plan.notes import Advice, Write
from infra.planning.budget_search import Search

# While nothing runs the expected bill is what is paid, and after the pause it still is what the budget guards.
_EXPECTED: Write = (("budget.of", "expected"),)


def while_paused(search: Search) -> Iterator[Advice]:
    """The smallest change of the platform that is enough, with the budget as it is; else with a budget of the expected
    bill. Nothing where a model runs."""
    bills = ((), _EXPECTED) if search.budget.of == "max" else ((),)
    writes = ((*bill, *write) for bill in bills for write in _smaller(search)) if _is_paused(search) else ()
    yield from search.first(filter(None, writes))


def as_large_as_needed(search: Search) -> Iterator[Advice]:
    """A budget that is enough for all that would cost less while nothing runs; of the expected bill where it is of the
    maximum, which is that of a stack that runs."""
    if _is_paused(search):
        *_, smallest = _smaller(search)
        bill = _EXPECTED if search.budget.of == "max" else ()
        near = search.with_enough((*bill, *smallest)) if (*bill, *smallest) else None
        yield from [near] if near is not None else []


def _is_paused(search: Search) -> bool:
    return all(model.paused for model in search.plan.models.values())


def _smaller(search: Search) -> Iterator[Write]:
    """Nothing, then one change more each time, the largest saving first. The cache stays, with the weights in it."""
    write: Write = ()
    yield write
    for way in search.plan.while_paused:
        if not any(path.startswith("cache.") for path, _ in way.write):
            write = (*write, *way.write)
            yield write
