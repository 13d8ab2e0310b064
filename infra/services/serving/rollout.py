"""How a Deployment replaces its pods, so that no new pod waits for a GPU or a volume that can't be there."""

from collections.abc import Iterator

from infra.plan.models import ColdStart, RolloutPlan
from infra.plan.notes import Advice, Finding, Violation
from infra.plan.pools import PoolPlan
from infra.plan.rules import Rule
from infra.plan.words import NO_START, count, minutes, without
from infra.services.serving.placed import Placed


def surges(placed: Placed, *, one_reader: bool) -> bool:
    """Whether a rollout needs room for one more pod."""
    return _old_first(placed, one_reader=one_reader) is None


def after_old_pod(placed: Placed, *, one_reader: bool) -> bool:
    """Whether a new pod may have to wait for the GPUs or the volume of an old one. It does where the old pod stops
    first. With several replicas it also does elsewhere: Kubernetes starts the next new pod while an old pod ends."""
    return not surges(placed, one_reader=one_reader) or placed.served.replicas.max > 1


def plan_rollout(
    placed: Placed, start: ColdStart, pool: PoolPlan | None, *, drain: int, one_reader: bool
) -> RolloutPlan:
    """The new pod starts first where there can be a GPU for it; else the old pod stops first. Other models matter only
    where the number of nodes is given, since models share these nodes.

    The old pod first is `maxSurge: 0, maxUnavailable: 1`, not Kubernetes' own `Recreate`, which ends every replica at
    once; and a Deployment that is changed in place from one type to the other is refused where a field stays behind.
    """
    why = _old_first(placed, one_reader=one_reader)
    if not placed.starts:
        surge = int(why is None)
        return RolloutPlan("recreate" if why else "rolling", surge, 1 - surge, None, NO_START)
    if why is None:
        room = placed.room or _room(placed, pool)
        said = ", as the stack file says" if placed.served.settings.rollout is not None else ""
        return RolloutPlan(
            "rolling", 1, 0, None, f"a rollout starts the new pod first{said}{f': {room}' if room else ''}"
        )
    parts = ", ".join(f"{name} {minutes(part.mid + part.first)}" for name, part in start.there.items())
    name, replicas = placed.served.name, placed.served.replicas.min
    alone = replicas == 1 and not placed.served.two_versions
    left = (
        f"for each replica, with {replicas - 1} of {replicas} left"
        if replicas > 1
        else without(name, placed.served.fallback)
    )
    reason = (
        f"a rollout stops the old pod first, {why}: up to {minutes(drain)} in which its last answers end, then"
        f" about {minutes(start.gap)} {left} ({parts})"
    )
    return RolloutPlan("recreate", 0, 1, start.gap if alone else None, reason)


def _room(placed: Placed, pool: PoolPlan | None) -> str:
    """Why there is a GPU for the new pod; a pool that is too small for it breaks a rule of its nodes."""
    if pool is None or not placed.gpus:
        return ""
    if pool.needed_now > pool.max:
        return f"the maximum of {pool.name} would have to hold every replica and that pod, and doesn't"
    if not pool.existing and pool.always_now > pool.max:
        return f"it isn't certain that one node of {pool.name} has {count(placed.gpus, pool.unit)} free for it"
    return f"the pool's maximum has {count(placed.gpus, pool.unit)} for it"


def check_rollout(placed: Placed, *, one_reader: bool) -> Iterator[Finding]:
    """Refuses a rolling update that the stack file asks for where only one node at a time can mount the volume."""
    asked = placed.served.settings.rollout
    if _waits_for_volume(placed, one_reader=one_reader) and asked is not None and asked.strategy == "rolling":
        path = f"{placed.served.path}.rollout"
        fix = f"{path}: {{strategy: recreate}}"
        yield Violation(
            Rule.VOLUMES,
            f"{path}.strategy",
            f"{placed.served.name}: a new pod can't start beside the old one: the cache's volume has one reader",
            fix,
            (Advice(((f"{path}.strategy", "recreate"),), fix),),
        )


def _old_first(placed: Placed, *, one_reader: bool) -> str | None:
    """Why the old pod stops first; None: the new one starts first. Nodes that exist have no free GPU unless the stack
    file says how many there are."""
    asked = placed.served.settings.rollout
    if _waits_for_volume(placed, one_reader=one_reader):
        return "because the cache's volume has one reader"
    if placed.served.two_versions:
        return "because two versions serve: while one changes, all requests can go to the other"
    if asked is not None:
        return "as the stack file says" if asked.strategy == "recreate" else None
    if placed.offer is not None and placed.offer.existing and placed.offer.nodes is not None:
        return None if placed.room else f"because {placed.no_room}"
    if placed.offer is not None and placed.offer.existing:
        return f"because {count(placed.gpus, placed.offer.unit)} more may not be free on nodes that others make"
    return None


def _waits_for_volume(placed: Placed, *, one_reader: bool) -> bool:
    """Weights that the cluster has already are on another volume than the cache's."""
    return one_reader and placed.served.place is None
