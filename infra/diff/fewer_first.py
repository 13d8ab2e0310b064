"""How a change is made whose new pods find no node beside pods that stay: with fewer replicas of others until they are
there."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from infra.clouds.existing.own_nodes import Wanted, blocked, fewer, old_pods_left
from infra.diff.beside import listed
from infra.diff.figures import rollout
from infra.diff.interim import at, plan_of
from infra.diff.no_node import doubted
from infra.diff.pods import Wait, gpus_of, place
from infra.diff.replacements import forces
from infra.diff.resources import compare_resources
from infra.diff.settings import settings_changed
from infra.diff.versions import coming
from infra.diff.waiting import waits, with_rollouts
from infra.plan.alike import parts
from infra.plan.models import ReplicasPlan
from infra.plan.plan import Plan
from infra.plan.words import count
from infra.plan.writes import replicas_at_most, written
from infra.planning.own_pools import NO_FREE_NODE
from infra.sides.types import Side


def fewer_first(old: Side, new: Side, waiting: Mapping[str, Wait]) -> Iterator[str]:
    """A sentence for each pool on which models find no node; none where no number of replicas makes it certain that
    they do, and that the others find room again."""
    beside = {name: wait.pool for name, wait in waiting.items() if wait.beside}
    for pool in sorted({*beside.values()}):
        names = [name for name, where in beside.items() if where == pool]
        found = _Change(old, new, pool, names)
        change = next((each for each in found.changes() if each and found.is_enough(each, waiting)), None)
        if change:
            yield _said(names, change, new)


@dataclass(frozen=True)
class _Change:
    old: Side
    new: Side
    pool: str
    names: Sequence[str]  # models that find no node

    def changes(self) -> list[dict[str, int]]:
        """Numbers of replicas of others with which each finds one, wherever Kubernetes leaves their pods."""
        here = [name for name in sorted(self.new.models) if place(self.new, name) == self.pool]
        wanted = [Wanted(name, gpus_of(self.new, name), self.new.models[name]["replicas"]["max"]) for name in here]
        lowered = {name: self.new.models[name]["replicas"]["min"] for name in here if self._may_have_fewer(name)}
        return fewer(wanted, lowered, lambda those: all(self._finds_one(name, those) for name in self.names))

    def _may_have_fewer(self, name: str) -> bool:
        """Whether it surely finds a node again afterwards."""
        plain = name in (self.new.platform.get("models") or {}) and coming(self.new, name) is None
        return plain and name not in self.names and name not in doubted(self.new)

    def _finds_one(self, name: str, wanted: Sequence[Wanted]) -> bool:
        """Each of its new pods, beside its old ones that are left by then."""
        there, others = self.new.pools[self.pool], [each for each in wanted if each.name != name]
        own = next(each for each in wanted if each.name == name)
        was = self.old.models[name]["replicas"]["max"] if place(self.old, name) == self.pool else 0
        for started in range(own.replicas):
            left = old_pods_left(was, own.replicas, rollout(self.new, name)[1], started)
            old = [Wanted(f"old {name}", gpus_of(self.old, name), left)] if left else []
            beside = [*others, *old, replace(own, replicas=started + 1)]
            if name in blocked(beside, there["max"], there["gpus_per_node"]):
                return False
        return True

    def is_enough(self, change: Mapping[str, int], waiting: Mapping[str, Wait]) -> bool:
        """Whether the plan with it says so, and nothing more waits."""
        then = plan_of(self.new, _written(change, self.new))
        if then is None or then.violations:
            return False
        doubt = {parts(each.path)[1] for each in then.warnings if each.kind == NO_FREE_NODE}
        side = self._planned(then, change)
        settings = settings_changed(self.old, self.new)
        found = waits(self.old, side, compare_resources(self.old.resources, side.resources, forces, settings))
        return doubt.isdisjoint(self.names) and all(each in waiting and not found[each].beside for each in found)

    def _planned(self, then: Plan, change: Mapping[str, int]) -> Side:
        """The new side with those replicas, and the rollouts that the plan has with them."""
        models = {name: _with(model, change.get(name)) for name, model in self.new.models.items()}
        rollouts = {name: (each.rollout.max_surge, each.rollout.max_unavailable) for name, each in then.models.items()}
        return with_rollouts(replace(self.new, plan={**self.new.plan, "models": models}), rollouts)


def _with(model: Mapping[str, Any], number: int | None) -> dict[str, Any]:
    """A model of a plan with that number of replicas at most."""
    now = model["replicas"]
    return {**model, "replicas": now if number is None else {"min": min(now["min"], number), "max": number}}


def _written(change: Mapping[str, int], new: Side) -> dict[str, Any]:
    """The platform section with it."""
    platform: dict[str, Any] = json.loads(json.dumps(new.platform))
    for name, number in change.items():
        path, value = _write(name, number, new)
        section, _, key = path.rpartition(".")
        at(platform, section)[key] = value
    return platform


def _write(name: str, number: int, new: Side) -> tuple[str, Any]:
    now = new.models[name]["replicas"]
    return replicas_at_most(f"models.{name}", ReplicasPlan(now["min"], now["max"]), number)


def _said(names: Sequence[str], change: Mapping[str, int], new: Side) -> str:
    writes = " and ".join(f"`{written((_write(name, number, new),))}`" for name, number in change.items())
    until = " and ".join(_until_then(name, number, new) for name, number in change.items())
    return (
        f"{listed(names)} {'finds' if len(names) == 1 else 'find'} no node where the pods of others stay: with this"
        f" change write {writes}, with which nodes are free wherever those pods are, and take that back in a second"
        f" change; until then {until}."
    )


def _until_then(name: str, number: int, new: Side) -> str:
    if not number:
        return f"no pod of `{name}` runs"
    return f"`{name}` has {number} of {count(new.models[name]['replicas']['max'], 'replica')}"
