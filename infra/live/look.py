"""What `up` and `preview` look at before they make anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.live import check
from infra.live.check import Obstacle
from infra.live.check_nodes import node_software
from infra.live.cluster import ReachedCluster, reach
from infra.live.commands import NotRead
from infra.live.namespaces import Namespaces, read_namespaces, unread_namespaces
from infra.live.own_nodes import own_nodes
from infra.live.state import State, read_state
from infra.plan.plan import Plan

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud

# By what isn't known where one of them can't be read.
_IN_THE_CLUSTER: Mapping[str, Callable[[Plan, State, ReachedCluster], Iterator[Obstacle]]] = {
    "whether the namespace is there": check.namespace,
    "whether there is a storage class": check.storage_class,
    "whether nodes can mount what keeps the weights": check.driver,
    "whether the nodes that exist offer what pods ask for": own_nodes,
    "whether add-ons are installed already": check.releases,
    "who adds nodes and shows their GPUs": node_software,
    "whether the volume of the weights is free": check.volumes,
    "whether pods are measured": check.metrics,
    "whether the cluster knows the kinds that no chart of the plan brings": check.definitions,
}


@dataclass(frozen=True)
class NotChecked:
    """`what` isn't known, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass
class There:
    """What stands in the way, what couldn't be read, and whose namespaces the add-ons get."""

    obstacles: list[Obstacle] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    namespaces: Namespaces = field(default_factory=Namespaces)
    state: State = field(default_factory=State)

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """One check; if it can't be made, the other checks go on."""
        try:
            yield
        except NotRead as error:
            self.not_checked.append(NotChecked(what, str(error)))


def look(plan: Plan, cloud: Cloud, stack: str) -> There:
    """`stack` as the Pulumi CLI names it."""
    there = There()
    with there.reading("whether the cluster can be reached"):
        there.obstacles += cloud.unreachable(plan)
    with there.reading("what the stack has, and what an earlier one left"):
        there.state = read_state(stack)
        _look_beside(there, plan, cloud, there.state)
    return there


def _look_beside(there: There, plan: Plan, cloud: Cloud, state: State) -> None:
    there.namespaces = unread_namespaces(plan, state)
    for what, find in (("whether an earlier `up` was cut off", check.cut_off), *cloud.looks.items()):
        with there.reading(what):
            there.obstacles += find(plan, state)
    if not there.obstacles:  # else it would be said twice
        with there.reading("what is in the cluster"), reach(plan.cluster, cloud, state) as cluster:
            if cluster is not None:
                _look_inside(there, plan, state, cluster)


def _look_inside(there: There, plan: Plan, state: State, cluster: ReachedCluster) -> None:
    for what, find in _IN_THE_CLUSTER.items():
        with there.reading(what):
            there.obstacles += find(plan, state, cluster)
    with there.reading("whose the namespaces of add-ons are, and whether those of clients are there"):
        there.namespaces = read_namespaces(plan, state, cluster)
