"""What is there whatever the models run on, where each model runs, and its nodes: what a plan decides first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from infra.catalog import Catalog
from infra.clouds.cloud import Cloud
from infra.clouds.existing.distributions import distribution_of
from infra.offers.pools import Offer, beside, declared, makeable
from infra.offers.sizing import Sizing
from infra.plan.cache import CachePlan
from infra.plan.cluster import AddonPlan, ClusterPlan
from infra.plan.findings import Decided
from infra.plan.monitoring import MonitoringPlan
from infra.plan.pools import PoolPlan
from infra.plan.way_in import GatewayPlan
from infra.planning.nodes import plan_pool
from infra.planning.own_rollouts import with_room
from infra.registry import cloud_of
from infra.services.addons.plan import plan_addons
from infra.services.gateway.plan import plan_gateway
from infra.services.monitoring.plan import plan_monitoring
from infra.services.serving.next import instead_of_two, with_next
from infra.services.serving.on_cpu import no_gpu_nodes
from infra.services.serving.placed import Placed, by_pool
from infra.services.serving.placement import place
from infra.services.serving.resolve import resolve
from infra.services.serving.rollout import surges
from infra.services.serving.served import Served
from infra.services.weights.on_nodes import with_weights
from infra.services.weights.plan import plan_cache, zone_of_cache
from infra.services.weights.readers import on_one_node
from infra.settings.platform import Settings


@dataclass(frozen=True)
class Asked:
    """What a plan is made from. `secrets` names those that the stack has."""

    stack: str
    settings: Settings
    region: str | None
    secrets: frozenset[str]
    config: Any  # what the cloud's own keys say
    sizing: Sizing
    costs_more: str = ""  # what says that the quickest cache costs too much, after a plan with it

    @property
    def catalog(self) -> Catalog:
        return self.sizing.catalog

    @property
    def cloud(self) -> Cloud:
        return cloud_of(self.settings)


@dataclass(frozen=True)
class Ground:
    """What is there before anything has a place."""

    cluster: ClusterPlan
    served: Sequence[Served]
    zones: tuple[str, ...]  # where pods can be that read the cache


@dataclass(frozen=True)
class Platform(Ground):
    """What is there whatever the models run on."""

    cache: CachePlan
    gateway: GatewayPlan | None
    addons: Mapping[str, AddonPlan]
    monitoring: MonitoringPlan | None


@dataclass(frozen=True)
class Places:
    """Where each model runs, of the pools that there are and those that the planner could make."""

    offers: Sequence[Offer]
    new: Sequence[Offer]
    placed: Sequence[Placed]


@dataclass(frozen=True)
class Nodes:
    """What the models run on."""

    offers: Sequence[Offer]
    new: Sequence[Offer]
    placed: Sequence[Placed]
    pools: Mapping[str, PoolPlan]


def plan_ground(asked: Asked) -> Decided[Ground]:
    settings = asked.settings
    cluster = yield from asked.cloud.plan_cluster(asked.stack, settings, asked.region, asked.config, asked.catalog)
    served = yield from _served(asked)
    zone = zone_of_cache(settings, served, cluster, asked.cloud)
    return Ground(cluster, served, (zone,) if zone else cluster.zone_ids)


def plan_platform(asked: Asked, ground: Ground, places: Places) -> Decided[Platform]:
    settings, catalog, cluster = asked.settings, asked.catalog, ground.cluster
    cache = yield from plan_cache(settings, places.placed, cluster, asked.cloud, catalog, asked.costs_more)
    yield from asked.cloud.explain(settings, cluster, cache, catalog)
    gateway = yield from plan_gateway(settings, asked.cloud)
    addons = yield from plan_addons(settings, cluster, asked.cloud, catalog)
    monitoring = plan_monitoring(settings, addons, catalog)
    cache = on_one_node(cache, places.placed)
    return Platform(cluster, ground.served, ground.zones, cache, gateway, addons, monitoring)


def _served(asked: Asked) -> Decided[list[Served]]:
    without = no_gpu_nodes(asked.settings, asked.cloud)
    served: list[Served] = []
    for name, (model, next_of) in sorted(with_next(asked.settings.models).items()):
        found = yield from resolve(name, model, asked.catalog, no_gpu_nodes=without, next_of=next_of)
        write = instead_of_two(next_of, asked.settings.models[next_of]) if next_of is not None else ()
        served.append(replace(found, in_place=write))
    return served


def plan_places(asked: Asked, ground: Ground) -> Decided[Places]:
    settings, catalog, cluster, zones = asked.settings, asked.catalog, ground.cluster, ground.zones
    offers = [declared(name, pool, catalog, cluster.region, zones) for name, pool in sorted(settings.gpu_pools.items())]
    new = beside(offers, makeable(catalog, cluster.region, zones)) if asked.cloud.makes_nodes(settings) else ()
    placed: list[Placed] = []
    for each in ground.served:
        placed.append((yield from place(each, offers, new, asked.sizing)))
    return Places(offers, new, with_room(placed, by_pool(placed)))


def plan_nodes(asked: Asked, platform: Platform, places: Places) -> Decided[Nodes]:
    pools = yield from _pools(asked, platform, places.offers, places.placed)
    return Nodes(places.offers, places.new, places.placed, pools)


def _pools(
    asked: Asked, platform: Platform, offers: Sequence[Offer], placed: Sequence[Placed]
) -> Decided[dict[str, PoolPlan]]:
    """Those of the stack file, and those that the models asked for."""
    on = {offer.name: [] for offer in offers} | by_pool(placed)
    used = {offer.name: offer for offer in offers}
    used |= {each.offer.name: each.offer for each in placed if each.offer is not None}
    pools: dict[str, PoolPlan] = {}
    kubectl, distribution = platform.cluster.kubectl, distribution_of(asked.settings)
    for name in sorted(used):
        rolling = [each for each in on[name] if surges(each, one_reader=platform.cache.one_reader)]
        pools[name] = yield from plan_pool(used[name], on[name], rolling, asked.catalog, kubectl, distribution)
        pools[name] = with_weights(pools[name], on[name], platform.cache)
        if not pools[name].existing:
            pools[name] = yield from asked.cloud.furnish(pools[name], asked.settings, platform.cluster, asked.catalog)
    return pools
