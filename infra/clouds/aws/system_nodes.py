"""The nodes of a new cluster for everything that needs no GPU, and what is smaller and costs less."""

from collections.abc import Iterator

from infra.catalog import Catalog
from infra.catalog.whose import elsewhere
from infra.clouds.aws.facts import CpuInstance
from infra.clouds.aws.node_room import allocatable
from infra.clouds.aws.section import MAX_SYSTEM_NODES, CreateCluster, SystemNodes
from infra.plan.cluster import SystemNodesPlan
from infra.plan.money import HOURS_PER_MONTH
from infra.settings.platform import Settings

MIN_VCPUS, MIN_GIB = 4, 16  # of a node: operators, Prometheus, two DNS replicas


def system_nodes(settings: Settings, catalog: Catalog) -> SystemNodesPlan | None:
    create = settings.cluster.create
    node = catalog.aws.cpu_instances.get(create.system_nodes.instance_type) if create is not None else None
    if create is None or node is None:
        return None
    smaller = sorted(_smaller(create, node, catalog), key=lambda each: (each.usd_per_month, each.count))
    return _plan(node, create.system_nodes.count, catalog, tuple(smaller))


def _plan(
    node: CpuInstance, count: int, catalog: Catalog, smaller: tuple[SystemNodesPlan, ...] = ()
) -> SystemNodesPlan:
    cpu, gib = allocatable(node.vcpus, node.memory_gib, gpus=False)
    month = count * node.usd_per_hour * HOURS_PER_MONTH
    path = "cluster.create.systemNodes"
    whose = elsewhere((node,), catalog)
    return SystemNodesPlan(node.name, count, MAX_SYSTEM_NODES, cpu, gib, path, month, whose, smaller)


def _smaller(create: CreateCluster, node: CpuInstance, catalog: Catalog) -> Iterator[SystemNodesPlan]:
    """Types of the same family, and fewer nodes where each zone still has one."""
    places = create.zones if create.zones is not None else create.network.private_subnet_ids or ()
    largest = create.system_nodes.count
    smallest = min(largest, max(places if isinstance(places, int) else len(places), SystemNodes().count))
    for each in catalog.aws.cpu_instances.values():
        if _family(each) == _family(node) and is_enough(each) and each.usd_per_hour <= node.usd_per_hour:
            yield from (_plan(each, count, catalog) for count in range(smallest, largest + 1))


def is_enough(node: CpuInstance) -> bool:
    return node.vcpus >= MIN_VCPUS and node.memory_gib >= MIN_GIB


def _family(node: CpuInstance) -> str:
    return node.name.partition(".")[0]
