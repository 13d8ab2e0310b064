"""Advice that gives a model other GPUs per replica on the same nodes: the pods that it has by then may hold the
GPUs of its new ones. A plan knows no stack that runs, so it says for which one."""

from collections.abc import Iterator

from infra.clouds.existing.own_nodes import Rolling, Wanted, pack
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.words import count


def held_by_old_pods(plan: Plan, then: Plan | None) -> Iterator[str]:
    """`plan`: the pods that may run already. `then`: those that the advice makes of them."""
    if then is None:
        return
    for name, now in then.models.items():
        was, pool = plan.models.get(name), _same_nodes(now.pool or "", plan, then)
        if was is None or pool is None or was.pool != now.pool or was.gpus == now.gpus:
            continue
        if was.starts and now.starts and not now.paused:
            yield from _said(was, now, pool, plan)


def _same_nodes(name: str, plan: Plan, then: Plan) -> PoolPlan | None:
    """Nodes of which the stack file says how many there may be, and that the advice leaves as they are."""
    given, pool = plan.settings.gpu_pools.get(name), then.pools.get(name)
    own = given.existing if given is not None else None
    counted = given is not None and (given.max is not None or (own is not None and own.nodes is not None))
    return pool if counted and then.settings.gpu_pools.get(name) == given else None


def _said(was: ModelPlan, now: ModelPlan, pool: PoolPlan, plan: Plan) -> Iterator[str]:
    """Of the smallest number of old pods that hold what the new ones wait for."""
    for replicas in range(1, was.replicas.max + 1):
        old = Wanted(f"old {was.name}", was.gpus, replicas)
        if pack([old], pool.max, pool.gpus_per_node) is None:
            return
        new = Wanted(now.name, now.gpus, min(max(replicas, now.replicas.min), now.replicas.max))
        rolling = Rolling(old, new, tuple(_beside(old, was, pool, plan)))
        if rolling.is_in_its_own_way(now.rollout.max_unavailable, pool.max, pool.gpus_per_node):
            ends_first = not rolling.is_in_its_own_way(1, pool.max, pool.gpus_per_node)
            key = f"{now.path}.rollout.strategy: recreate" if ends_first else f"models.{now.sent_as}.paused: true"
            runs, its = ("runs", "its") if replicas == 1 else ("run", "their")
            yield (
                f"if {count(replicas, 'replica')} on {count(was.gpus, pool.unit)} {runs} already, first with `{key}`"
                f" too, or `pulumi up` waits in vain for {its} {pool.unit}s"
            )
            return


def _beside(old: Wanted, was: ModelPlan, pool: PoolPlan, plan: Plan) -> Iterator[Wanted]:
    """Other models of the pool that have room beside the old pods."""
    there = [old]
    for name, other in sorted(plan.models.items()):
        each = Wanted(name, other.gpus, other.replicas.min)
        if name == was.name or other.pool != pool.name or other.paused or not other.gpus:
            continue
        if pack([*there, each], pool.max, pool.gpus_per_node) is not None:
            there.append(each)
            yield each
