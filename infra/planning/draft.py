"""A plan without advice: each part is decided once, in turn, and the findings are gathered at the end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from infra.catalog import Catalog
from infra.clouds.cloud import Cloud
from infra.offers.pools import Offer, beside, declared, makeable
from infra.offers.sizing import Sizing
from infra.plan.cluster import AddonPlan, CachePlan, ClusterPlan, GatewayPlan, MonitoringPlan, PoolPlan, Quota
from infra.plan.findings import Decided, Findings, gather, split
from infra.plan.gateway import TrafficPlan
from infra.plan.models import ModelPlan
from infra.plan.money import Cost
from infra.plan.notes import Finding
from infra.plan.plan import Plan
from infra.planning.bill import minimum_per_month, plan_bill
from infra.planning.budget import check_budget
from infra.planning.cost import Billed
from infra.planning.nights import nights, say_hours
from infra.planning.node_makers import check_node_makers
from infra.planning.nodes import plan_pool
from infra.planning.odd_prices import warn_of_odd_prices
from infra.planning.own_pools import to_do_of_own_nodes, warn_of_same_nodes, with_room
from infra.planning.paused import cheaper_while_paused
from infra.planning.peak import check_peak
from infra.planning.placeholders import list_placeholders
from infra.planning.pool_zones import Zones
from infra.planning.spare_room import check_spare
from infra.planning.spares import find_spares
from infra.planning.to_do import list_nodes
from infra.planning.warnings import warn_of_allow, warn_of_budget, warn_of_pool
from infra.planning.waste import warn_of_waste
from infra.registry import cloud_of, services
from infra.services.addons.definitions import of_others
from infra.services.addons.plan import plan_addons
from infra.services.addons.pods import pods_beside
from infra.services.external.plan import list_missing_keys, warn_of_externals
from infra.services.gateway.answers import shortest_timeout, warn_of_cut_answers
from infra.services.gateway.plan import plan_gateway
from infra.services.gateway.times import longest_answer, longest_end, timeout_of
from infra.services.gateway.token_limits import gateway_pods
from infra.services.gateway.traffic import plan_traffic
from infra.services.monitoring.alerts.receivers import alertmanager_pods, receivers_to_do
from infra.services.monitoring.dashboards.pods import grafana_pods
from infra.services.monitoring.plan import plan_monitoring
from infra.services.service import Around
from infra.services.serving.cold_start import waits
from infra.services.serving.next import instead_of_two, with_next
from infra.services.serving.on_cpu import no_gpu_nodes
from infra.services.serving.placement import Placed, by_pool, place
from infra.services.serving.places import list_weights, say_bucket
from infra.services.serving.plan import plan_models
from infra.services.serving.pods import check_system_nodes
from infra.services.serving.prefetch import GP3_MIBPS, explain_prefetch
from infra.services.serving.rollout import surges
from infra.services.serving.served import Served, resolve
from infra.services.serving.to_dos import list_licences
from infra.services.tracing.plan import headers_to_do, traced
from infra.services.tracing.report import tracing_pods
from infra.services.weights.on_nodes import check_disk, explain_nodes, with_weights
from infra.services.weights.plan import plan_cache
from infra.services.weights.readers import check_readers, on_one_node
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

    @property
    def catalog(self) -> Catalog:
        return self.sizing.catalog

    @property
    def cloud(self) -> Cloud:
        return cloud_of(self.settings)


@dataclass(frozen=True)
class Draft:
    """A plan without advice, and what advice is made from."""

    plan: Plan
    placed: Sequence[Placed]
    offers: Sequence[Offer]
    new: Sequence[Offer]  # pools that the planner could make
    zones: int


@dataclass(frozen=True)
class _Platform:
    """What is there whatever the models run on."""

    cluster: ClusterPlan
    served: Sequence[Served]
    cache: CachePlan
    gateway: GatewayPlan | None
    addons: Mapping[str, AddonPlan]
    monitoring: MonitoringPlan | None

    @property
    def zones(self) -> tuple[str, ...]:
        """Where pods can be that read the cache."""
        return (self.cache.zone_id,) if self.cache.zone_id else self.cluster.zone_ids


@dataclass(frozen=True)
class _Places:
    """Where each model runs, of the pools that there are and those that the planner could make."""

    offers: Sequence[Offer]
    new: Sequence[Offer]
    placed: Sequence[Placed]


@dataclass(frozen=True)
class _Nodes:
    """What the models run on."""

    offers: Sequence[Offer]
    new: Sequence[Offer]
    placed: Sequence[Placed]
    pools: Mapping[str, PoolPlan]


@dataclass(frozen=True)
class _Parts:
    """All that is decided."""

    platform: _Platform
    nodes: _Nodes
    models: Mapping[str, ModelPlan]
    traffic: TrafficPlan
    billed: Billed
    cost: Cost
    quotas: tuple[Quota, ...]
    services: Mapping[str, Any]  # by name


def draft(asked: Asked) -> Draft:
    parts, found = split(_decide(asked))
    nodes = parts.nodes
    plan = _plan(asked, parts, gather(found))
    return Draft(plan, nodes.placed, nodes.offers, nodes.new, len(parts.platform.zones))


def _decide(asked: Asked) -> Decided[_Parts]:
    platform = yield from _platform(asked)
    places = yield from _places(asked, platform)
    platform = replace(platform, cache=on_one_node(platform.cache, places.placed))
    yield from check_readers(platform.cache, places.placed, platform.cluster, asked.cloud)
    yield from explain_nodes(places.placed, platform.cache)
    yield from say_bucket(places.placed, platform.cache)
    yield from explain_prefetch(platform.served, platform.cluster, platform.cache, asked.catalog)
    nodes = yield from _nodes(asked, platform, places)
    settings = asked.settings
    gateway = waits(
        longest_answer(settings), timeout_of(settings), asked.cloud.dns_ttl_seconds, asked.cloud.spot_leave_seconds
    )
    disk = GP3_MIBPS if platform.cluster.made else 0
    models = yield from plan_models(nodes.placed, nodes.pools, platform.cache, gateway, asked.sizing, system_disk=disk)
    models = traced(models, settings)
    traffic = yield from plan_traffic(asked.settings, models, platform.gateway, asked.catalog)
    yield from warn_of_externals(traffic, platform.cluster)
    yield from list_missing_keys(asked.stack, traffic.externals, asked.secrets)
    yield from receivers_to_do(asked.settings, asked.stack, asked.secrets)
    yield from headers_to_do(asked.settings, asked.stack, asked.secrets)
    yield from _check_nodes(asked, platform, nodes, models, traffic)
    yield from _warn(asked, platform, nodes, models, traffic)
    billed = _billed(asked, platform, nodes, models, traffic)
    cost = yield from plan_bill(billed)
    yield from say_hours(billed)
    yield from check_budget(asked.settings, cost)
    quotas = tuple(asked.cloud.quotas(platform.cluster, nodes.pools))
    yield from _to_dos(asked, platform, nodes, quotas)
    parts = yield from _services(billed)
    return _Parts(platform, nodes, models, traffic, billed, cost, quotas, parts)


def _platform(asked: Asked) -> Decided[_Platform]:
    settings, catalog = asked.settings, asked.catalog
    cluster = yield from asked.cloud.plan_cluster(asked.stack, settings, asked.region, asked.config, catalog)
    served = yield from _served(asked, cluster)
    cache = yield from plan_cache(settings, served, cluster, asked.cloud)
    yield from asked.cloud.explain(settings, cluster, cache, catalog)
    gateway = yield from plan_gateway(settings, asked.cloud)
    addons = yield from plan_addons(settings, cluster, asked.cloud, catalog)
    return _Platform(cluster, served, cache, gateway, addons, plan_monitoring(settings, addons, catalog))


def _served(asked: Asked, cluster: ClusterPlan) -> Decided[list[Served]]:
    without = no_gpu_nodes(asked.settings, asked.cloud)
    served: list[Served] = []
    for name, (model, next_of) in sorted(with_next(asked.settings.models).items()):
        found = yield from resolve(name, model, asked.catalog, no_gpu_nodes=without, next_of=next_of)
        write = instead_of_two(next_of, asked.settings.models[next_of]) if next_of is not None else ()
        served.append(replace(found, in_place=write))
    return served


def _places(asked: Asked, platform: _Platform) -> Decided[_Places]:
    settings, catalog, cluster, zones = asked.settings, asked.catalog, platform.cluster, platform.zones
    offers = [declared(name, pool, catalog, cluster.region, zones) for name, pool in sorted(settings.gpu_pools.items())]
    new = beside(offers, makeable(catalog, cluster.region, zones)) if asked.cloud.makes_nodes(settings) else ()
    placed: list[Placed] = []
    for each in platform.served:
        placed.append((yield from place(each, offers, new, asked.sizing)))
    return _Places(offers, new, with_room(placed, by_pool(placed)))


def _nodes(asked: Asked, platform: _Platform, places: _Places) -> Decided[_Nodes]:
    pools = yield from _pools(asked, platform, places.offers, places.placed)
    return _Nodes(places.offers, places.new, places.placed, pools)


def _pools(
    asked: Asked, platform: _Platform, offers: Sequence[Offer], placed: Sequence[Placed]
) -> Decided[dict[str, PoolPlan]]:
    """Those of the stack file, and those that the models asked for."""
    on = {offer.name: [] for offer in offers} | by_pool(placed)
    used = {offer.name: offer for offer in offers}
    used |= {each.offer.name: each.offer for each in placed if each.offer is not None}
    pools: dict[str, PoolPlan] = {}
    for name in sorted(used):
        rolling = [each for each in on[name] if surges(each, one_reader=platform.cache.one_reader)]
        pools[name] = yield from plan_pool(used[name], on[name], rolling, asked.catalog, platform.cluster.kubectl)
        pools[name] = with_weights(pools[name], on[name], platform.cache)
        if not pools[name].existing:
            pools[name] = yield from asked.cloud.furnish(pools[name], asked.settings, platform.cluster, asked.catalog)
    return pools


def _check_nodes(
    asked: Asked, platform: _Platform, nodes: _Nodes, models: Mapping[str, ModelPlan], traffic: TrafficPlan
) -> Iterator[Finding]:
    on = by_pool(nodes.placed)
    for name, pool in nodes.pools.items():
        yield from check_disk(pool, on.get(name, []), platform.cache, asked.cloud if platform.cluster.made else None)
        yield from check_peak(pool, on.get(name, []), models, asked.settings, asked.catalog)
        yield from check_spare(pool, on.get(name, []), models)
    yield from check_node_makers(asked.settings, nodes.pools, platform.addons)
    system = asked.cloud.system_nodes(asked.settings, asked.catalog)
    if system is not None:
        surging = frozenset(
            each.served.name for each in nodes.placed if surges(each, one_reader=platform.cache.one_reader)
        )
        others = {
            "the gateway": gateway_pods(traffic),
            **pods_beside(platform.addons),
            **grafana_pods(asked.settings),
            **alertmanager_pods(asked.settings),
            **tracing_pods(asked.settings),
        }
        yield from check_system_nodes(nodes.placed, others, system, surging=surging)


def _warn(
    asked: Asked, platform: _Platform, nodes: _Nodes, models: Mapping[str, ModelPlan], traffic: TrafficPlan
) -> Iterator[Finding]:
    on = by_pool(nodes.placed)
    zones = Zones(asked.settings, platform.cluster, nodes.pools, platform.cache, asked.catalog)
    for name, pool in nodes.pools.items():
        served_there = [models[each.served.name] for each in on.get(name, [])]
        yield from zones.check_pool(pool)
        yield from warn_of_pool(pool, served_there)
        yield from asked.cloud.warn_of_pool(pool, served_there, platform.cluster)
    yield from warn_of_same_nodes(nodes.pools)
    for each in nodes.placed:
        yield from warn_of_waste(each)
    yield from warn_of_allow(asked.settings, nodes.pools)
    yield from warn_of_odd_prices(asked.settings, asked.catalog)
    yield from warn_of_budget(asked.settings, nodes.pools.values(), platform.cluster.region)
    yield from warn_of_cut_answers(models.values(), traffic.idle_seconds)
    yield from asked.cloud.warn_of_drain(
        platform.gateway,
        nodes.pools.values(),
        traffic,
        longest_end(models.values(), traffic),
        shortest_timeout(models.values()),
    )


def _billed(
    asked: Asked, platform: _Platform, nodes: _Nodes, models: Mapping[str, ModelPlan], traffic: TrafficPlan
) -> Billed:
    return Billed(
        settings=asked.settings,
        catalog=asked.catalog,
        cluster=platform.cluster,
        models=models,
        addons=platform.addons,
        monitoring=platform.monitoring,
        gateway=platform.gateway,
        traffic=traffic,
        pools=nodes.pools,
        placed=nodes.placed,
        cache=platform.cache,
    )


def _to_dos(asked: Asked, platform: _Platform, nodes: _Nodes, quotas: tuple[Quota, ...]) -> Iterator[Finding]:
    settings, cluster = asked.settings, platform.cluster
    yield from list_placeholders(settings)
    yield from asked.cloud.to_dos(settings, cluster, nodes.pools, platform.addons, quotas)
    yield from list_licences(asked.stack, nodes.placed, asked.secrets)
    rights = partial(asked.cloud.bucket_rights, cluster, settings.namespace.name)
    yield from list_weights(settings.namespace, nodes.placed, cluster.kubectl, rights)
    yield from list_nodes(cluster, nodes.pools)
    yield from to_do_of_own_nodes(settings, cluster, nodes.pools)


def _services(around: Around) -> Decided[dict[str, Any]]:
    """What each service decides on top of the platform, and what it asks of a person."""
    parts: dict[str, Any] = {}
    for service in services():
        part = yield from service.plan(around)
        yield from service.to_dos(around)
        if part is not None:
            parts[service.name] = part
    return parts


def _plan(asked: Asked, parts: _Parts, findings: Findings) -> Plan:
    platform = parts.platform
    return Plan(
        stack=asked.stack,
        settings=asked.settings,
        cluster=platform.cluster,
        pools=parts.nodes.pools,
        models=parts.models,
        addons=platform.addons,
        cache=platform.cache,
        monitoring=platform.monitoring,
        gateway=platform.gateway,
        traffic=parts.traffic,
        cost=parts.cost,
        spares=find_spares(parts.nodes.pools, parts.nodes.placed, parts.models),
        remedies={},
        mornings={},
        cheaper={},
        while_paused=cheaper_while_paused(parts.billed, minimum_per_month),
        nights=nights(parts.billed, parts.cost),
        chosen=findings.chosen,
        quotas=parts.quotas,
        violations=findings.violations,
        warnings=findings.warnings,
        to_do=findings.to_do,
        assumptions=findings.assumptions,
        kinds_of_others=of_others(parts.billed),
        parts=parts.services,
    )
