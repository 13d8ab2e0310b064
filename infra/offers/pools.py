"""The pools that a model may run on: those of the stack file, or one that the planner makes of an instance type."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import Literal

from infra.catalog import Catalog, Gpu, Instance
from infra.catalog.whose import borrowed_from, elsewhere
from infra.clouds.existing.own_cards import existing_card
from infra.clouds.existing.section import ExistingNodes
from infra.offers.shared import parts_of
from infra.plan.notes import Write
from infra.settings.capacity import Kind
from infra.settings.cluster import GpuPool
from infra.settings.sharing import Sharing


@dataclass(frozen=True)
class Offer:
    """A pool that a model may run on: nodes of one kind."""

    name: str
    card: Gpu
    gpus_per_node: int
    types: tuple[Instance, ...]  # () on nodes that somebody else makes
    settings: GpuPool | None  # None: the planner makes it
    # Of the most expensive of its types, on spot in the most expensive zone; None: nobody said it.
    usd_per_node_hour: float | None
    zone_ids: tuple[str, ...]
    price_note: str = ""  # whose price it is, where it isn't the region's
    whole: str = ""  # the card of the nodes, where `card` is a part of it
    parts: int = 1  # of one GPU: the number of servers that share it
    borrowed_from: str = ""  # the region whose price it is, where this region's isn't known

    def __hash__(self) -> int:
        """Of a part, which is computed in no time. Its settings may hold dicts (a selector), which have no hash."""
        return hash((self.name, self.gpus_per_node, self.usd_per_node_hour, self.parts))

    @property
    def gpu(self) -> str:
        return self.card.name

    @property
    def sharing(self) -> Sharing | None:
        return self.settings.shared if self.settings else None

    @property
    def borrowed(self) -> bool:
        """Whether the price is another region's, so that comparing it with the region's prices is only rough."""
        return bool(self.borrowed_from)

    @property
    def unit(self) -> str:
        """What a replica gets one or several of."""
        if self.sharing is None:
            return "slice" if self.card.slice else "GPU"
        return "slice" if self.sharing.mig is not None else "part"

    @property
    def separates(self) -> bool:
        """Whether no other server reaches the memory that one has: whole GPUs, or slices of MIG."""
        return self.sharing is None or self.sharing.mig is not None

    @property
    def usd_per_gpu_hour(self) -> float:
        """Nodes for which nobody gave a price cost this stack nothing."""
        return (self.usd_per_node_hour or 0.0) / self.gpus_per_node

    @property
    def usd_per_node_hour_min(self) -> float | None:
        """The price of the cheapest of its types; on spot, in the cheapest zone."""
        return min((each.hourly_of(self.kinds)[0] for each in self.types), default=self.usd_per_node_hour)

    @property
    def price_said(self) -> str:
        """The note in brackets, as it stands after the price."""
        return f" ({self.price_note})" if self.price_note else ""

    @property
    def nodes(self) -> int | None:
        """The number of nodes that exist; None: this program makes the nodes, or others add them up to `max`."""
        return self.settings.existing.nodes if self.settings and self.settings.existing else None

    @property
    def existing(self) -> bool:
        return not self.types

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What its nodes may be, in the order in which they are asked for."""
        return self.settings.kinds if self.settings else ("on-demand",)

    @property
    def capacity(self) -> Literal["on-demand", "spot"]:
        """Spot where any of its nodes may be."""
        return "spot" if "spot" in self.kinds else "on-demand"

    @property
    def instance_type(self) -> str | None:
        return self.types[0].name if self.types else None


def declared(name: str, pool: GpuPool, catalog: Catalog, region: str | None, zone_ids: tuple[str, ...]) -> Offer:
    """A pool of the stack file, in the cluster's zones that offer every one of its types."""
    if pool.existing is not None:
        return _existing(name, pool, pool.existing, catalog)
    types = tuple(catalog.instances[each] for each in pool.instance_types or ())
    return _offer(name, types, pool, catalog, region, zone_ids)


# A plan tries its advice in many plans of the same catalogue and zones.
SAME_PLACES = 8


@lru_cache(SAME_PLACES)
def every_type(catalog: Catalog) -> tuple[Offer, ...]:
    """A pool of each instance type that can serve, wherever it is offered; cheapest node first."""
    usable = (each for each in catalog.instances.values() if each.left_out is None)
    return _cheapest_first(of_type(each, catalog) for each in usable)


def of_type(instance: Instance, catalog: Catalog) -> Offer:
    return _offer(_pool_name(instance), (instance,), None, catalog, None, ())


def _existing(name: str, pool: GpuPool, nodes: ExistingNodes, catalog: Catalog) -> Offer:
    price, card = nodes.usd_per_gpu_hour, existing_card(nodes, catalog)
    parts = parts_of(card, nodes.sharing, catalog)
    return Offer(
        name,
        parts.card,
        nodes.gpus_per_node * parts.number,
        (),
        pool,
        price * nodes.gpus_per_node if price is not None else None,
        (),
        whole=card.name,
        parts=parts.number,
    )


@lru_cache(SAME_PLACES)
def makeable(catalog: Catalog, region: str | None, zone_ids: tuple[str, ...]) -> tuple[Offer, ...]:
    """A pool for each instance type that can serve and that one of the zones offers; cheapest node first.

    Types whose price in this region isn't known come last: another region's price is no reason to choose them.
    """
    usable = (each for each in catalog.instances.values() if each.left_out is None)
    offers = (_offer(_pool_name(each), (each,), None, catalog, region, zone_ids) for each in usable)
    return _cheapest_first(offer for offer in offers if offer.zone_ids)


def beside(pools: Sequence[Offer], new: Iterable[Offer]) -> tuple[Offer, ...]:
    """The new pools as a stack file can have them beside its own. Its pools keep their names: `instanceTypes` written
    below one would move its models to nodes of that pool's capacity, at another price than that of the new pool."""
    there = {pool.name: pool for pool in pools}
    others = (each for each in new if not _is_there(each, there))
    return tuple(replace(each, name=_free_name(each.name, there)) if each.name in there else each for each in others)


def _is_there(offer: Offer, pools: Mapping[str, Offer]) -> bool:
    pool = pools.get(offer.name)
    return pool is not None and (pool.types, pool.kinds) == (offer.types, offer.kinds)


def _free_name(name: str, taken: Collection[str]) -> str:
    return next(free for number in count(2) if (free := f"{name}-{number}") not in taken)


def on_spot(offers: Iterable[Offer]) -> list[Offer]:
    """The same pools on spot, where all of their types are offered on spot. They have settings, because `capacity` is
    written in the stack file, and their own names: one name is never two pools."""
    found = []
    for offer in offers:
        if all(each.spot for each in offer.types):
            types = tuple(each.name for each in offer.types)
            pool = GpuPool.model_validate({"instanceTypes": types, "capacity": "spot"})
            price = max((each.hourly("spot")[1] for each in offer.types), default=0.0)
            found.append(replace(offer, name=f"{offer.name}-spot", settings=pool, usd_per_node_hour=price))
    return found


def beside_on_spot(pools: Sequence[Offer], new: Iterable[Offer]) -> tuple[Offer, ...]:
    """The new pools on spot, beside those of the stack file. `new`: on demand, so without types that the stack file has
    on demand under the same name; on spot those are other nodes."""
    there = (each for each in pools if each.kinds == ("on-demand",) and _is_named_after_its_type(each))
    return beside(pools, on_spot(_cheapest_first((*new, *there))))


def _is_named_after_its_type(offer: Offer) -> bool:
    return len(offer.types) == 1 and offer.name == _pool_name(offer.types[0])


def new_pool(offer: Offer) -> Write:
    """What the stack file says of it."""
    path = f"gpuPools.{offer.name}"
    spot = ((f"{path}.capacity", "spot"),) if offer.capacity == "spot" else ()
    return ((f"{path}.instanceTypes", tuple(each.name for each in offer.types)), *spot)


def _pool_name(instance: Instance) -> str:
    return instance.name.replace(".", "-")


def _cheapest_first(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    return tuple(sorted(offers, key=lambda offer: (offer.borrowed, offer.usd_per_node_hour or 0.0, offer.name)))


def _offer(
    name: str,
    types: tuple[Instance, ...],
    pool: GpuPool | None,
    catalog: Catalog,
    region: str | None,
    zone_ids: tuple[str, ...],
) -> Offer:
    zones = tuple(zone for zone in zone_ids if all(zone in catalog.zones_of(t.name, region or "") for t in types))
    kinds = pool.kinds if pool else ("on-demand",)
    price = max((each.hourly_of(kinds)[1] for each in types), default=0.0)
    parts = parts_of(catalog.gpus[types[0].gpu], pool.sharing if pool else None, catalog)
    return Offer(
        name,
        parts.card,
        types[0].gpus * parts.number,
        types,
        pool,
        price,
        zones,
        elsewhere(types, catalog),
        types[0].gpu,
        parts.number,
        borrowed_from(types, catalog),
    )
