"""What `up` and `preview` look at before they make anything."""

from dataclasses import dataclass, field

from infra.live.check import Obstacle, in_the_cluster, known_context, without_cluster
from infra.live.cluster import reach
from infra.live.commands import NotRead
from infra.live.namespaces import Namespaces, addon_namespaces, unread_namespaces
from infra.live.state import State, read_state
from infra.planning.plan import Plan


@dataclass
class There:
    """What stands in the way, what couldn't be read, and whose namespaces the add-ons get."""

    obstacles: list[Obstacle] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    namespaces: Namespaces = field(default_factory=Namespaces)


def look(plan: Plan, stack: str) -> There:
    """`stack` as the Pulumi CLI names it."""
    there = There()
    state = State()
    try:
        there.obstacles += known_context(plan)
        state = read_state(stack)
        there.namespaces = unread_namespaces(plan, state)
        there.obstacles += without_cluster(plan, state)
    except NotRead as error:
        there.not_read.append(error)
    else:
        _look_at_cluster(there, plan, state)
    return there


def _look_at_cluster(there: There, plan: Plan, state: State) -> None:
    """Not where something stands in the way already: it would be told twice."""
    if there.obstacles:
        return
    try:
        with reach(plan.cluster, state) as cluster:
            if cluster is not None:
                there.obstacles += in_the_cluster(plan, state, cluster)
                there.namespaces = addon_namespaces(plan, state, cluster)
    except NotRead as error:
        there.not_read.append(error)
