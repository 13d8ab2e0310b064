"""Models that are away for a while, and those that have no nodes outside some times: for the first line."""

from collections.abc import Iterator, Sequence

from infra.cli.diff.values import named
from infra.cli.document.marked import code
from infra.diff.difference import Difference
from infra.diff.traffic import Notice
from infra.diff.windows import at, closed_until, loses_times, windows_of
from infra.diff.windows import said as said_windows
from infra.plan.alike import alike


def away(difference: Difference, gaps: Sequence[Notice]) -> Iterator[str]:
    paused = [each.model for each in gaps if difference.new.endpoint(each.model).get("paused")]
    if paused:
        yield f"{named(paused)} {'is' if len(paused) == 1 else 'are'} paused"
    alone = [each.model for each in gaps if each.answered_by is None and each.model not in paused]
    for begins, models in alike((model, closed_until(model, difference.new)) for model in alone).items():
        yield f"{named(models)} down {f'until {at(begins)} UTC' if begins else 'for a while'}"
    elsewhere = alike((each.model, each.answered_by) for each in gaps if each.answered_by is not None)
    yield from (f"for a while {code(who)} answers for {named(models)}" for who, models in elsewhere.items())
    yield from without_nodes(difference)


def without_nodes(difference: Difference) -> Iterator[str]:
    """Of models that have nodes at fewer or at other times."""
    old, new = difference.old, difference.new
    both = sorted(old.models.keys() & new.models.keys())
    less = ((name, windows_of(name, new)) for name in both if loses_times(name, old, new))
    for windows, models in alike(less).items():
        yield f"no node for {named(models)} outside {said_windows(windows)}"
