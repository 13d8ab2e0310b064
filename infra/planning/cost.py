"""The bill per month: the minimum, what is expected, and the maximum that the cloud could charge."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.catalog import Catalog
from infra.clouds.cloud import Cloud
from infra.plan.cache import CachePlan
from infra.plan.findings import Decided
from infra.plan.models import ModelPlan
from infra.plan.money import HOURS_PER_MONTH, Cost, CostItem
from infra.plan.notes import Assumption
from infra.plan.pools import PoolPlan
from infra.plan.words import count
from infra.planning.billed_nodes import ROLLOUTS_ASSUMED, BilledNodes, billed_nodes
from infra.registry import cloud_of
from infra.services.service import Around
from infra.services.serving.placed import Placed
from infra.settings.platform import Settings


@dataclass(frozen=True)
class Billed(Around):
    """What is paid for: what this stack makes, nothing behind a kubeconfig context, and no control plane of others."""

    pools: Mapping[str, PoolPlan]
    placed: Sequence[Placed]
    cache: CachePlan

    @property
    def ours(self) -> list[PoolPlan]:
        """Pools whose nodes this stack makes."""
        return [pool for pool in self.pools.values() if not pool.existing]

    @property
    def theirs(self) -> list[PoolPlan]:
        """Pools of nodes that exist, and that the stack file gives a price."""
        return [pool for pool in self.pools.values() if pool.existing and pool.usd_per_node_hour is not None]

    @property
    def cloud(self) -> Cloud:
        return cloud_of(self.settings)

    def nodes_of(self, pool: PoolPlan) -> BilledNodes:
        return billed_nodes(pool, self.placed, self.models)


def plan_cost(billed: Billed) -> Decided[Cost]:
    note = yield from billed.cloud.price_note(billed)
    rollouts = yield from _rollouts({pool.name: billed.nodes_of(pool) for pool in (*billed.ours, *billed.theirs)})
    items = tuple(item for item in _items(billed) if item.max)
    return Cost(items, note.left_out, note.note, note.whose, note.others_whose, rollouts)


def _items(billed: Billed) -> Iterator[CostItem]:
    for pool in billed.ours:
        yield _gpu_nodes(pool, billed.nodes_of(pool))
    yield from _own_nodes_of(billed)
    yield from billed.cloud.bill(billed)


def maximum_per_month(
    pool: PoolPlan, placed: Sequence[Placed], models: Mapping[str, ModelPlan], settings: Settings, catalog: Catalog
) -> float:
    """Nodes of a pool that this stack makes, with what each has beside its price, at its maximum."""
    nodes = billed_nodes(pool, placed, models)
    return _gpu_nodes(pool, nodes).max + nodes.max * cloud_of(settings).usd_beside_node(pool, settings, catalog)


def _own_nodes_of(billed: Billed) -> Iterator[CostItem]:
    return (_own_nodes(pool, billed.nodes_of(pool)) for pool in billed.theirs)


def _rollouts(nodes: Mapping[str, BilledNodes]) -> Decided[str]:
    rollouts = "; ".join(
        f"{count(each.surge, 'node')} of {name} for {each.surge_hours:.0f} h"
        for name, each in nodes.items()
        if each.surge
    )
    if rollouts:
        yield Assumption("models.*.rollout", f"{ROLLOUTS_ASSUMED}: {rollouts}")
    return rollouts


def _gpu_nodes(pool: PoolPlan, nodes: BilledNodes) -> CostItem:
    """Minimum on the cheapest of the pool's types, maximum on the most expensive; the first type of the first kind is
    asked for first. Reserved instances are paid all month."""
    kinds = [kind for kind in pool.kinds if kind != "reservation"] if pool.reserved else pool.kinds
    prices = [each.hourly_of(kinds) for each in pool.types]
    first = next((kind for kind in kinds if kind != "block"), "block")
    expected = sum(pool.types[0].hourly_of([first])) / 2
    reserved = pool.reserved_usd_per_hour
    whose = f" ({pool.price_note})" if pool.price_note else ""
    counts = _counts(nodes.min, nodes.expected, nodes.all_month)
    beside = f"{_in_rollouts(nodes)}{_beyond(pool, nodes)}{_kinds(pool, prices)}{whose}"
    return CostItem(
        f"GPU nodes {pool.name}",
        (reserved + pool.beside_reserved(nodes.min) * min(low for low, _ in prices)) * HOURS_PER_MONTH,
        (reserved + pool.beside_reserved(nodes.expected) * expected) * HOURS_PER_MONTH,
        (reserved + pool.beside_reserved(nodes.max) * max(high for _, high in prices)) * HOURS_PER_MONTH,
        f"{counts} x {'/'.join(pool.instance_types)}{beside}",
        pool=pool.name,
    )


def _kinds(pool: PoolPlan, prices: Sequence[tuple[float, float]]) -> str:
    """What the nodes are where the stack file lists several kinds."""
    if not pool.steps:
        return _zones(prices)
    paid = f", {pool.reserved} of them reserved and billed whether used or not" if pool.reserved else ""
    before = ", without those of Capacity Blocks, which are paid up front" if "block" in pool.kinds else ""
    others = [kind for kind in pool.kinds if kind in ("spot", "on-demand")]
    beside = f"; {'others' if paid or before else 'nodes'} from {' to '.join(others)}" if others else ""
    return f"{paid}{before}{beside}"


def _zones(prices: Sequence[tuple[float, float]]) -> str:
    """Spot: the same number of nodes costs less or more, by zone; that is why minimum and maximum differ."""
    return ", spot price by zone" if any(low < high for low, high in prices) else ""


def _own_nodes(pool: PoolPlan, nodes: BilledNodes) -> CostItem:
    """At the stack file's price: day and night where their number is given, else those that the replicas need."""
    price = (pool.usd_per_node_hour or 0.0) * HOURS_PER_MONTH
    counts = _counts(nodes.min, nodes.expected, nodes.all_month)
    what = "node" if counts == "1" else "nodes"
    return CostItem(
        f"GPU nodes {pool.name}",
        nodes.min * price,
        nodes.expected * price,
        nodes.max * price,
        f"{counts} {what} of {pool.gpus_per_node} x {pool.gpu}{_in_rollouts(nodes)}, at the stack file's price",
        pool=pool.name,
    )


def _in_rollouts(nodes: BilledNodes) -> str:
    return f", + {nodes.surge} in rollouts" if nodes.surge else ""


def _beyond(pool: PoolPlan, nodes: BilledNodes) -> str:
    """A maximum is billed as it is written, so fewer nodes may be all that a stack ever starts. The groups of a list's
    steps may have more nodes than it, and a smaller one changes nothing then."""
    needed = nodes.all_month + nodes.surge - nodes.beyond
    if not nodes.beyond or pool.max <= needed:
        return ""
    if pool.max <= pool.max_needed:
        return f", {needed} where pods leave no gaps"
    return f", though replicas and rollouts need {max(needed, pool.max_needed)} (gpuPools.{pool.name}.max)"


def _counts(*nodes: float) -> str:
    """At the minimum, as expected, at the maximum; one number where all are the same."""
    printed = [f"{each:.1f}".removesuffix(".0") for each in nodes]
    return " / ".join(printed if len(set(printed)) > 1 else printed[:1])
