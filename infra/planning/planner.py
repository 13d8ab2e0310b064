"""From what the user says to what is built. Pure, but for a price table or config.json that the stack file names."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.catalog import Catalog
from infra.clouds.aws.config import AwsConfig
from infra.plan.cluster import CachePlan, ClusterPlan, GatewayPlan, PoolPlan
from infra.plan.models import ModelPlan
from infra.plan.money import Cost
from infra.plan.notes import Violation, Write
from infra.plan.plan import Plan
from infra.planning.addons import plan_addons, plan_monitoring
from infra.planning.advice import Attempt, follow, keeps_budget, that_holds
from infra.planning.arguments import choose_arguments
from infra.planning.budget import check_budget, headroom, with_ways
from infra.planning.cache import plan_cache
from infra.planning.cheaper import cheaper_ways
from infra.planning.cluster import explain_versions, plan_cluster
from infra.planning.cold_start import cold_start, timeouts
from infra.planning.cost import plan_cost
from infra.planning.findings import Findings
from infra.planning.gateway import plan_gateway
from infra.planning.groups import with_groups
from infra.planning.mends import smaller_ways
from infra.planning.node_makers import check_node_makers
from infra.planning.nodes import plan_pool
from infra.planning.paused import cheaper_while_paused
from infra.planning.peak import check_peak
from infra.planning.placement import Placed, by_pool, place
from infra.planning.pods import check_system_nodes, server_resources
from infra.planning.pools import Offer, declared, makeable
from infra.planning.prefetch import explain_prefetch, plan_prefetch
from infra.planning.prometheus_to_do import list_prometheus_to_dos
from infra.planning.quotas import plan_quotas
from infra.planning.remedies import find_remedies
from infra.planning.rollout import after_old_pod, check_rollout, plan_rollout, surges
from infra.planning.scaling import plan_scaling
from infra.planning.served import Served, resolve
from infra.planning.sizing import Sizing, throughput_of
from infra.planning.to_do import list_to_dos
from infra.planning.warnings import warn_of_allow, warn_of_drain, warn_of_model, warn_of_pool
from infra.planning.waste import warn_of_waste
from infra.registry import cloud_of, services
from infra.settings import Settings
from infra.sizing.estimates import Throughput
from infra.sizing.question import Sized
from infra.sizing.weights import served_dtype

# Plans in which advice is tried, before a stack that breaks rules is printed: of many models each takes longer.
FEWEST_TRIED, MOST_TRIED = 40, 240


@dataclass(frozen=True)
class _Draft:
    """A plan without advice, and what advice is made of."""

    plan: Plan
    placed: Sequence[Placed]
    offers: Sequence[Offer]
    new: Sequence[Offer]  # pools that the planner could make
    zones: int


def make_plan(
    stack: str,
    settings: Settings,
    *,
    region: str | None,
    secrets: frozenset[str],
    catalog: Catalog,
    config: Any = None,
) -> Plan:
    """The whole plan. `secrets` names those that the stack has; the settings are taken to have passed their checks."""
    aws = config or AwsConfig()
    listed = catalog
    catalog = cloud_of(settings).priced(catalog, region, settings.prices)
    sizing = Sizing(catalog)
    draft = _draft(stack, settings, region, secrets, aws, sizing)

    tried: dict[Write, Plan | None] = {}
    most = max(FEWEST_TRIED, MOST_TRIED // len(settings.models))

    def attempt(write: Write) -> Plan | None:
        if write not in tried and len(tried) < most:
            changed = follow(settings, write, region, listed)
            tried[write] = _draft(stack, changed, region, secrets, aws, sizing).plan if changed is not None else None
        return tried.get(write)

    left = headroom(settings, draft.plan.cost)

    violations = _with_advice(draft, attempt, catalog)
    remedies = find_remedies(draft.plan, draft.placed, catalog)
    cheaper = cheaper_ways(draft.plan, draft.placed, draft.offers, draft.new, draft.zones, sizing)
    kept = {name: keeps_budget(draft.plan, ways, left, attempt) for name, ways in cheaper.items()}
    return dataclasses.replace(
        draft.plan,
        remedies={name: keeps_budget(draft.plan, ways, left, attempt) for name, ways in remedies.items()},
        cheaper={name: ways for name, ways in kept.items() if ways},
        violations=violations,
    )


def _with_advice(draft: _Draft, attempt: Attempt, catalog: Catalog) -> tuple[Violation, ...]:
    if not draft.plan.violations:
        return ()
    smaller = {
        each.served.name: [
            tuple((f"{each.served.path}.{key}", value) for key, value in changes)
            for changes, _ in smaller_ways(each.served.question, catalog)
        ]
        for each in draft.placed
    }
    held = that_holds(draft.plan, attempt)
    return tuple(with_ways(each, draft.plan, smaller, attempt, catalog) for each in held)


def _draft(
    stack: str,
    settings: Settings,
    region: str | None,
    secrets: frozenset[str],
    aws: AwsConfig,
    sizing: Sizing,
) -> _Draft:
    findings, catalog = Findings(), sizing.catalog
    cluster = plan_cluster(stack, settings, region, aws, catalog, findings)
    no_gpu_nodes = not settings.gpu_pools and cluster.kind != "create"
    served = [
        resolve(name, model, catalog, no_gpu_nodes=no_gpu_nodes, findings=findings)
        for name, model in sorted(settings.models.items())
    ]
    cache = plan_cache(settings, served, cluster, findings)
    explain_versions(settings, cluster, cache, catalog, findings)
    explain_prefetch(served, cluster, catalog, findings)
    zones = (cache.zone_id,) if cache.zone_id else cluster.zone_ids
    offers = [declared(name, pool, catalog, cluster.region, zones) for name, pool in sorted(settings.gpu_pools.items())]
    new = makeable(catalog, cluster.region, zones) if cluster.kind == "create" else ()
    placed = [place(each, offers, new, sizing, findings) for each in served]
    one_reader = cache.access_mode == "ReadWriteOnce"
    pools = _pools(offers, placed, catalog, findings, one_reader=one_reader)
    pools = with_groups(pools, settings, cluster, findings)
    gateway = plan_gateway(settings, findings)
    addons = plan_addons(settings, catalog, findings)
    models = {each.served.name: _model(each, pools, cache, gateway, sizing, findings) for each in placed}
    _check_system_nodes(settings, placed, catalog, findings, one_reader=one_reader)
    placed_on = by_pool(placed)
    for pool in pools.values():
        on = placed_on.get(pool.name, [])
        check_peak(pool, on, models, catalog, findings)
        served_there = [models[each.served.name] for each in on]
        warn_of_pool(pool, served_there, cluster, cache, findings)
    check_node_makers(settings, pools, addons, findings)
    for each in placed:
        warn_of_waste(each, offers, new, sizing, findings)
    longest = max(model.timeouts.grace_period for model in models.values())
    warn_of_allow(settings, pools, findings)
    warn_of_drain(gateway, pools.values(), longest, findings)
    cost = _bill(settings, cluster, pools, placed, models, cache, gateway, catalog, findings)

    def bill(changed: Settings, on: ClusterPlan, nodes: Mapping[str, PoolPlan]) -> float:
        return _bill(changed, on, nodes, placed, models, cache, gateway, catalog, Findings()).usd_per_month_min

    check_budget(settings, cost, findings)
    monitoring = plan_monitoring(settings, addons, catalog)
    quotas = plan_quotas(cluster, pools, catalog)
    list_to_dos(stack, settings, cluster, pools, placed, addons, gateway, secrets, quotas, findings)
    list_prometheus_to_dos(settings, cluster, addons, monitoring, findings)
    plan = Plan(
        stack=stack,
        settings=settings,
        cluster=cluster,
        pools=pools,
        models=models,
        addons=addons,
        cache=cache,
        monitoring=monitoring,
        gateway=gateway,
        cost=cost,
        remedies={},
        cheaper={},
        while_paused=cheaper_while_paused(settings, cluster, pools, catalog, bill),
        chosen=findings.chosen,
        quotas=quotas,
        violations=findings.violations,
        warnings=findings.warnings,
        to_do=findings.to_dos,
        assumptions=findings.assumptions,
    )
    return _Draft(plan, placed, offers, new, len(zones))


def _bill(
    settings: Settings,
    cluster: ClusterPlan,
    pools: Mapping[str, PoolPlan],
    placed: Sequence[Placed],
    models: Mapping[str, ModelPlan],
    cache: CachePlan,
    gateway: GatewayPlan | None,
    catalog: Catalog,
    findings: Findings,
) -> Cost:
    """Of the platform, and of the services beside the models."""
    cost = plan_cost(settings, cluster, pools, placed, models, cache, gateway, catalog, findings)
    items = (item for service in services() for item in service.bill(settings, catalog))
    return dataclasses.replace(cost, items=(*cost.items, *items))


def _pools(
    offers: Sequence[Offer], placed: Sequence[Placed], catalog: Catalog, findings: Findings, *, one_reader: bool
) -> dict[str, PoolPlan]:
    """Those of the stack file, and those that the models asked for."""
    on = {offer.name: [] for offer in offers} | by_pool(placed)
    used = {offer.name: offer for offer in offers}
    used |= {each.offer.name: each.offer for each in placed if each.offer is not None}

    def surge(name: str) -> int:
        return max((each.gpus for each in on[name] if surges(each, one_reader=one_reader)), default=0)

    return {
        name: plan_pool(used[name], on[name], catalog, surge=surge(name), findings=findings) for name in sorted(used)
    }


def _model(
    placed: Placed,
    pools: Mapping[str, PoolPlan],
    cache: CachePlan,
    gateway: GatewayPlan | None,
    sizing: Sizing,
    findings: Findings,
) -> ModelPlan:
    served, offer, sized = placed.served, placed.offer, placed.sized
    model = served.settings
    start = cold_start(placed, pools.get(offer.name) if offer else None, cache, sizing.catalog)
    one_reader = cache.access_mode == "ReadWriteOnce"
    waits = after_old_pod(placed, one_reader=one_reader)
    limits = timeouts(placed, start, gateway.timeout_seconds if gateway else None, after_old_pod=waits)
    rollout = plan_rollout(placed, start, drain=limits.drain, one_reader=one_reader)
    check_rollout(placed, one_reader=one_reader, findings=findings)
    scaling = plan_scaling(placed, start)
    warn_of_model(placed, rollout, start, findings)
    arguments = choose_arguments(placed, sizing, findings)
    takes_batch = served.engine.limits.takes_batch
    why_not = "on the CPU" if served.cpu else "no pool can run it"
    made = throughput_of(sized) if sized else Throughput(None, f"no estimate: {why_not}")
    bf16 = offer.card.bf16 if offer else True
    return ModelPlan(
        name=served.name,
        model=model.model,
        revision=model.revision,
        engine=model.engine,
        engine_version=served.image.version,
        image=served.image.image,
        task=served.task,
        dtype=served.form or served_dtype(served.shape, served.quantization, bf16=bf16),
        quantization=served.made_at_load,
        kv_cache_dtype=model.kv_cache_dtype,
        pool=offer.name if offer else None,
        instance_type=offer.instance_type if offer else None,
        gpus=placed.gpus,
        utilization=(sized.arguments.utilization or None) if sized and takes_batch else None,
        max_model_len=served.max_model_len,
        embedding_size=served.embedding_size,
        max_num_seqs=(sized.arguments.max_num_seqs or None) if sized else served.question.concurrency,
        max_num_batched_tokens=(sized.arguments.max_num_batched_tokens or None) if sized and takes_batch else None,
        concurrency=model.concurrency if takes_batch else served.question.concurrency,
        replicas=served.replicas,
        paused=model.paused,
        extra_args=model.extra_args,
        gated=bool(served.gated),
        weights_on_disk_gib=served.disk_gib,
        resources=server_resources(placed),
        prefetch=plan_prefetch(served, sizing.catalog),
        fit=sized.fit if sized else None,
        rollout=rollout,
        cold_start=start,
        timeouts=limits,
        scaling=scaling,
        usd_per_hour=offer.usd_per_gpu_hour * placed.gpus if offer and offer.usd_per_node_hour is not None else None,
        throughput=made,
        reasons=(
            *placed.reasons,
            *arguments,
            *((made.reason,) if made.tokens_per_second or _lacks_a_model(served, sized) else ()),
            *((rollout.reason,) if rollout.strategy == "recreate" else ()),
        ),
    )


def _lacks_a_model(served: Served, sized: Sized | None) -> bool:
    """Whether a rate would be told if the engine had a model of it."""
    return sized is not None and served.task == "chat" and served.engine.throughput is None


def _check_system_nodes(
    settings: Settings, placed: list[Placed], catalog: Catalog, findings: Findings, *, one_reader: bool
) -> None:
    create = settings.cluster.create
    if create is not None:
        system = create.system_nodes
        node = catalog.aws.cpu_instances.get(system.instance_type)
        surging = frozenset(each.served.name for each in placed if surges(each, one_reader=one_reader))
        check_system_nodes(placed, node, system.count, findings, surging=surging)
