"""New pods that wait for GPUs which old pods hold: `pulumi up` deletes what left the program only once it has waited
for everything that is new, so that on nodes that can't become more it waits in vain. So does a rollout whose new pod
finds no GPU beside the model's own old pods, which end only once it is ready."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from infra.clouds.existing.own_nodes import Rolling, Wanted, old_pods_left, pack
from infra.diff.figures import deployment_of, rollout
from infra.diff.nodes import node_group
from infra.sides.types import Resource, ResourceChanges, Side, name_of, pool_of


@dataclass(frozen=True)
class Wait:
    """What a model's new pod waits for."""

    pool: str
    holders: tuple[str, ...]  # models whose old pods hold the GPUs; the model itself where its own do
    certain: bool  # False: only while replicas run beyond the minimum, or a model that sleeps is awake
    answers: bool  # meanwhile, by its old pods


@dataclass(frozen=True)
class _Pods:
    """The pods that there are while `pulumi up` runs."""

    old: Side
    new: Side
    resources: ResourceChanges
    at_maximum: bool  # with the maximum of replicas

    def waits(self) -> dict[str, Wait]:
        own = self._on_their_own()
        stuck = {*self._moving(), *own}
        while (left := own | {name for name in stuck if self._is_short(_pool(self.new, name), stuck)}) != stuck:
            stuck = left
        found = {name: self._wait(name, str(_pool(self.new, name)), (name,)) for name in own}
        for pool in sorted(self.new.pools.keys() & self.old.pools.keys() - self._replaced()):
            holders = tuple(self._holders(pool, stuck))
            if holders and self._is_short(pool, stuck):
                found |= {name: self._wait(name, pool, holders) for name in self._need(pool) if name not in holders}
        return found

    def _wait(self, name: str, pool: str, holders: tuple[str, ...]) -> Wait:
        was = _pool(self.old, name)
        kept = was != pool or self._surges(name) or self._held(name) > 0
        return Wait(pool, holders, not self.at_maximum, was is not None and kept)

    def _on_their_own(self) -> set[str]:
        """Models whose old pods hold the GPUs of the new ones; a model may so hold GPUs for which another waits."""
        own = {name for name in self._staying() if self._restarts(name)}
        while (left := {name for name in own if self._is_in_its_own_way(name, own)}) != own:
            own = left
        return own

    def _staying(self) -> Iterator[str]:
        """On the same nodes as before."""
        for name in sorted(self.old.models.keys() & self.new.models.keys()):
            pool = _pool(self.new, name)
            if pool is None or pool != _pool(self.old, name) or pool in self._replaced():
                continue
            if _nodes(self.old, pool) == _nodes(self.new, pool):
                yield name

    def _is_in_its_own_way(self, name: str, stuck: Collection[str]) -> bool:
        where = _pool(self.new, name)
        beside = [each for each in self._staying() if each != name and _pool(self.new, each) == where]
        old = Wanted(f"old {name}", _gpus(self.old, name), self._replicas(self.old, name))
        new = Wanted(name, _gpus(self.new, name), self._after(name))
        rolling, pool = Rolling(old, new, [self._beside(each, stuck) for each in beside]), self.new.pools[str(where)]
        return rolling.is_in_its_own_way(rollout(self.new, name)[1], pool["max"], pool["gpus_per_node"])

    def _beside(self, name: str, stuck: Collection[str]) -> Wanted:
        """What a model that stays surely holds."""
        if name in stuck:
            return Wanted(f"old {name}", _gpus(self.old, name), self._held(name))
        return Wanted(name, _gpus(self.new, name), min(self._replicas(self.old, name), self._after(name)))

    def _replaced(self) -> set[str]:
        """Pools with new nodes beside the old ones."""
        return {pool_of(name_of(urn)) for urn in self.resources.replaced if node_group(urn)}

    def _moving(self) -> Iterator[str]:
        for name in self.old.models.keys() & self.new.models.keys():
            was, now = _pool(self.old, name), _pool(self.new, name)
            if was and now and was != now:
                yield name

    def _holders(self, pool: str, stuck: Collection[str]) -> Iterator[str]:
        for name in sorted(self.old.models):
            goes = name not in self.new.models or name in stuck
            if goes and _pool(self.old, name) == pool and self._held(name):
                yield name

    def _held(self, name: str) -> int:
        """Old pods that are there until a new one is ready."""
        running = self._replicas(self.old, name)
        if name not in self.new.models:
            return running
        return old_pods_left(running, self._after(name), rollout(self.new, name)[1])

    def _after(self, name: str) -> int:
        """Replicas that are wanted from now on, of a model that has some."""
        now = self.new.models[name]["replicas"]
        return min(max(self._replicas(self.old, name), now["min"]), now["max"])

    def _replicas(self, side: Side, name: str) -> int:
        return side.models[name]["replicas"]["max" if self.at_maximum else "min"]

    def _is_short(self, pool: str | None, stuck: Collection[str]) -> bool:
        planned = self.new.pools.get(pool or "")
        if pool is None or planned is None:
            return False
        wanted = [*self._wanted(pool, stuck), *self._surge(pool, stuck)]
        held = [Wanted(f"old {each}", _gpus(self.old, each), self._held(each)) for each in self._holders(pool, stuck)]
        return pack([*wanted, *held], planned["max"], planned["gpus_per_node"]) is None

    def _wanted(self, pool: str, stuck: Collection[str]) -> Iterator[Wanted]:
        """A model that is new here starts with the minimum of replicas; one that is in its own way starts none."""
        for name in sorted(self.new.models):
            comes = _pool(self.old, name) != pool
            if _pool(self.new, name) == pool and (comes or name not in stuck):
                number = self.new.models[name]["replicas"]["min"] if comes else self._replicas(self.new, name)
                yield Wanted(name, _gpus(self.new, name), number)

    def _surge(self, pool: str, stuck: Collection[str]) -> Iterator[Wanted]:
        """Of the largest rollout."""
        here = [name for name in self._need(pool) if _pool(self.old, name) == pool and name not in stuck]
        rolling = [name for name in here if self._surges(name)]
        if gpus := [max(_gpus(self.old, name), _gpus(self.new, name)) for name in rolling]:
            yield Wanted("a rollout", max(gpus), 1)

    def _need(self, pool: str) -> Iterator[str]:
        """Models for whose new pods `pulumi up` waits."""
        for name in sorted(self.new.models):
            if _pool(self.new, name) != pool or not self._replicas(self.new, name):
                continue
            comes = _pool(self.old, name) != pool
            if (comes and self.new.models[name]["replicas"]["min"]) or (not comes and self._needs_more(name)):
                yield name

    def _needs_more(self, name: str) -> bool:
        was, now = self.old.models[name]["replicas"], self.new.models[name]["replicas"]
        fixed = was["min"] == was["max"] and now["min"] == now["max"]
        larger = _gpus(self.new, name) > _gpus(self.old, name)
        return (self._restarts(name) and (larger or self._surges(name))) or (fixed and now["min"] > was["min"])

    def _restarts(self, name: str) -> bool:
        deployment = deployment_of(self.new, name)
        changed = self.resources.changed.get(deployment["urn"], {}) if deployment else {}
        return any(path.startswith("spec.template.") for path in changed)

    def _surges(self, name: str) -> bool:
        return rollout(self.new, name)[0] > 0


def waits(old: Side, new: Side, resources: ResourceChanges) -> dict[str, Wait]:
    """By model. A plan that breaks a rule of its nodes says so itself."""
    if new.plan.get("violations"):
        return {}
    return _Pods(old, new, resources, at_maximum=True).waits() | _Pods(old, new, resources, at_maximum=False).waits()


def with_rollouts(side: Side, rollouts: Mapping[str, tuple[int, int]]) -> Side:
    """With other rollouts: maxSurge and maxUnavailable by model."""
    made = {
        deployment["urn"]: {"maxSurge": surge, "maxUnavailable": unavailable}
        for name, (surge, unavailable) in rollouts.items()
        if (deployment := deployment_of(side, name)) is not None
    }
    resources = [_rolled(each, made[each["urn"]]) if each["urn"] in made else each for each in side.resources]
    return replace(side, plan={**side.plan, "resources": resources})


def _rolled(deployment: Resource, rolling: Mapping[str, int]) -> Resource:
    inputs = deployment["inputs"]
    return {**deployment, "inputs": {**inputs, "spec": {**inputs["spec"], "strategy": {"rollingUpdate": rolling}}}}


def waits_for_itself(name: str, wait: Wait) -> bool:
    return name in wait.holders


def while_waiting(name: str, wait: Wait, during: str, instead: str | None) -> str:
    """During `pulumi up`. `instead`: a model elsewhere that answers where no pod does."""
    held = f"{', '.join(wait.holders)} {'holds' if len(wait.holders) == 1 else 'hold'} until the end"
    if waits_for_itself(name, wait):
        held = "its own old pods hold until it is ready"
    others = "nothing answers meanwhile" if instead is None else f"{instead} answers meanwhile, so prompts leave to it"
    text = (
        f"its new pod waits for GPUs of {wait.pool} that {held}, so `pulumi up` waits in vain and fails;"
        f" {'its old pods answer meanwhile' if wait.answers else others}"
    )
    if wait.certain:
        return text
    return f"{during}; but where each model runs its maximum of replicas, {text}"


def _pool(side: Side, name: str) -> str | None:
    """Where its pods are; None: it has none, or they need no GPU."""
    model = side.models.get(name)
    if model is None or side.endpoint(name).get("paused") or not _gpus(side, name):
        return None
    return model.get("pool")


def _gpus(side: Side, name: str) -> int:
    return side.models[name].get("gpus_per_replica") or 0


def _nodes(side: Side, pool: str) -> tuple[Any, Any]:
    """Which nodes a pool has: with others, old pods are not where new ones start."""
    existing = ((side.platform.get("gpuPools") or {}).get(pool) or {}).get("existing") or {}
    return side.pools[pool].get("gpus_per_node"), existing.get("selector")
