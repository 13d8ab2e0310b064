"""A plan without advice: each part is decided once, in turn, and the findings are gathered at the end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from infra.offers.pools import Offer
from infra.plan.cluster import Quota
from infra.plan.findings import Decided, Findings, gather, split
from infra.plan.gateway import TrafficPlan
from infra.plan.models import ModelPlan
from infra.plan.money import Cost
from infra.plan.notes import Finding
from infra.plan.plan import Plan
from infra.planning.bill import minimum_per_month, plan_bill
from infra.planning.budget import check_budget
from infra.planning.cache_cost import costs_more
from infra.planning.cost import Billed
from infra.planning.nights import nights, say_hours
from infra.planning.node_makers import check_node_makers
from infra.planning.odd_prices import warn_of_odd_prices
from infra.planning.own_labels import to_do_of_own_nodes, warn_of_same_nodes
from infra.planning.paused import cheaper_while_paused
from infra.planning.peak import check_peak
from infra.planning.placeholders import list_placeholders
from infra.planning.places import Asked, Nodes, Platform, plan_ground, plan_nodes, plan_places, plan_platform
from infra.planning.pool_zones import Zones
from infra.planning.scattered import warn_of_scattered
from infra.planning.spare_room import check_spare
from infra.planning.spares import find_spares
from infra.planning.to_do import list_nodes
from infra.planning.warnings import warn_of_allow, warn_of_budget, warn_of_pool
from infra.planning.waste import warn_of_waste
from infra.registry import services
from infra.services.addons.definitions import of_others
from infra.services.addons.pods import pods_beside
from infra.services.external.plan import list_missing_keys, warn_of_externals
from infra.services.gateway.answers import shortest_timeout, warn_of_cut_answers
from infra.services.gateway.times import longest_answer, longest_end, timeout_of
from infra.services.gateway.token_limits import gateway_pods
from infra.services.gateway.traffic import plan_traffic
from infra.services.monitoring.alerts.receivers import alertmanager_pods, receivers_to_do
from infra.services.monitoring.dashboards.pods import grafana_pods
from infra.services.service import Around
from infra.services.serving.cold_start import waits
from infra.services.serving.placed import Placed, by_pool
from infra.services.serving.places import list_weights, say_bucket
from infra.services.serving.plan import plan_models
from infra.services.serving.pods import check_system_nodes
from infra.services.serving.prefetch import GP3_MIBPS, explain_prefetch
from infra.services.serving.rollout import surges
from infra.services.serving.to_dos import list_licences
from infra.services.tracing.plan import headers_to_do, traced
from infra.services.tracing.report import tracing_pods
from infra.services.weights.on_nodes import check_disk, explain_nodes
from infra.services.weights.readers import check_readers


@dataclass(frozen=True)
class Draft:
    """A plan without advice, and what advice is made from."""

    plan: Plan
    placed: Sequence[Placed]
    offers: Sequence[Offer]
    new: Sequence[Offer]  # pools that the planner could make
    zones: int


@dataclass(frozen=True)
class _Parts:
    """All that is decided."""

    platform: Platform
    nodes: Nodes
    models: Mapping[str, ModelPlan]
    traffic: TrafficPlan
    billed: Billed
    cost: Cost
    quotas: tuple[Quota, ...]
    services: Mapping[str, Any]  # by name


def draft(asked: Asked) -> Draft:
    parts, found = split(_decide(asked))
    if more := costs_more(parts.billed, parts.cost):
        parts, found = split(_decide(replace(asked, costs_more=more)))
    nodes = parts.nodes
    plan = _plan(asked, parts, gather(found))
    return Draft(plan, nodes.placed, nodes.offers, nodes.new, len(parts.platform.zones))


def _decide(asked: Asked) -> Decided[_Parts]:
    ground = yield from plan_ground(asked)
    places = yield from plan_places(asked, ground)
    platform = yield from plan_platform(asked, ground, places)
    yield from check_readers(platform.cache, places.placed, platform.cluster, asked.cloud)
    yield from explain_nodes(places.placed, platform.cache)
    yield from say_bucket(places.placed, platform.cache)
    yield from explain_prefetch(platform.served, platform.cluster, platform.cache, asked.catalog)
    nodes = yield from plan_nodes(asked, platform, places)
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


def _check_nodes(
    asked: Asked, platform: Platform, nodes: Nodes, models: Mapping[str, ModelPlan], traffic: TrafficPlan
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
    asked: Asked, platform: Platform, nodes: Nodes, models: Mapping[str, ModelPlan], traffic: TrafficPlan
) -> Iterator[Finding]:
    on = by_pool(nodes.placed)
    zones = Zones(asked.settings, platform.cluster, nodes.pools, platform.cache, asked.catalog)
    for name, pool in nodes.pools.items():
        served_there = [models[each.served.name] for each in on.get(name, [])]
        yield from zones.check_pool(pool)
        yield from warn_of_pool(pool, served_there)
        yield from warn_of_scattered(pool, served_there)
        yield from asked.cloud.warn_of_pool(pool, served_there, platform.cluster, asked.settings.namespace.name)
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
    asked: Asked, platform: Platform, nodes: Nodes, models: Mapping[str, ModelPlan], traffic: TrafficPlan
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


def _to_dos(asked: Asked, platform: Platform, nodes: Nodes, quotas: tuple[Quota, ...]) -> Iterator[Finding]:
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
