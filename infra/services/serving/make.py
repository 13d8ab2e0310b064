"""One model of the plan as components: what downloads its weights, its server, its scaler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi

from components.container import Compiled, Fetch, Query
from components.engine_files import EngineFiles
from components.gateway_proxy import LABELS
from components.model_pod import PodPlace, PodSize
from components.model_scaler import ModelScaler
from components.model_server import Callers, ModelServer, PodReplacement
from components.node_prefetch import NodePrefetch
from components.prefetch import Prefetch
from components.traces import LABELS as SPANS
from infra.clouds.site import Site
from infra.engines import ENGINES
from infra.engines.engine import Engine
from infra.models.places import Claim
from infra.plan.labels import GPU_RESOURCE
from infra.plan.models import ModelPlan, PrefetchPlan, Scaling
from infra.plan.monitoring import MonitoringPlan
from infra.plan.plan import Plan
from infra.plan.versions import server_of_next
from infra.services.addons.optional import KARPENTER, node_scaler
from infra.services.monitoring.make import trigger_login
from infra.services.serving.bucket_files import mount_requests
from infra.services.serving.make_weights import Serving, bucket_of, mount_of, on_nodes_of
from infra.services.serving.queries import queries


def make_engine_files(plan: Plan, site: Site, after: Sequence[pulumi.Resource]) -> EngineFiles:
    return EngineFiles(
        "engine-files",
        namespace=plan.settings.namespace.name,
        texts={name: text for engine in ENGINES.values() for name, text in engine.files.items()},
        depends_on=after,
        opts=site.opts,
    )


def serve(serving: Serving, model: ModelPlan) -> ModelServer:
    """The server waits for the weights and for the nodes that it runs on."""
    engine = ENGINES[model.engine]
    server = _server(serving, model, engine)
    if model.scaling and serving.plan.monitoring:
        _scaler(serving, model, model.scaling, serving.plan.monitoring, server)
    return server


def _fetches(model: ModelPlan, engine: Engine) -> Iterator[tuple[str, Fetch]]:
    """What is downloaded, by its name. Nothing where the cluster has the weights already: adapters and draft models are
    refused there."""
    if model.prefetch is None:
        return
    adapters = {each.name for each in model.adapters}
    for name, fetch in engine.fetches(model):
        yield server_of_next(name) if model.next_of and name in adapters else name, fetch


def _downloads(serving: Serving, model: ModelPlan, fetches: Mapping[str, Fetch]) -> Iterator[Prefetch | NodePrefetch]:
    for name, fetch in fetches.items():
        assert model.prefetch is not None
        yield _download(serving, model, model.prefetch, name, fetch)


def _download(
    serving: Serving, model: ModelPlan, plan: PrefetchPlan, name: str, fetch: Fetch
) -> Prefetch | NodePrefetch:
    """A Job; or pods on the nodes that may run the model, of which one requests the room for all of its downloads. A
    volume of one node is filled on that node: elsewhere, the Job and the servers would wait for each other."""
    of_adapter = name not in (model.name, f"{model.name}-draft")
    both: dict[str, Any] = {
        "namespace": serving.namespace,
        "model": name,
        "fetch": fetch,
        "image": plan.image,
        "cpu": plan.cpu,
        "memory_gib": plan.memory_gib,
        "memory_limit_gib": plan.memory_limit_gib,
        "scratch_gib": plan.scratch_gib + (plan.adapter_gib if of_adapter else 0),
        "stall_seconds": plan.stall_seconds,
        "depends_on": [serving.cache, *serving.site.ready],
        "opts": serving.site.opts,
    }
    if serving.plan.cache.directory is not None:
        place = _place(serving.plan, model)
        return NodePrefetch(
            f"{name}-prefetch",
            room_gib=plan.room_gib if name == model.name else 0,
            wait_seconds=model.timeouts.prefetch,
            node_selector=place.node_selector,
            tolerations=place.tolerations,
            selinux_level=serving.plan.cache.selinux_level,
            claims=serving.claims,
            **both,
        )
    only = serving.plan.pools.get(serving.plan.cache.only_node or "")
    return Prefetch(
        f"{name}-prefetch",
        deadline_seconds=model.timeouts.prefetch,
        set_group=serving.set_group,
        node_selector=only.selector if only else {},
        tolerations=only.tolerations if only else (),
        bucket=serving.filled_by,
        replace_with=serving.claims,
        **both,
    )


def _server(serving: Serving, model: ModelPlan, engine: Engine) -> ModelServer:
    plan, site, resources = serving.plan, serving.site, model.resources
    nodes = site.pools.get(model.pool, ()) if model.pool else ()
    fetches = dict(_fetches(model, engine))
    fetched = list(_downloads(serving, model, fetches))
    on_nodes = on_nodes_of(serving, model)
    mount = mount_of(serving, model)
    size = PodSize(resources.cpu, resources.memory_gib, resources.ephemeral_gib, resources.shm_gib)
    if mount is not None:
        cpu, memory_gib = mount_requests(resources, model.gpus)
        size = replace(size, cpu=size.cpu - cpu, memory_gib=size.memory_gib - memory_gib)
    own_claim = model.place.name if isinstance(model.place, Claim) else on_nodes.claim if on_nodes else None
    return ModelServer(
        model.name,
        namespace=serving.namespace,
        model=model.name,
        container=engine.container(model, model.image),
        replicas=0 if model.paused else model.replicas.min,
        scaled=model.scaling is not None and not model.paused,
        by_use=model.pods,
        vertical=model.vertical,
        disruption_budget=model.replicas.min > 1 and not model.paused,
        size=size,
        place=_place(plan, model),
        rollout=_rollout(model),
        callers=_callers(plan, model),
        set_group=serving.set_group,
        keys=serving.keys,
        callers_key=serving.callers_key if model.name in plan.named else None,
        own_claim=mount.claim if mount else own_claim,
        bucket=bucket_of(serving, model),
        service_account=mount.service_account if mount else None,
        awaited=[each.complete for each in fetches.values()] if plan.cache.directory is not None else (),
        compiled=_compiled(plan, model, engine),
        selinux_level=plan.cache.selinux_level if model.place is None else None,
        monitor_labels=plan.monitoring.labels if plan.monitoring else None,
        depends_on=[serving.cache, *site.ready, *site.operators],
        pods_wait_for=[
            *(serving.files, *fetched, *nodes),
            *([on_nodes] if on_nodes else []),
            *(mount.after if mount else ()),
        ],
        replace_with=serving.claims if model.place is None else [],
        opts=site.opts,
    )


def _scaler(
    serving: Serving, model: ModelPlan, scaling: Scaling, monitoring: MonitoringPlan, server: ModelServer
) -> ModelScaler:
    return ModelScaler(
        f"{model.name}-scaler",
        namespace=serving.namespace,
        target=model.name,
        queries=[Query(*each) for each in queries(serving.plan, model, scaling).items()],
        thresholds=scaling.thresholds,
        openings=model.schedule.openings if model.schedule else (),
        min_replicas=model.replicas.min,
        max_replicas=model.replicas.max,
        fallback_replicas=scaling.fallback_replicas,
        polling_seconds=scaling.polling_seconds,
        cooldown_seconds=scaling.cooldown_seconds,
        cpu=scaling.cpu,
        prometheus_url=monitoring.url,
        login=trigger_login(monitoring),
        paused=model.paused,
        depends_on=[server.deployment, *serving.site.operators, *([serving.login] if serving.login else [])],
        opts=serving.site.opts,
    )


def _place(plan: Plan, model: ModelPlan) -> PodPlace:
    pool = plan.pools.get(plan.cache.node_of(model.pool, model.place) or "")
    return PodPlace(
        pool.selector if pool else {},
        pool.tolerations if pool else (),
        runtime_class=pool.runtime_class if pool and model.pool else None,
        gpu_resource=pool.resource if pool else GPU_RESOURCE,
        own_shm=not (pool and model.pool and pool.sharing and pool.sharing.mps),
        spreads=not _packed(plan, model),
    )


def _packed(plan: Plan, model: ModelPlan) -> bool:
    """Karpenter makes a node for a preference, though another one has room (its page concepts/scheduling,
    v1.14): each replica would get a separate node, and the bill counts those they fill."""
    pool = plan.pools.get(model.pool or "")
    if pool is None or pool.existing or node_scaler(plan.settings) != KARPENTER:
        return False
    return pool.gpus_per_node > model.gpus


def _compiled(plan: Plan, model: ModelPlan, engine: Engine) -> Compiled | None:
    pool = plan.pools.get(model.pool or "")
    return engine.compiled(model, model.image, pool.card or pool.gpu) if pool and model.keeps_compiled else None


def _rollout(model: ModelPlan) -> PodReplacement:
    return PodReplacement(
        max_surge=model.rollout.max_surge,
        max_unavailable=model.rollout.max_unavailable,
        progress_deadline_seconds=model.timeouts.progress_deadline,
        wait_seconds=model.timeouts.rollout,
        pre_stop_seconds=model.timeouts.pre_stop,
        grace_seconds=model.timeouts.grace_period,
    )


def _callers(plan: Plan, model: ModelPlan) -> Callers:
    traces = plan.traffic.traces if model.traces_to is not None else None
    return Callers(
        LABELS,
        monitoring_namespace=plan.monitoring.namespace if plan.monitoring else None,
        spans=(SPANS, traces.port) if traces is not None else None,
    )
