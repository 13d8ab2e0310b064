"""What storage costs: disks of nodes and of stopped instances, and the cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.catalog import Catalog
from infra.clouds.aws.plan import AwsCluster
from infra.clouds.aws.storage import EBS, EFS, S3
from infra.plan.cache import CachePlan
from infra.plan.money import CostItem
from infra.plan.pools import PoolPlan
from infra.plan.words import count, usd

if TYPE_CHECKING:
    from infra.planning.cost import Billed

GP3_IOPS = 3000  # included in the price of a disk
GP3_THROUGHPUT = 125
OLDER_REVISIONS = 2  # revisions of the weights that may be kept, on a file system that bills what is used


def usd_per_stored_gib(cache: CachePlan, catalog: Catalog) -> float | None:
    """EFS and S3 bill what is used; a disk its size."""
    prices = catalog.aws.prices
    return {EFS.kind: prices.efs_gib_month, S3.kind: prices.s3_gib_month, EBS.kind: 0.0}.get(cache.kind)


def pools_disk(pool: PoolPlan, catalog: Catalog) -> float:
    return _disk_month(pool.os_gib + pool.root_gib, pool.root_iops, pool.root_throughput, catalog)


def cache_items(billed: Billed) -> Iterator[CostItem]:
    cache = billed.cache
    if cache.storage in (EFS, S3):
        gib, price = sum(cache.folders.values()), usd_per_stored_gib(cache, billed.catalog) or 0.0
        month = gib * price
        what = f"{gib:,.0f} GiB of weights; the maximum has as much of earlier ones"
        yield CostItem(cache.storage.said, month, month, month * OLDER_REVISIONS, what, usd_per_gib=price)
    elif cache.storage == EBS:
        month = _disk_month(cache.size_gib, EBS.iops, EBS.throughput, billed.catalog)
        yield CostItem.fixed("EBS cache", month, _cache_disk(cache.size_gib, billed.catalog))


def _cache_disk(gib: int, catalog: Catalog) -> str:
    """The disk's size, and its throughput, which costs more than the size of a small disk."""
    size, over = gib * catalog.aws.prices.gp3_gib_month, EBS.throughput - GP3_THROUGHPUT
    more = over * catalog.aws.prices.gp3_mibps_month
    return f"{gib:,} GiB {usd(size)}; {over} MiB/s over the {GP3_THROUGHPUT} in the price of a gp3 disk {usd(more)}"


def node_disks(billed: Billed, cluster: AwsCluster) -> CostItem:
    catalog, create = billed.catalog, billed.settings.cluster.create
    disks = [(billed.nodes_of(pool), pools_disk(pool, catalog)) for pool in billed.ours]
    system = create.system_nodes.count * _disk_month(cluster.system_root_gib, 0, 0, catalog) if create else 0.0
    return CostItem(
        "node disks",
        system + sum(nodes.min * usd for nodes, usd in disks),
        system + sum(nodes.expected * usd for nodes, usd in disks),
        system + sum(nodes.max * usd for nodes, usd in disks),
        f"gp3: {_disks_said(billed, cluster)}",
        with_nodes=True,
    )


def stopped_disks(billed: Billed) -> Iterator[CostItem]:
    """Of a stopped instance its disk alone is billed."""
    for pool in billed.ours:
        if pool.warm_pool:
            disk = _disk(pool.os_gib + pool.root_gib, pool.root_iops, pool.root_throughput)
            what = f"disks of {count(pool.warm_pool, 'stopped instance')}, gp3: {disk} each"
            yield CostItem.fixed(f"warm pool of {pool.name}", pool.warm_pool * pools_disk(pool, billed.catalog), what)


def _disks_said(billed: Billed, cluster: AwsCluster) -> str:
    """The size of the disk of each kind of node."""
    system = [f"{cluster.system_root_gib:,} GiB per system node"] if billed.settings.cluster.create else []
    sizes = {
        pool.name: _disk(pool.os_gib + pool.root_gib, pool.root_iops, pool.root_throughput) for pool in billed.ours
    }
    return "; ".join([*system, *(f"{size} per node of {name}" for name, size in sizes.items())])


def _disk(gib: int, iops: int, throughput: int) -> str:
    """A disk's size, with the IOPS and the throughput that are paid beside it."""
    more = [f"{iops:,} IOPS"] if iops > GP3_IOPS else []
    more += [f"{throughput} MiB/s"] if throughput > GP3_THROUGHPUT else []
    return ", ".join([f"{gib:,} GiB", *more])


def _disk_month(gib: int, iops: int, throughput: int, catalog: Catalog) -> float:
    """The price of a gp3 disk per month: IOPS and throughput above those in its price are paid too."""
    prices = catalog.aws.prices
    more = (
        max(0, iops - GP3_IOPS) * prices.gp3_iops_month + max(0, throughput - GP3_THROUGHPUT) * prices.gp3_mibps_month
    )
    return gib * prices.gp3_gib_month + more
