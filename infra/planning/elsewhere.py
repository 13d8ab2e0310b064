"""The instance types of a region on which a pool's models fit, if the region lacks the type in the stack file."""

from collections.abc import Iterator, Sequence

from infra.catalog import Catalog
from infra.offers.options import smallest_fit
from infra.offers.pools import Offer, makeable
from infra.offers.sizing import Sizing
from infra.plan.findings import split
from infra.planning.nodes import nodes_with
from infra.registry import cloud_of
from infra.services.serving.next import with_next
from infra.services.serving.resolve import resolve
from infra.services.serving.served import Served
from infra.settings.platform import Prices, Settings
from infra.sizing.question import Sized


def types_that_hold(settings: Settings, pool: str, region: str, catalog: Catalog) -> tuple[str, ...]:
    """The names of the types, with their GPUs: the cheapest node for each kind and number of GPUs, the cheapest first.
    The kind that the stack file asks for comes first; types on which a model needs another value of `gpus` than the
    stack file's come last, with that value. `pool` may be one that a file without pools could have. Empty if nothing
    runs on the pool, or if it isn't known what a model needs."""
    served = list(_served(settings, pool, catalog))
    create = settings.cluster.create
    zones = create.zones if create is not None and isinstance(create.zones, tuple) else catalog.regions[region]
    sizing = Sizing(cloud_of(settings).priced(catalog, region, Prices()))
    spot = pool in settings.gpu_pools and "spot" in settings.gpu_pools[pool].kinds
    found: dict[tuple[str, int], tuple[Offer, list[Sized]]] = {}
    for each in makeable(sizing.catalog, region, zones) if served else ():
        sized = _sized(each, served, sizing) if each.types[0].spot or not spot else None
        if sized is not None:
            found.setdefault((each.gpu, each.gpus_per_node), (each, sized))
    limit = settings.gpu_pools[pool].max if pool in settings.gpu_pools else None
    enough = [pair for pair in found.values() if limit is None or _nodes(served, *pair) <= limit] or found.values()
    said = [(offer, _other_gpus(served, sized)) for offer, sized in enough]
    asked = _kinds(settings, pool, catalog)
    ordered = sorted(said, key=lambda pair: (pair[0].gpu not in asked, bool(pair[1])))
    return tuple(_said(offer, gpus) for offer, gpus in ordered)


def _kinds(settings: Settings, pool: str, catalog: Catalog) -> set[str]:
    """Of GPUs, by the instance types that the stack file gives the pool."""
    given = settings.gpu_pools[pool].instance_types if pool in settings.gpu_pools else None
    return {catalog.instances[each].gpu for each in given or () if each in catalog.instances}


def _served(settings: Settings, pool: str, catalog: Catalog) -> Iterator[Served]:
    """The known models of the pool. An unknown model is left out here, because it is reported as another mistake."""
    only = len(settings.gpu_pools) <= 1
    for name, (model, next_of) in with_next(settings.models).items():
        known = model.architecture is not None or (model.like or model.model) in catalog.models
        if known and (model.pool == pool or (model.pool is None and only)):
            yield split(resolve(name, model, catalog, no_gpu_nodes=False, next_of=next_of))[0]


def _sized(offer: Offer, served: Sequence[Served], sizing: Sizing) -> list[Sized] | None:
    """Each model that needs GPUs there, with the stack file's `gpus` where they fit; None if a model fits with no
    number of GPUs."""
    found: list[Sized] = []
    for each in _on_gpus(served):
        asked = each.question
        splits = asked.gpus is None or asked.obstacle(asked.gpus) is None
        sized = smallest_fit(asked, offer, sizing) if splits else None
        sized = sized or smallest_fit(asked.but(gpus=None), offer, sizing)
        if sized is None:
            return None
        found.append(sized)
    return found


def _on_gpus(served: Sequence[Served]) -> list[Served]:
    return [each for each in served if not each.cpu]


def _other_gpus(served: Sequence[Served], sized: Sequence[Sized]) -> list[str]:
    """The values of `gpus` that have to be written, because the stack file's don't fit."""
    pairs = zip(_on_gpus(served), sized, strict=True)
    return [f"{each.path}.gpus: {one.gpus}" for each, one in pairs if each.question.gpus not in (None, one.gpus)]


def _nodes(served: Sequence[Served], offer: Offer, sized: Sequence[Sized]) -> int:
    """Those that hold the maximum of replicas of the models that aren't paused."""
    wanted: dict[int, int] = {}
    for each, one in zip(_on_gpus(served), sized, strict=True):
        wanted[one.gpus] = wanted.get(one.gpus, 0) + (0 if each.settings.paused else each.replicas.max)
    return nodes_with(wanted, offer.gpus_per_node)


def _said(offer: Offer, gpus: Sequence[str]) -> str:
    beside = f", with {' and '.join(gpus)}" if gpus else ""
    return f"{offer.instance_type} ({offer.gpus_per_node} x {offer.gpu}{beside})"
