"""The bill a month, at the fewest nodes and at the most that AWS could charge."""

from collections.abc import Iterator, Mapping, Sequence

from infra.catalog import Catalog
from infra.planning.findings import Findings
from infra.planning.nodes import nodes_for
from infra.planning.placement import Placed
from infra.planning.plan import HOURS_A_MONTH, CachePlan, ClusterPlan, Cost, CostItem, GatewayPlan, PoolPlan
from infra.settings import Settings

LEFT_OUT = "traffic (NAT, zones, internet), load-balancer units, EFS throughput, logs, requests, tax"
OLDER_REVISIONS = 2  # of the weights, at most, on a file system that bills what is used


def plan_cost(
    settings: Settings,
    cluster: ClusterPlan,
    pools: Mapping[str, PoolPlan],
    placed: Sequence[Placed],
    cache: CachePlan,
    gateway: GatewayPlan | None,
    catalog: Catalog,
    findings: Findings,
) -> Cost:
    """Only what this stack makes: nothing behind a kubeconfig context, and no control plane of others."""
    if cluster.kind == "context":
        return Cost((), "everything: the nodes and volumes of a cluster that exists", "no price was used")
    ours = [pool for pool in pools.values() if not pool.existing]
    items = [_nodes(pool, placed, catalog) for pool in ours]
    items += _platform(settings, cluster, catalog)
    items += _gateway(gateway, catalog)
    items += _storage(settings, cluster, cache, ours, placed, catalog)
    prices = catalog.prices
    whose = _own_prices(settings) + _elsewhere(cluster, catalog)
    note = f"on-demand prices of {prices.gpu_date}, {prices.region}{whose}"
    _assume_prices(settings, cluster, ours, catalog, findings)
    left_out = LEFT_OUT
    if cluster.kind == "eks":
        left_out += "; the control plane, network and nodes of a cluster that exists"
    elif len(ours) < len(pools):
        left_out += "; the GPU nodes that somebody else makes"
    cost = Cost(tuple(item for item in items if item.max), left_out, note)
    _check_budget(settings, cost, findings)
    return cost


def _nodes(pool: PoolPlan, placed: Sequence[Placed], catalog: Catalog) -> CostItem:
    """Least on the cheapest of the pool's types, most on the dearest."""
    prices = [catalog.instances[name].usd_per_hour or 0.0 for name in pool.instance_types]
    least = max(pool.min, nodes_for(_on(pool, placed), pool.gpus_per_node, at_most=False))
    low, high = min(prices) * HOURS_A_MONTH, max(prices) * HOURS_A_MONTH
    return CostItem(f"GPU nodes {pool.name}", least * low, pool.max * high)


def _on(pool: PoolPlan, placed: Sequence[Placed]) -> list[Placed]:
    return [each for each in placed if each.offer is not None and each.offer.name == pool.name]


def _platform(settings: Settings, cluster: ClusterPlan, catalog: Catalog) -> Iterator[CostItem]:
    create = settings.cluster.create
    if create is None:
        return
    prices = catalog.prices
    yield _fixed("EKS control plane", prices.eks_hour * HOURS_A_MONTH)
    system = catalog.cpu_instances.get(create.system_nodes.instance_type)
    if system is not None:
        yield _fixed("system nodes", create.system_nodes.count * system.usd_per_hour * HOURS_A_MONTH)
    if create.network.vpc_id is None:
        gateways = len(cluster.zone_ids) if cluster.nat_per_zone else 1
        yield _fixed("NAT gateways", gateways * (prices.nat_hour + prices.public_ipv4_hour) * HOURS_A_MONTH)
    yield _fixed("KMS key", prices.kms_key_month)


def _gateway(gateway: GatewayPlan | None, catalog: Catalog) -> Iterator[CostItem]:
    if gateway is not None and gateway.controller == "alb":
        yield _fixed("load balancer", catalog.prices.alb_hour * HOURS_A_MONTH)


def _storage(
    settings: Settings,
    cluster: ClusterPlan,
    cache: CachePlan,
    pools: Sequence[PoolPlan],
    placed: Sequence[Placed],
    catalog: Catalog,
) -> Iterator[CostItem]:
    prices = catalog.prices
    if cache.kind == "efs":
        month = sum(each.served.disk_gib for each in placed) * prices.efs_gib_month
        yield CostItem("EFS", month, month * OLDER_REVISIONS)
    elif cache.kind == "ebs":
        throughput = max(0, cache.throughput - 125) * prices.gp3_mibps_month
        yield _fixed("EBS cache", cache.size_gib * prices.gp3_gib_month + throughput)
    disks = [
        (
            max(pool.min, nodes_for(_on(pool, placed), pool.gpus_per_node, at_most=False)),
            pool.max,
            pool.root_gib * prices.gp3_gib_month + max(0, pool.root_throughput - 125) * prices.gp3_mibps_month,
        )
        for pool in pools
    ]
    if settings.cluster.create is not None:
        nodes = settings.cluster.create.system_nodes.count
        disks.append((nodes, nodes, cluster.system_root_gib * prices.gp3_gib_month))
    yield CostItem("node disks", sum(n * usd for n, _, usd in disks), sum(n * usd for _, n, usd in disks))


def _fixed(name: str, month: float) -> CostItem:
    return CostItem(name, month, month)


def _own_prices(settings: Settings) -> str:
    table, discount = settings.prices.table, settings.prices.discount_percent
    own = f"; those of {table} as they are there" if table else ""
    return own + (f"; {discount:g} % off the list of AWS" if discount else "")


def _elsewhere(cluster: ClusterPlan, catalog: Catalog) -> str:
    return "" if cluster.region == catalog.prices.region else f"; used for {cluster.region}, where they differ"


def _assume_prices(
    settings: Settings, cluster: ClusterPlan, pools: Sequence[PoolPlan], catalog: Catalog, findings: Findings
) -> None:
    prices = catalog.prices
    findings.assume(
        "prices",
        f"list prices of {prices.gpu_date} in {prices.region}, others of {prices.date}"
        f"{_own_prices(settings)}{_elsewhere(cluster, catalog)}",
    )
    for pool in pools:
        if pool.capacity == "spot":
            path = f"gpuPools.{pool.name}.capacity"
            findings.assume(
                path, "spot is billed at the on-demand price here: what it costs on the day isn't known offline"
            )


def _check_budget(settings: Settings, cost: Cost, findings: Findings) -> None:
    budget = settings.budget
    if budget is None:
        return
    total = cost.usd_per_month_max if budget.of == "most" else cost.usd_per_month_min
    over = total - budget.usd_per_month
    if over <= 0:
        return
    biggest = sorted(cost.items, key=lambda item: (-_of(item, budget.of), item.name))[:3]
    items = ", ".join(f"{item.name} {_of(item, budget.of):,.0f}" for item in biggest)
    findings.refuse(
        "Budget",
        "budget.usdPerMonth",
        f"${total:,.0f} a month at {budget.of} is ${over:,.0f} over {budget.usd_per_month:,.0f}; the biggest: {items}",
        f"budget.usdPerMonth: {-(-total // 100) * 100:.0f}",
    )


def _of(item: CostItem, which: str) -> float:
    return item.max if which == "most" else item.min
