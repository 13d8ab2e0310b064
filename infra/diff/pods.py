"""The pods that there are while `pulumi up` runs, and which of the new ones wait for GPUs that old ones hold."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from infra.clouds.existing.own_nodes import Rolling, Wanted, old_pods_left, pack
from infra.diff.figures import deployment_of, rollout
from infra.diff.nodes import node_group
from infra.diff.replicas import is_scaled
from infra.sides.types import ResourceChanges, Side, name_of, pool_of


@dataclass(frozen=True)
class Wait:
    """What a model's new pod waits for."""

    pool: str
    holders: tuple[str, ...]  # models whose old pods hold the GPUs; the model itself where its own do
    certain: bool  # False: only while replicas run beyond the minimum, or a model that sleeps is awake
    answers: bool  # meanwhile, by its old pods
    beside: tuple[str, ...] = ()  # models whose pods stay: where the base's plan has those, it finds no node

    @property
    def in_vain(self) -> bool:
        """At the minimum of replicas."""
        return self.certain or bool(self.beside)


@dataclass(frozen=True)
class Pods:
    """The pods that there are while `pulumi up` runs."""

    old: Side
    new: Side
    resources: ResourceChanges
    at_maximum: bool  # with the maximum of replicas

    def waits(self) -> dict[str, Wait]:
        own = self._on_their_own()
        stuck = {*self._moving(), *own}
        while (left := own | {name for name in stuck if self._is_short(place(self.new, name), stuck)}) != stuck:
            stuck = left
        found = {name: self.wait(name, str(place(self.new, name)), (name,)) for name in own}
        for pool in sorted(self.new.pools.keys() & self.old.pools.keys() - self.replaced()):
            holders = tuple(self._holders(pool, stuck))
            if holders and self._is_short(pool, stuck):
                found |= {name: self.wait(name, pool, holders) for name in self.need(pool) if name not in holders}
        return found

    def wait(self, name: str, pool: str, holders: tuple[str, ...]) -> Wait:
        was = place(self.old, name)
        kept = was != pool or self._surges(name) or self._held(name) > 0
        return Wait(pool, holders, not self.at_maximum, was is not None and kept)

    def _on_their_own(self) -> set[str]:
        """Models whose old pods hold the GPUs of the new ones; a model may so hold GPUs for which another waits."""
        own = {name for name in self._staying() if self.restarts(name)}
        while (left := {name for name in own if self._is_in_its_own_way(name, own)}) != own:
            own = left
        return own

    def _staying(self) -> Iterator[str]:
        """On the same nodes as before."""
        for name in sorted(self.old.models.keys() & self.new.models.keys()):
            pool = place(self.new, name)
            if pool is None or pool != place(self.old, name) or pool in self.replaced():
                continue
            if nodes_of(self.old, pool) == nodes_of(self.new, pool):
                yield name

    def _is_in_its_own_way(self, name: str, stuck: Collection[str]) -> bool:
        where = place(self.new, name)
        beside = [each for each in self._staying() if each != name and place(self.new, each) == where]
        old = Wanted(f"old {name}", gpus_of(self.old, name), self.replicas(self.old, name))
        new = Wanted(name, gpus_of(self.new, name), self._in_rollout(name))
        rolling, pool = Rolling(old, new, [self._beside(each, stuck) for each in beside]), self.new.pools[str(where)]
        return rolling.is_in_its_own_way(rollout(self.new, name)[1], pool["max"], pool["gpus_per_node"])

    def _beside(self, name: str, stuck: Collection[str]) -> Wanted:
        """What a model that stays surely holds."""
        if name in stuck:
            return Wanted(f"old {name}", gpus_of(self.old, name), self._held(name))
        return Wanted(name, gpus_of(self.new, name), min(self.replicas(self.old, name), self._after(name)))

    def replaced(self) -> set[str]:
        """Pools with new nodes beside the old ones."""
        return {pool_of(name_of(urn)) for urn in self.resources.replaced if node_group(urn)}

    def _moving(self) -> Iterator[str]:
        for name in self.old.models.keys() & self.new.models.keys():
            was, now = place(self.old, name), place(self.new, name)
            if was and now and was != now:
                yield name

    def _holders(self, pool: str, stuck: Collection[str]) -> Iterator[str]:
        for name in sorted(self.old.models):
            goes = name not in self.new.models or name in stuck
            if goes and place(self.old, name) == pool and self._held(name):
                yield name

    def _held(self, name: str) -> int:
        """Old pods that are there until a new one is ready."""
        running = self.replicas(self.old, name)
        if name not in self.new.models:
            return running
        return old_pods_left(running, self._in_rollout(name), rollout(self.new, name)[1])

    def _in_rollout(self, name: str) -> int:
        """Replicas that the Deployment has while it rolls: a scaler gets its new numbers once that is done."""
        return self.replicas(self.old, name) if is_scaled(self.new.models[name]) else self._after(name)

    def _after(self, name: str) -> int:
        """Replicas that are wanted from now on, of a model that has some."""
        now = self.new.models[name]["replicas"]
        return min(max(self.replicas(self.old, name), now["min"]), now["max"])

    def replicas(self, side: Side, name: str) -> int:
        return side.models[name]["replicas"]["max" if self.at_maximum else "min"]

    def _is_short(self, pool: str | None, stuck: Collection[str]) -> bool:
        planned = self.new.pools.get(pool or "")
        if pool is None or planned is None:
            return False
        wanted = [*self._wanted(pool, stuck), *self._surge(pool, stuck)]
        held = [Wanted(f"old {each}", gpus_of(self.old, each), self._held(each)) for each in self._holders(pool, stuck)]
        return pack([*wanted, *held], planned["max"], planned["gpus_per_node"]) is None

    def _wanted(self, pool: str, stuck: Collection[str]) -> Iterator[Wanted]:
        """A model that is new here starts with the minimum of replicas; one that is in its own way starts none."""
        for name in sorted(self.new.models):
            comes = place(self.old, name) != pool
            if place(self.new, name) == pool and (comes or name not in stuck):
                number = self.new.models[name]["replicas"]["min"] if comes else self.replicas(self.new, name)
                yield Wanted(name, gpus_of(self.new, name), number)

    def _surge(self, pool: str, stuck: Collection[str]) -> Iterator[Wanted]:
        """Of the largest rollout."""
        here = [name for name in self.need(pool) if place(self.old, name) == pool and name not in stuck]
        rolling = [name for name in here if self._surges(name)]
        if sizes := [max(gpus_of(self.old, name), gpus_of(self.new, name)) for name in rolling]:
            yield Wanted("a rollout", max(sizes), 1)

    def need(self, pool: str) -> Iterator[str]:
        """Models for whose new pods `pulumi up` waits."""
        for name in sorted(self.new.models):
            if place(self.new, name) != pool or not self.replicas(self.new, name):
                continue
            comes = place(self.old, name) != pool
            if (comes and self.new.models[name]["replicas"]["min"]) or (not comes and self._needs_more(name)):
                yield name

    def _needs_more(self, name: str) -> bool:
        was, now = self.old.models[name]["replicas"], self.new.models[name]["replicas"]
        fixed = was["min"] == was["max"] and now["min"] == now["max"]
        larger = gpus_of(self.new, name) > gpus_of(self.old, name)
        return (self.restarts(name) and (larger or self._surges(name))) or (fixed and now["min"] > was["min"])

    def restarts(self, name: str) -> bool:
        deployment = deployment_of(self.new, name)
        changed = self.resources.changed.get(deployment["urn"], {}) if deployment else {}
        return any(path.startswith("spec.template.") for path in changed)

    def _surges(self, name: str) -> bool:
        return rollout(self.new, name)[0] > 0


def place(side: Side, name: str) -> str | None:
    """Where its pods are; None: it has none, or they need no GPU."""
    model = side.models.get(name)
    if model is None or side.endpoint(name).get("paused") or not gpus_of(side, name):
        return None
    return model.get("pool")


def gpus_of(side: Side, name: str) -> int:
    return side.models[name].get("gpus_per_replica") or 0


def nodes_of(side: Side, pool: str) -> tuple[Any, Any]:
    """Which nodes a pool has: with others, old pods are not where new ones start."""
    existing = ((side.platform.get("gpuPools") or {}).get(pool) or {}).get("existing") or {}
    return side.pools[pool].get("gpus_per_node"), existing.get("selector")
