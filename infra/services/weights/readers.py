"""Who reads the volume of the weights, and from how many nodes: a volume of one node serves every pod of that node."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from infra.clouds.cloud import Cloud
from infra.offers.pools import Offer
from infra.plan.cache import CachePlan
from infra.plan.cluster import ClusterPlan
from infra.plan.findings import warned
from infra.plan.notes import Advice, Assumption, Finding, Violation
from infra.plan.rules import Rule
from infra.plan.words import count
from infra.services.serving.placed import Placed
from infra.services.weights.plan import NONE

_CLASS = "cache: {kind: storageClass, storageClass: a class that offers ReadWriteMany}"
# The whole section: a class and a size mean nothing beside this kind, and are refused there.
_NODE = Advice((("cache", {"kind": "node"}),), f"cache: {{kind: node}}, a copy on each node's own disk; or {_CLASS}")
_ONE_NODE = Advice(
    (("cluster.existing.oneNode", True),), f"cluster.existing.oneNode: true, if the cluster has one node; else {_CLASS}"
)


def on_one_node(cache: CachePlan, placed: Sequence[Placed]) -> CachePlan:
    """The cache with the pool whose only node runs every pod that reads it. A pod of the same node can always read a
    volume that this node has, so neither a second model nor a rollout waits for it. A model on the CPU runs there too:
    on another node it would wait for the volume."""
    only = _only_node(placed)
    return replace(cache, only_node=only) if cache.one_reader and only is not None else cache


def _only_node(placed: Sequence[Placed]) -> str | None:
    """The pool with one node that has all of them; where all are paused, the one in which they would run."""
    readers = _readers(placed) or [each for each in placed if each.served.place is None]
    pools = {each.offer.name for each in readers if each.offer is not None and _has_one_node(each.offer)}
    elsewhere = any(not each.served.cpu and (each.offer is None or each.offer.name not in pools) for each in readers)
    return next(iter(pools)) if len(pools) == 1 and not elsewhere else None


def _readers(placed: Sequence[Placed]) -> list[Placed]:
    """Those with pods that can be on a node."""
    running = (each for each in placed if not each.served.settings.paused)
    return [each for each in running if each.served.place is None and (each.served.cpu or each.offer is not None)]


def _has_one_node(offer: Offer) -> bool:
    """Whether the stack file says so. `max: 1` of several nodes isn't enough: Kubernetes uses the others too."""
    limit = offer.settings.max if offer.settings is not None else None
    return offer.existing and (offer.nodes == 1 if offer.nodes is not None else limit == 1)


def check_readers(cache: CachePlan, placed: Sequence[Placed], cluster: ClusterPlan, cloud: Cloud) -> Iterator[Finding]:
    """Refuses pods on several nodes that read a volume of one node."""
    if cache.kind == NONE:
        return
    if cache.storage is None:
        yield from _check_class(cache, placed, cluster, cloud)
    if cache.one_reader:
        yield warned(
            "cache",
            "one node at a time holds the volume: where there are several, a changed model or revision first wants one"
            " `pulumi up` with paused: true, or its download waits for the volume",
        )


def _check_class(cache: CachePlan, placed: Sequence[Placed], cluster: ClusterPlan, cloud: Cloud) -> Iterator[Finding]:
    path, named = "cache.storageClass", cache.storage_class
    default = f"{named} exists" if named else "the cluster has a default storage class"
    readers = sum(each.served.replicas.max for each in _readers(placed))
    if named is not None and cache.access_mode == "ReadWriteMany":
        yield Assumption(
            path,
            f"{named} exists and offers ReadWriteMany: {_pods_that_read(readers)} the cache; it has"
            f" allowVolumeExpansion: true, should cache.size ever grow{_on_only_node(placed)}",
        )
    elif named is None and cluster.made and cloud.storage:
        yield Violation(
            Rule.STORAGE_CLASS,
            path,
            f"a new {cloud.kind} has no default storage class: the claim would wait forever",
            f"cache: {{kind: {cloud.storage[0].kind}}}, or cache.storageClass: a class that will be there",
        )
    elif cache.one_node:
        yield Assumption(path, f"{default}; {_pods_that_read(readers)} the cache on the cluster's only node")
    elif cache.only_node is not None:
        yield Assumption(
            path,
            f"{default}; {_pods_that_read(readers)} the cache on the only node of {cache.only_node}, so a volume of one"
            f" node (ReadWriteOnce) is enough; the weights are downloaded on that node too{_on_its_cpu(placed)}",
        )
    elif readers > 1:
        yield Violation(
            Rule.ONE_READER,
            path,
            f"{readers} pods would read the cache; {named or 'a default storage class'} gives a volume to one node"
            " (ReadWriteOnce), and they may be on several",
            _NODE.text,
            (*((_ONE_NODE,) if all(each.served.cpu for each in _readers(placed)) else ()), _NODE),
        )
    else:
        yield Assumption(path, f"{default}; {_pods_that_read(readers)} the cache")


def _on_only_node(placed: Sequence[Placed]) -> str:
    only_node = _only_node(placed)
    if only_node is None:
        return ""
    return (
        f". All could be on the only node of {only_node}: if the class offers only ReadWriteOnce, make it the cluster's"
        " default class and leave storageClass out"
    )


def _on_its_cpu(placed: Sequence[Placed]) -> str:
    names = [each.served.name for each in _readers(placed) if each.served.cpu]
    return f", and {', '.join(names)} {'run' if names[1:] else 'runs'} on its CPU, on no other node" if names else ""


def _pods_that_read(readers: int) -> str:
    return f"{count(readers, 'pod')} read{'s' * (readers == 1)}"
