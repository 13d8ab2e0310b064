"""New pods that wait for GPUs which old pods hold: `pulumi up` deletes what left the program only once it has waited
for everything that is new, so that on nodes that can't become more it waits in vain."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from infra.clouds.existing.own_nodes import Wanted, pack
from infra.diff.figures import deployment_of, rollout
from infra.diff.nodes import node_group
from infra.sides.types import ResourceChanges, Side, name_of, pool_of


@dataclass(frozen=True)
class Wait:
    """What a model's new pod waits for."""

    pool: str
    holders: tuple[str, ...]  # models whose old pods hold the GPUs
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
        stuck = set(self._moving())
        while (left := {name for name in stuck if self._is_short(_pool(self.new, name), stuck)}) != stuck:
            stuck = left
        found: dict[str, Wait] = {}
        for pool in sorted(self.new.pools.keys() & self.old.pools.keys() - self._replaced()):
            holders = tuple(self._holders(pool, stuck))
            if holders and self._is_short(pool, stuck):
                found |= {name: self._wait(name, pool, holders) for name in self._need(pool) if name not in holders}
        return found

    def _wait(self, name: str, pool: str, holders: tuple[str, ...]) -> Wait:
        before = _pool(self.old, name) is not None
        return Wait(
            pool, holders, not self.at_maximum, before and (self._surges(name) or _pool(self.old, name) != pool)
        )

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
        """Old pods that are there until new ones are ready."""
        stays = 0 if name not in self.new.models else rollout(self.new, name)[1]
        return max(0, self._replicas(self.old, name) - stays)

    def _replicas(self, side: Side, name: str) -> int:
        return side.models[name]["replicas"]["max" if self.at_maximum else "min"]

    def _is_short(self, pool: str | None, stuck: Collection[str]) -> bool:
        planned = self.new.pools.get(pool or "")
        if pool is None or planned is None:
            return False
        wanted = [*self._wanted(pool), *self._surge(pool)]
        held = [Wanted(f"old {each}", _gpus(self.old, each), self._held(each)) for each in self._holders(pool, stuck)]
        return pack([*wanted, *held], planned["max"], planned["gpus_per_node"]) is None

    def _wanted(self, pool: str) -> Iterator[Wanted]:
        """A model that is new here starts with the minimum of replicas."""
        for name in sorted(self.new.models):
            if _pool(self.new, name) == pool:
                comes = _pool(self.old, name) != pool
                number = self.new.models[name]["replicas"]["min"] if comes else self._replicas(self.new, name)
                yield Wanted(name, _gpus(self.new, name), number)

    def _surge(self, pool: str) -> Iterator[Wanted]:
        """Of the largest rollout."""
        rolling = [name for name in self._need(pool) if _pool(self.old, name) == pool and self._surges(name)]
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


def while_waiting(wait: Wait, during: str, instead: str | None) -> str:
    """During `pulumi up`. `instead`: a model elsewhere that answers where no pod does."""
    holders = ", ".join(wait.holders)
    verb = "holds" if len(wait.holders) == 1 else "hold"
    others = "nothing answers meanwhile" if instead is None else f"{instead} answers meanwhile, so prompts leave to it"
    text = (
        f"its new pod waits for GPUs of {wait.pool} that {holders} {verb} until the end, so `pulumi up` waits in vain"
        f" and fails; {'its old pods answer meanwhile' if wait.answers else others}"
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
