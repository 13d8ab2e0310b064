"""Whose the namespaces of the add-ons are: the stack's own, Helm's for an earlier release of it, or somebody else's."""

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

_SYSTEM = "kube-system"
_INSTALL = timedelta(minutes=1)  # Helm makes a namespace and then, at once, its record of the release


@dataclass(frozen=True)
class Namespaces:
    adopted: frozenset[str] = frozenset()  # made by Helm for a release of this stack
    of_others: frozenset[str] = frozenset()  # used, and never deleted


def addon_namespaces(plan: Plan, state: State, cluster: ReachedCluster) -> Namespaces:
    """Namespaces that don't exist yet are in neither set. Raises NotRead."""
    adopted, of_others = set[str](), set[str]()
    for addon in _not_held(plan, state):
        there = cluster.get("namespace", addon.namespace)
        if there is None:
            continue
        held = state.holds(RELEASE, addon.chart, addon.namespace)
        release = find_release(cluster, addon.chart, addon.namespace) if held else None
        (adopted if release and _made_for(there, release) else of_others).add(addon.namespace)
    return Namespaces(frozenset(adopted), frozenset(of_others))


def unread_namespaces(plan: Plan, state: State) -> Namespaces:
    """If the cluster can't be read: a namespace with a release of the stack exists, whoever made it."""
    held = (each for each in _not_held(plan, state) if state.holds(RELEASE, each.chart, each.namespace))
    return Namespaces(of_others=frozenset(each.namespace for each in held))


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
