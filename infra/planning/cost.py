"""The bill per month: the minimum, what is expected, and the maximum that AWS could charge."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.catalog import Catalog
from infra.plan.cluster import CachePlan, ClusterPlan, GatewayPlan, PoolPlan
from infra.plan.findings import Decided
from infra.plan.models import ModelPlan
from infra.plan.money import HOURS_A_MONTH, Cost, CostItem
from infra.plan.notes import Assumption, Finding
from infra.plan.words import count
from infra.planning.billed_nodes import ROLLOUTS_ASSUMED, BilledNodes, billed_nodes
from infra.planning.placement import Placed
from infra.planning.pools import hourly
from infra.planning.whose import Priced, elsewhere, headline, others_elsewhere, price_note, spot_note
from infra.settings import Settings

LEFT_OUT = "traffic (NAT, zones, internet), load-balancer units, EFS throughput, log ingestion, requests, tax"
# Of a node: some 2,000 lines of 120 bytes in ten minutes. An estimate: it grows with connections, not with traffic.
FLOW_LOG_GIB_PER_NODE = 1.0
MIN_ZONES = 2  # of a load balancer
OLDER_REVISIONS = 2  # of the weights, at most, on a file system that bills what is used


@dataclass(frozen=True)
class Billed:
    """What is paid for: this stack's own alone, nothing behind a kubeconfig context, and no control plane of others."""

    settings: Settings
    cluster: ClusterPlan
    pools: Mapping[str, PoolPlan]
    placed: Sequence[Placed]
    models: Mapping[str, ModelPlan]
    cache: CachePlan
    gateway: GatewayPlan | None
    catalog: Catalog

    @property
    def ours(self) -> list[PoolPlan]:
        """Pools whose nodes this stack makes."""
        return [pool for pool in self.pools.values() if not pool.existing]

    @property
    def theirs(self) -> list[PoolPlan]:
        """Pools of nodes that exist, and that the stack file gives a price."""
        return [pool for pool in self.pools.values() if pool.existing and pool.usd_per_node_hour is not None]

    def nodes_of(self, pool: PoolPlan) -> BilledNodes:
        return billed_nodes(pool, self.placed, self.models)


def plan_cost(billed: Billed) -> Decided[Cost]:
    rollouts = yield from _rollouts({pool.name: billed.nodes_of(pool) for pool in (*billed.ours, *billed.theirs)})
    if billed.cluster.kind == "context":
        return _behind_a_context(list(_own_nodes_of(billed)), rollouts)
    ours, catalog = billed.ours, billed.catalog
    types = _types(billed.settings, ours, catalog)
    note = price_note(billed.settings, types, ours, catalog)
    yield from _assume_prices(note, ours, catalog)
    items = tuple(item for item in _items(billed) if item.max)
    whose, others = headline(types, catalog), others_elsewhere(catalog)
    return Cost(items, _left_out(billed), note, whose, others, rollouts)


def _items(billed: Billed) -> Iterator[CostItem]:
    for pool in billed.ours:
        yield _gpu_nodes(pool, billed.nodes_of(pool), billed.catalog)
    yield from _own_nodes_of(billed)
    yield from _platform(billed.settings, billed.cluster, billed.catalog)
    yield from _gateway(billed.gateway, billed.cluster, billed.catalog)
    yield from _cache(billed)
    yield _node_disks(billed)
    yield from _flow_logs(billed)


def _own_nodes_of(billed: Billed) -> Iterator[CostItem]:
    return (_own_nodes(pool, billed.nodes_of(pool)) for pool in billed.theirs)


def _left_out(billed: Billed) -> str:
    if billed.cluster.kind == "eks":
        return f"{LEFT_OUT}; the control plane, network and nodes of a cluster that exists"
    if len(billed.ours) + len(billed.theirs) < len(billed.pools):
        return f"{LEFT_OUT}; the GPU nodes that somebody else makes"
    return LEFT_OUT


def _rollouts(nodes: Mapping[str, BilledNodes]) -> Decided[str]:
    rollouts = "; ".join(
        f"{count(each.surge, 'node')} of {name} for {each.surge_hours:.0f} h"
        for name, each in nodes.items()
        if each.surge
    )
    if rollouts:
        yield Assumption("models.*.rollout", f"{ROLLOUTS_ASSUMED}: {rollouts}")
    return rollouts


def maximum_per_month(
    pool: PoolPlan, placed: Sequence[Placed], models: Mapping[str, ModelPlan], catalog: Catalog
) -> float:
    """Nodes of a pool that we make, with their disks, at its maximum."""
    nodes = billed_nodes(pool, placed, models)
    disk = _disk_month(pool.root_gib, pool.root_iops, pool.root_throughput, catalog)
    return _gpu_nodes(pool, nodes, catalog).max + nodes.max * disk


def _gpu_nodes(pool: PoolPlan, nodes: BilledNodes, catalog: Catalog) -> CostItem:
    """Minimum on the cheapest of the pool's types, maximum on the dearest; EKS asks for the first type first."""
    prices = [hourly(catalog.instances[name], pool.capacity) for name in pool.instance_types]
    whose = f" ({pool.price_note})" if pool.price_note else ""
    counts = _counts(nodes.min, nodes.expected, nodes.all_month)
    return CostItem(
        f"GPU nodes {pool.name}",
        nodes.min * min(low for low, _ in prices) * HOURS_A_MONTH,
        nodes.expected * sum(prices[0]) / 2 * HOURS_A_MONTH,
        nodes.max * max(high for _, high in prices) * HOURS_A_MONTH,
        f"{counts} x {'/'.join(pool.instance_types)}{_in_rollouts(nodes)}{whose}",
        pool=pool.name,
    )


def _own_nodes(pool: PoolPlan, nodes: BilledNodes) -> CostItem:
    """At the stack file's price: day and night where their number is given, else those that the replicas need."""
    price = (pool.usd_per_node_hour or 0.0) * HOURS_A_MONTH
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


def _behind_a_context(own: Sequence[CostItem], rollouts: str) -> Cost:
    """Of a cluster that exists nothing has a price but what the stack file gives one."""
    if not own:
        return Cost((), "everything: the nodes and volumes of a cluster that exists", "no price was used")
    return Cost(
        tuple(own),
        "everything else of a cluster that exists: other nodes, volumes, network",
        "prices of the stack file",
        rollouts=rollouts,
    )


def _counts(*nodes: float) -> str:
    """At the minimum, as expected, at the maximum; one number where all are the same."""
    printed = [f"{each:.1f}".removesuffix(".0") for each in nodes]
    return " / ".join(printed if len(set(printed)) > 1 else printed[:1])


def _platform(settings: Settings, cluster: ClusterPlan, catalog: Catalog) -> Iterator[CostItem]:
    create = settings.cluster.create
    if create is None:
        return
    prices = catalog.aws.prices
    yield _fixed("EKS control plane", prices.eks_hour * HOURS_A_MONTH)
    system = catalog.aws.cpu_instances.get(create.system_nodes.instance_type)
    if system is not None:
        nodes = create.system_nodes.count
        whose = elsewhere((system,), catalog)
        what = f"{nodes} x {system.name}{f', {whose}' if whose else ''}"
        yield _fixed("system nodes", nodes * system.usd_per_hour * HOURS_A_MONTH, what)
    if create.network.vpc_id is None:
        gateways = len(cluster.zone_ids) if cluster.nat_per_zone else 1
        month = gateways * (prices.nat_hour + prices.public_ipv4_hour) * HOURS_A_MONTH
        yield _fixed("NAT gateways", month, f"{gateways}, each with a public address")
    yield _fixed("KMS key", prices.kms_key_month)


def _gateway(gateway: GatewayPlan | None, cluster: ClusterPlan, catalog: Catalog) -> Iterator[CostItem]:
    """A public load balancer has an address in each zone."""
    if gateway is None or gateway.controller.title is None:
        return
    addresses = max(MIN_ZONES, len(cluster.zone_ids)) if gateway.visibility == "public" else 0
    hour = catalog.aws.prices.alb_hour + addresses * catalog.aws.prices.public_ipv4_hour
    what = f"public, {addresses} addresses" if addresses else "internal"
    yield _fixed("load balancer", hour * HOURS_A_MONTH, what)


def _cache(billed: Billed) -> Iterator[CostItem]:
    cache = billed.cache
    if cache.kind == "efs":
        gib = sum(each.served.disk_gib for each in billed.placed)
        month = gib * billed.catalog.aws.prices.efs_gib_month
        yield CostItem("EFS", month, month, month * OLDER_REVISIONS, f"{gib:,.0f} GiB of weights")
    elif cache.kind == "ebs":
        month = _disk_month(cache.size_gib, cache.iops, cache.throughput, billed.catalog)
        yield _fixed("EBS cache", month, f"{cache.size_gib:,} GiB")


def _node_disks(billed: Billed) -> CostItem:
    catalog, create = billed.catalog, billed.settings.cluster.create
    disks = [
        (billed.nodes_of(pool), _disk_month(pool.root_gib, pool.root_iops, pool.root_throughput, catalog))
        for pool in billed.ours
    ]
    if create is not None:
        system = create.system_nodes.count
        disks.append((BilledNodes(system, system, system), _disk_month(billed.cluster.system_root_gib, 0, 0, catalog)))
    return CostItem(
        "node disks",
        sum(nodes.min * usd for nodes, usd in disks),
        sum(nodes.expected * usd for nodes, usd in disks),
        sum(nodes.max * usd for nodes, usd in disks),
        "gp3",
        with_nodes=True,
    )


def _flow_logs(billed: Billed) -> Iterator[CostItem]:
    """Of a VPC that we make."""
    create = billed.settings.cluster.create
    if create is None or create.network.vpc_id is not None:
        return
    month = FLOW_LOG_GIB_PER_NODE * billed.catalog.aws.prices.flow_log_gib_month
    nodes, system = [billed.nodes_of(pool) for pool in billed.ours], create.system_nodes.count
    yield CostItem(
        "flow logs",
        month * (system + sum(each.min for each in nodes)),
        month * (system + sum(each.expected for each in nodes)),
        month * (system + sum(each.max for each in nodes)),
        f"about {FLOW_LOG_GIB_PER_NODE:g} GiB per node and month, an estimate",
        with_nodes=True,
    )


def _disk_month(gib: int, iops: int, throughput: int, catalog: Catalog) -> float:
    """gp3 has 3,000 IOPS and 125 MiB/s in its price."""
    prices = catalog.aws.prices
    more = max(0, iops - 3000) * prices.gp3_iops_month + max(0, throughput - 125) * prices.gp3_mibps_month
    return gib * prices.gp3_gib_month + more


def _fixed(name: str, month: float, what: str = "") -> CostItem:
    return CostItem(name, month, month, month, what)


def _types(settings: Settings, pools: Sequence[PoolPlan], catalog: Catalog) -> list[Priced]:
    """Of the nodes that are billed."""
    types: list[Priced] = [catalog.instances[name] for pool in pools for name in pool.instance_types]
    create = settings.cluster.create
    system = catalog.aws.cpu_instances.get(create.system_nodes.instance_type) if create else None
    return [*types, system] if system else types


def _assume_prices(note: str, pools: Sequence[PoolPlan], catalog: Catalog) -> Iterator[Finding]:
    prices = catalog.aws.prices
    yield Assumption("prices", note if catalog.region != prices.region else f"{note}, others of {prices.date}")
    for pool in pools:
        if pool.capacity == "spot":
            yield Assumption(f"gpuPools.{pool.name}.capacity", spot_note(pool, catalog))
