"""Whose the namespaces of the add-ons are: the stack's own, Helm's for an earlier release of it, or somebody else's;
and which namespaces of clients aren't there yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.live.check import NAMESPACE
from infra.live.cluster import ReachedCluster
from infra.live.releases import TYPE as RELEASE
from infra.live.releases import Release, find_release
from infra.live.state import State
from infra.plan.cluster import AddonPlan
from infra.plan.plan import Plan

SECRET = "kubernetes:core/v1:Secret"
_SYSTEM = "kube-system"
_INSTALL = timedelta(minutes=1)  # Helm makes a namespace and then, at once, its record of the release


@dataclass(frozen=True)
class Namespaces:
    adopted: frozenset[str] = frozenset()  # made by Helm for a release of this stack
    of_others: frozenset[str] = frozenset()  # used, and never deleted
    missing: frozenset[str] = frozenset()  # of clients; their teams make them


def read_namespaces(plan: Plan, state: State, cluster: ReachedCluster) -> Namespaces:
    """Namespaces that don't exist yet are in neither set. Raises NotRead."""
    adopted, of_others = set[str](), set[str]()
    for addon in _not_held(plan, state):
        there = cluster.get("namespace", addon.namespace)
        if there is None:
            continue
        held = state.holds(RELEASE, addon.chart, addon.namespace)
        release = find_release(cluster, addon.chart, addon.namespace) if held else None
        (adopted if release and _made_for(there, release) else of_others).add(addon.namespace)
    missing = {each for each in _of_clients(plan) if cluster.get("namespace", each) is None}
    return Namespaces(frozenset(adopted), frozenset(of_others), frozenset(missing))


def unread_namespaces(plan: Plan, state: State) -> Namespaces:
    """If the cluster can't be read: a namespace with a release or a Secret of the stack exists, whoever made it."""
    held = (each for each in _not_held(plan, state) if state.holds(RELEASE, each.chart, each.namespace))
    with_secret = {each.namespace for each in state.of(SECRET)}
    return Namespaces(
        of_others=frozenset(each.namespace for each in held), missing=frozenset(_of_clients(plan) - with_secret)
    )


def _of_clients(plan: Plan) -> set[str]:
    """In which the program puts a Secret."""
    namespaces = {each.namespace for each in plan.traffic.clients.values() if each.namespace is not None}
    return namespaces if plan.cluster.made else set()


def _not_held(plan: Plan, state: State) -> Iterator[AddonPlan]:
    for addon in plan.addons.values():
        if addon.state == "install" and addon.namespace != _SYSTEM and not state.holds(NAMESPACE, addon.namespace):
            yield addon


def _made_for(namespace: dict[str, Any], release: Release) -> bool:
    """Helm labels a namespace that it makes with its name, just before its release's first record."""
    metadata = namespace["metadata"]
    made = datetime.fromisoformat(metadata["creationTimestamp"])
    installed = datetime.fromisoformat(release.first_deployed)
    labelled = (metadata.get("labels") or {}).get("name") == metadata["name"]
    return labelled and timedelta() <= installed - made.replace(microsecond=0) < _INSTALL
