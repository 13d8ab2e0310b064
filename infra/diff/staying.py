"""New pods that find no node beside pods of other models that stay, because Kubernetes moves no pod that runs. Nobody
knows offline where those are: the nodes hold what the base's plan says (SERVERS)."""

from collections.abc import Collection
from dataclasses import replace

from infra.clouds.existing.own_nodes import Wanted, grow
from infra.diff.figures import deployment_of
from infra.diff.pods import Pods, Wait, gpus_of, place
from infra.plan.pools import OwnNode


def beside_others(pods: Pods) -> dict[str, Wait]:
    """By model. A pod that may end holds nothing."""
    found: dict[str, Wait] = {}
    for pool in sorted(pods.new.pools.keys() & pods.old.pools.keys() - pods.replaced()):
        staying = [name for name in sorted(pods.new.models) if _stays(name, pool, pods)]
        there = _nodes(pool, staying, pods)
        beside = tuple(name for name in staying if any(name in node.holds for node in there))
        for name in pods.need(pool):
            others = tuple(each for each in beside if each != name)
            if others and grow(there, [_coming(name, name in staying, pods)]) is None:
                found[name] = replace(pods.wait(name, pool, ()), certain=False, beside=others)
    return found


def _stays(name: str, pool: str, pods: Pods) -> bool:
    """Whether each of its pods does."""
    deployment = deployment_of(pods.new, name)
    ends = pods.restarts(name) or (deployment is not None and deployment["urn"] in pods.resources.replaced)
    if place(pods.new, name) != pool or place(pods.old, name) != pool or ends:
        return False
    return pods.replicas(pods.old, name) <= pods.replicas(pods.new, name)


def _nodes(pool: str, staying: Collection[str], pods: Pods) -> list[OwnNode]:
    """With the pods that stay; none where the base's plan doesn't say which node holds which, or some nodes go."""
    base, each_has = pods.old.pools[pool].get("nodes") or (), pods.new.pools[pool]["gpus_per_node"]
    number = _existing(pool, pods)
    if not base or number < len(base):
        return []
    holds = [{name: node["holds"].get(name, 0) for name in staying if name in node["holds"]} for node in base]
    taken = (sum(gpus_of(pods.old, name) * replicas for name, replicas in held.items()) for held in holds)
    there = [OwnNode(held, each_has - gpus) for held, gpus in zip(holds, taken, strict=True)]
    return [*there, *[OwnNode({}, each_has)] * (number - len(base))]


def _existing(pool: str, pods: Pods) -> int:
    """Nodes by the stack file; Kubernetes knows no `max`. 0: it doesn't count them."""
    written = ((pods.new.platform.get("gpuPools") or {}).get(pool) or {}).get("existing") or {}
    return written.get("nodes") or 0


def _coming(name: str, stays: bool, pods: Pods) -> Wanted:
    """Its new pods."""
    there = pods.replicas(pods.old, name) if stays else 0
    return Wanted(name, gpus_of(pods.new, name), pods.replicas(pods.new, name) - there)
