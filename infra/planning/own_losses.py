"""What the loss of one existing node does to each model, also in the hours of schedules: their replicas then hold GPUs
that are free at other times."""

from collections.abc import Iterator, Mapping, Sequence

from infra.clouds.existing.own_nodes import Wanted, grow, losses, worse
from infra.plan.pools import Loss, OwnNode
from infra.plan.schedule import WEEK, Schedule
from infra.services.serving.placed import Placed
from infra.services.serving.schedule import windows_of


def losses_of_week(nodes: Sequence[OwnNode], running: Sequence[Placed]) -> tuple[dict[str, Loss], tuple[str, ...]]:
    """By model, and the models that lose more in hours of a schedule than at the minimum of replicas. `nodes`: with the
    minimum of replicas."""
    gpus = {each.served.name: each.gpus for each in running}
    worst, in_hours = losses(nodes, gpus), set[str]()
    for more in _further(running):
        there = grow(nodes, [Wanted(name, gpus[name], number) for name, number in more.items()])
        for name, loss in losses(there, gpus).items() if there is not None else ():
            if name not in worst or worse(loss, worst[name]):
                worst[name] = loss
                in_hours.add(name)
    return dict(sorted(worst.items())), tuple(sorted(in_hours))


def _further(running: Sequence[Placed]) -> Iterator[Mapping[str, int]]:
    """For each time at which a window begins, the replicas that each model then has beyond its minimum."""
    low = {each.served.name: each.served.replicas.min for each in running}
    weeks = {each.served.name: _week(each) for each in running}
    windows = [window for week in weeks.values() for window in week.windows]
    begins = sorted({(start - window.offset) % WEEK for window in windows for start, _ in window.spans})
    found = [{name: week.min_at(at, low[name]) - low[name] for name, week in weeks.items()} for at in begins]
    yield from {repr(each): each for each in found}.values()


def _week(placed: Placed) -> Schedule:
    """The windows alone: how long before them replicas start isn't known yet."""
    return Schedule(windows_of(placed.served.settings, placed.served.asked), 0, 0, ())
