"""A start on GPUs that the pool keeps free: the node is there, and has pulled the image."""

from collections.abc import Mapping

from infra.plan.models import StartPart
from infra.plan.pools import PoolPlan
from infra.plan.words import count

_THERE = {
    "node": "keeps GPUs free on a node that is there",
    "boot": "keeps them on a node that has booted",
    "image": "has pulled it",
}
ON_SPARE = tuple(_THERE)  # what such a start waits for no more


def on_spare(parts: Mapping[str, StartPart], pool: PoolPlan, read: StartPart | None) -> Mapping[str, StartPart]:
    """The slow ends are those of a replica that comes while the spare GPUs of another one aren't there again. `read`:
    the weights, where the node has its own copy; None: they take as long on any node."""
    there = {name: StartPart(0, 0, parts[name].high, _said(parts[name], pool, what)) for name, what in _THERE.items()}
    if read is not None:
        there["weights"] = StartPart(read.low, read.mid, max(read.high, parts["weights"].high), read.reason)
    return {**parts, **there}


def _said(part: StartPart, pool: PoolPlan, what: str) -> str:
    replicas = count(len(pool.spare), "replica")
    return f"0 s for {replicas} at once: gpuPools.{pool.name}.spare {what}; for more, {part.reason}"
