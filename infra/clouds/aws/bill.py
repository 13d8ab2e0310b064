"""What AWS charges beside the price of nodes, and whose prices a bill has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from infra.catalog import Catalog
from infra.catalog.whose import Priced, elsewhere
from infra.clouds.aws.endpoint import endpoint_month
from infra.clouds.aws.facts import CpuInstance
from infra.clouds.aws.left_out import left_out
from infra.clouds.aws.logs import logs_item
from infra.clouds.aws.plan import AwsCluster, aws_cluster
from infra.clouds.aws.storage_prices import cache_items, node_disks, pools_disk, stopped_disks
from infra.clouds.aws.whose import headline, others_elsewhere, price_note, spot_note
from infra.plan.findings import Decided
from infra.plan.models import Resources
from infra.plan.money import HOURS_PER_MONTH, CostItem, PriceNote
from infra.plan.notes import Assumption, Finding
from infra.plan.pools import PoolPlan
from infra.plan.way_in import GatewayPlan
from infra.plan.words import count
from infra.services.addons.pods import addon_pods
from infra.services.gateway.token_limits import gateway_pods
from infra.services.monitoring.alerts.receivers import alertmanager_pods
from infra.services.monitoring.dashboards.pods import grafana_pods
from infra.services.tracing.report import tracing_pods
from infra.settings.platform import Settings

if TYPE_CHECKING:
    from infra.planning.cost import Billed

# Per node and month: about 2,000 lines of 120 bytes in ten minutes. An estimate; it grows with connections.
FLOW_LOG_GIB_PER_NODE = 1.0
_OWN = "prices of the stack file"
MIN_ZONES = 2  # of a load balancer


def bill(billed: Billed) -> Iterator[CostItem]:
    cluster = aws_cluster(billed.cluster)
    yield from _platform(billed, cluster)
    yield from _gateway(billed.gateway, cluster, billed.catalog)
    yield from cache_items(billed)
    yield from _endpoint(billed, cluster)
    yield node_disks(billed, cluster)
    yield from stopped_disks(billed)
    yield from _flow_logs(billed)
    yield from logs_item(billed)


def price_note_of(billed: Billed) -> Decided[PriceNote]:
    ours, catalog = billed.ours, billed.catalog
    if billed.theirs and not any(item.max for item in bill(billed)) and not ours:
        yield Assumption("prices", _OWN)
        return PriceNote(left_out(billed), _OWN)
    types = _types(billed.settings, ours, catalog)
    note = price_note(billed.settings, types, ours, catalog)
    if round(more := sum(_spot_to_demand(pool, billed) for pool in ours)):
        note += f", which would be ${more:,.0f} per month more at the maximum"
    yield from _assume_prices(note, ours, catalog)
    return PriceNote(left_out(billed), note, headline(types, catalog), others_elsewhere(catalog))


def _spot_to_demand(pool: PoolPlan, billed: Billed) -> float:
    """What the maximum of a spot pool leaves out: no zone's price of one moment is the highest ever."""
    if "spot" not in pool.kinds or "on-demand" in pool.kinds:
        return 0.0
    demand = max(each.usd_per_hour or 0.0 for each in pool.types)
    spot = max(each.hourly("spot")[1] for each in pool.types)
    return pool.beside_reserved(billed.nodes_of(pool).max) * (demand - spot) * HOURS_PER_MONTH


def usd_beside_node(pool: PoolPlan, settings: Settings, catalog: Catalog) -> float:
    """The price of its disk and of its flow logs per month."""
    return pools_disk(pool, catalog) + (_flow_log_month(catalog) if _has_flow_logs(settings) else 0.0)


def _has_flow_logs(settings: Settings) -> bool:
    """A VPC that we make has them."""
    create = settings.cluster.create
    return create is not None and create.network.vpc_id is None


def _flow_log_month(catalog: Catalog) -> float:
    return FLOW_LOG_GIB_PER_NODE * catalog.aws.prices.log_gib_month


def _platform(billed: Billed, cluster: AwsCluster) -> Iterator[CostItem]:
    create, catalog = billed.settings.cluster.create, billed.catalog
    if create is None:
        return
    prices = catalog.aws.prices
    yield CostItem.fixed("EKS control plane", prices.eks_hour * HOURS_PER_MONTH)
    system = catalog.aws.cpu_instances.get(create.system_nodes.instance_type)
    if system is not None:
        nodes = create.system_nodes.count
        whose = elsewhere((system,), catalog)
        month = nodes * system.usd_per_hour * HOURS_PER_MONTH
        beside = {
            **addon_pods(billed.addons),
            **grafana_pods(billed.settings),
            **alertmanager_pods(billed.settings),
            **tracing_pods(billed.settings),
        }
        pods = {"gateway pods": gateway_pods(billed.traffic), **beside}
        shares = {name: _share_of(each, nodes, system) for name, each in pods.items()}
        left = 1 - sum(share for share, _ in shares.values())
        what = f"{nodes} x {system.name}{f', {whose}' if whose else ''}"
        yield CostItem.fixed("system nodes", month * left, f"{what}, without the shares of {', '.join(shares)}")
        for name, (share, its) in shares.items():
            yield CostItem.fixed(name, month * share, its)
    if create.network.vpc_id is None:
        gateways = len(cluster.zone_ids) if cluster.nat_per_zone else 1
        month = gateways * (prices.nat_hour + prices.public_ipv4_hour) * HOURS_PER_MONTH
        yield CostItem.fixed("NAT gateways", month, f"{gateways}, each with a public address")
    yield CostItem.fixed("KMS key", prices.kms_key_month)


def _share_of(pods: Sequence[Resources], nodes: int, node: CpuInstance) -> tuple[float, str]:
    """The larger share, of CPU or of memory: other pods can't have it. With what it is a share of."""
    cpu, memory = sum(pod.cpu for pod in pods), sum(pod.memory_gib for pod in pods)
    of_cpu, of_memory = cpu / (nodes * node.vcpus), memory / (nodes * node.memory_gib)
    if of_memory < of_cpu:
        return of_cpu, f"{cpu:g} of the system nodes' {nodes * node.vcpus} vCPUs"
    return of_memory, f"{memory:g} of the system nodes' {nodes * node.memory_gib:g} GiB"


def _gateway(gateway: GatewayPlan | None, cluster: AwsCluster, catalog: Catalog) -> Iterator[CostItem]:
    """A public load balancer also pays for one public address per zone."""
    if gateway is None or gateway.controller.title is None:
        return
    zones = len(cluster.zone_ids) if cluster.made else 0
    addresses = max(MIN_ZONES, zones) if gateway.visibility == "public" else 0
    hour = catalog.aws.prices.alb_hour + addresses * catalog.aws.prices.public_ipv4_hour
    what = f"the gateway's, public, {addresses} addresses" if addresses else "the gateway's, internal"
    yield CostItem.fixed("load balancer", hour * HOURS_PER_MONTH, what)


def _endpoint(billed: Billed, cluster: AwsCluster) -> Iterator[CostItem]:
    if billed.cache.bucket_cidrs:
        zones = count(len(cluster.zone_ids), "zone")
        yield CostItem.fixed(
            "endpoint of S3", endpoint_month(cluster, billed.catalog), f"in {zones}, without its price per GB"
        )


def _flow_logs(billed: Billed) -> Iterator[CostItem]:
    create = billed.settings.cluster.create
    if create is None or not _has_flow_logs(billed.settings):
        return
    month = _flow_log_month(billed.catalog)
    nodes, system = [billed.nodes_of(pool) for pool in billed.ours], create.system_nodes.count
    yield CostItem(
        "flow logs",
        month * (system + sum(each.min for each in nodes)),
        month * (system + sum(each.expected for each in nodes)),
        month * (system + sum(each.max for each in nodes)),
        f"about {FLOW_LOG_GIB_PER_NODE:g} GiB per node and month, an estimate",
        with_nodes=True,
    )


def _types(settings: Settings, pools: Sequence[PoolPlan], catalog: Catalog) -> list[Priced]:
    """The instance types of the nodes that are billed."""
    types: list[Priced] = [each for pool in pools for each in pool.types]
    create = settings.cluster.create
    system = catalog.aws.cpu_instances.get(create.system_nodes.instance_type) if create else None
    return [*types, system] if system else types


def _assume_prices(note: str, pools: Sequence[PoolPlan], catalog: Catalog) -> Iterator[Finding]:
    prices = catalog.aws.prices
    yield Assumption("prices", note if catalog.region != prices.region else f"{note}; other prices of {prices.date}")
    for pool in pools:
        if pool.capacity == "spot":
            yield Assumption(f"gpuPools.{pool.name}.capacity", spot_note(pool, catalog))
        for step in pool.steps:
            if step.kind == "reservation":
                yield Assumption(
                    f"gpuPools.{pool.name}.capacity",
                    f"{step.reservation} holds {count(step.instances, 'instance')} of {step.types[0].name}, billed at"
                    " the on-demand price whether they are used or not",
                )
