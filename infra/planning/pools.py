"""The pools that a model may run on: those of the stack file, or one that the planner makes of an instance type."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from infra.catalog import Catalog, Instance
from infra.settings import GpuPool


@dataclass(frozen=True)
class Offer:
    """Nodes of one kind."""

    name: str
    gpu: str
    gpus_per_node: int
    types: tuple[Instance, ...]  # () on nodes that somebody else makes
    settings: GpuPool | None  # None: the planner makes it
    usd_per_node_hour: float | None  # the dearest of its types
    zone_ids: tuple[str, ...]

    @property
    def usd_per_gpu_hour(self) -> float:
        """Nodes that somebody else pays for cost this stack nothing."""
        return (self.usd_per_node_hour or 0.0) / self.gpus_per_node

    @property
    def existing(self) -> bool:
        return not self.types

    @property
    def capacity(self) -> Literal["on-demand", "spot"]:
        return self.settings.capacity if self.settings else "on-demand"

    @property
    def instance_type(self) -> str | None:
        return self.types[0].name if self.types else None


def declared(name: str, pool: GpuPool, catalog: Catalog, region: str | None, zone_ids: tuple[str, ...]) -> Offer:
    """A pool of the stack file, in the cluster's zones that offer every one of its types."""
    if pool.existing is not None:
        return Offer(name, pool.existing.gpu, pool.existing.gpus_per_node, (), pool, None, ())
    types = tuple(catalog.instances[each] for each in pool.instance_types or ())
    return _offer(name, types, pool, catalog, region, zone_ids)


def every_type(catalog: Catalog) -> tuple[Offer, ...]:
    """A pool of each instance type that can serve, wherever AWS offers it; cheapest node first."""
    usable = (each for each in catalog.instances.values() if each.left_out is None)
    return _cheapest_first(of_type(each) for each in usable)


def of_type(instance: Instance) -> Offer:
    return Offer(_pool_name(instance), instance.gpu, instance.gpus, (instance,), None, instance.usd_per_hour, ())


def makeable(catalog: Catalog, region: str | None, zone_ids: tuple[str, ...]) -> tuple[Offer, ...]:
    """A pool for each instance type that can serve and that one of the zones offers; cheapest node first."""
    usable = (each for each in catalog.instances.values() if each.left_out is None)
    offers = (_offer(_pool_name(each), (each,), None, catalog, region, zone_ids) for each in usable)
    return _cheapest_first(offer for offer in offers if offer.zone_ids)


def _pool_name(instance: Instance) -> str:
    return instance.name.replace(".", "-")


def _cheapest_first(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    return tuple(sorted(offers, key=lambda offer: (offer.usd_per_node_hour or 0.0, offer.name)))


def _offer(
    name: str,
    types: tuple[Instance, ...],
    pool: GpuPool | None,
    catalog: Catalog,
    region: str | None,
    zone_ids: tuple[str, ...],
) -> Offer:
    zones = tuple(zone for zone in zone_ids if all(zone in catalog.zones_of(t.name, region or "") for t in types))
    price = max((t.usd_per_hour or 0.0 for t in types), default=0.0)
    return Offer(name, types[0].gpu, types[0].gpus, types, pool, price, zones)
