"""One model of the plan as components: its prefetch Job, its server, its scaler."""

from collections.abc import Mapping

import pulumi

from components.aws import signed_requests
from components.aws.load_balancer import alb_annotations
from components.aws.volumes import ebs_disk, efs_volume
from components.gateway import Route, nginx_annotations
from components.model_cache import Disk, ModelCache, Volume
from components.model_pod import PodPlace, PodSize
from components.model_scaler import ModelScaler
from components.model_server import SERVICE_PORT, Callers, ModelServer, Rollout
from components.prefetch import Prefetch
from components.prometheus_login import PrometheusLogin
from infra.engines import ENGINES
from infra.engines.engine import Workload
from infra.outputs import checks_key
from infra.plan.cluster import Monitoring
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.site import Site


def cache_volume(plan: Plan, site: Site) -> Volume | Disk | None:
    """What the claim is bound to; None leaves it to a storage class."""
    if site.file_system is not None:
        return efs_volume(site.file_system.file_system_id, site.file_system.access_point_id)
    if plan.cache.kind == "ebs":
        zone = site.zone_names.get(plan.cache.zone_id) if plan.cache.zone_id else None
        return ebs_disk(zone, throughput=plan.cache.throughput, iops=plan.cache.iops)
    return None


def log_in(plan: Plan, site: Site, cache: ModelCache) -> PrometheusLogin | None:
    """What every scaler needs at a Prometheus that asks for a login; None: it asks for none, or nothing scales."""
    login = plan.monitoring.login if plan.monitoring else None
    if login is None or not any(model.scaling for model in plan.models.values()):
        return None
    return PrometheusLogin(
        "prometheus-login",
        namespace=plan.settings.namespace.name,
        secret=login.secret,
        keys=login.keys,
        pod_identity=signed_requests.pod_identity(login.role_arn) if login.mode == "sigv4" else None,
        depends_on=[cache, *site.operators],
        opts=site.opts,
    )


def serve(
    plan: Plan,
    model: ModelPlan,
    site: Site,
    cache: ModelCache,
    api_key: pulumi.Output[str] | None,
    login: PrometheusLogin | None,
) -> ModelServer:
    """The server waits for the weights and for the nodes that it runs on."""
    namespace = plan.settings.namespace.name
    engine, workload = ENGINES[model.engine], _workload(model)
    set_group = plan.cache.kind != "efs"  # an access point owns the files already
    prefetch = Prefetch(
        f"{model.name}-prefetch",
        namespace=namespace,
        model=model.name,
        fetch=engine.fetch(workload),
        image=model.prefetch.image,
        cpu=model.prefetch.cpu,
        memory_gib=model.prefetch.memory_gib,
        memory_limit_gib=model.prefetch.memory_limit_gib,
        scratch_gib=model.prefetch.scratch_gib,
        deadline_seconds=model.timeouts.prefetch,
        stall_seconds=model.prefetch.stall_seconds,
        set_group=set_group,
        depends_on=[cache, *site.ready],
        replace_with=[cache.claim],
        opts=site.opts,
    )
    pool = plan.pools.get(model.pool) if model.pool else None
    made = site.pools.get(model.pool) if model.pool else None
    nodes: list[pulumi.Resource] = list(made.node_groups) if made else []
    scaled = model.scaling is not None
    server = ModelServer(
        model.name,
        namespace=namespace,
        model=model.name,
        container=engine.container(workload, model.image),
        replicas=0 if model.paused else model.replicas.min,
        scaled=scaled and not model.paused,
        disruption_budget=model.replicas.min > 1 and not model.paused,
        size=PodSize(
            model.resources.cpu, model.resources.memory_gib, model.resources.ephemeral_gib, model.resources.shm_gib
        ),
        place=PodPlace(
            pool.selector if pool else {},
            pool.tolerations if pool else (),
            spread=model.replicas.max > 1,
            runtime_class=pool.runtime_class if pool else None,
        ),
        rollout=Rollout(
            max_surge=model.rollout.max_surge,
            max_unavailable=model.rollout.max_unavailable,
            progress_deadline_seconds=model.timeouts.progress_deadline,
            wait_seconds=model.timeouts.rollout,
            pre_stop_seconds=model.timeouts.pre_stop,
            grace_seconds=model.timeouts.grace_period,
        ),
        callers=_callers(plan, site),
        set_group=set_group,
        api_key=api_key if checks_key(model) else None,
        monitor_labels=plan.monitoring.labels if plan.monitoring else None,
        depends_on=[cache, *site.ready, *site.operators],
        pods_wait_for=[prefetch, *nodes],
        replace_with=[cache.claim],
        opts=site.opts,
    )
    if model.scaling and plan.monitoring:
        ModelScaler(
            f"{model.name}-scaler",
            namespace=namespace,
            target=model.name,
            queries=engine.queries(namespace, model.name),
            thresholds={
                signal: threshold
                for signal, threshold in (("waiting", model.scaling.waiting), ("running", model.scaling.running))
                if threshold is not None
            },
            min_replicas=model.replicas.min,
            max_replicas=model.replicas.max,
            fallback_replicas=model.scaling.fallback_replicas,
            polling_seconds=model.scaling.polling_seconds,
            cooldown_seconds=model.scaling.cooldown_seconds,
            prometheus_url=plan.monitoring.url,
            login=_login(plan.monitoring),
            paused=model.paused,
            depends_on=[server.deployment, *site.operators, *([login] if login else [])],
            opts=site.opts,
        )
    return server


def _login(monitoring: Monitoring) -> dict[str, str] | None:
    """What a scaler's triggers say of it."""
    login = monitoring.login
    if login is None:
        return None
    if login.region is not None:
        return signed_requests.trigger_metadata(login.region)
    return {"authModes": login.mode}


def route(plan: Plan, model: ModelPlan, server: ModelServer, site: Site) -> Route:
    return Route(server.service, SERVICE_PORT, _annotations(plan, ENGINES[model.engine].health_path, site))


def _annotations(plan: Plan, health_path: str, site: Site) -> Mapping[str, pulumi.Input[str]]:
    """What the gateway's controller has to know of one model's route."""
    gateway, settings = plan.gateway, plan.settings.gateway
    assert gateway is not None
    assert settings is not None
    match gateway.controller:
        case "alb":
            return alb_annotations(
                health_path,
                public=gateway.visibility == "public",
                timeout_seconds=gateway.timeout_seconds,
                group=plan.cluster.name,
                subnet_ids=site.load_balancer_subnet_ids,
                certificate_arn=settings.certificate_arn,
                inbound_cidrs=settings.inbound_cidrs,
                waf_acl_arn=settings.waf_acl_arn,
            )
        case "nginx":
            return nginx_annotations(gateway.timeout_seconds)
        case "other":
            return {}


def _workload(model: ModelPlan) -> Workload:
    return Workload(
        name=model.name,
        model=model.model,
        revision=model.revision,
        task=model.task,
        dtype=model.dtype,
        quantization=model.quantization,
        kv_cache_dtype=model.kv_cache_dtype,
        gpus=model.gpus,
        utilization=model.utilization,
        max_model_len=model.max_model_len,
        max_num_seqs=model.max_num_seqs,
        max_num_batched_tokens=model.max_num_batched_tokens,
        startup_seconds=model.timeouts.startup_probe,
        drain_seconds=model.timeouts.drain,
        keep_alive_seconds=model.timeouts.keep_alive,
        extra_args=model.extra_args,
    )


def _callers(plan: Plan, site: Site) -> Callers:
    monitoring = plan.monitoring.namespace if plan.monitoring else None
    if plan.gateway is None:
        return Callers(monitoring_namespace=monitoring)
    if plan.gateway.controller == "alb":
        return Callers(gateway_cidrs=site.load_balancer_cidrs, monitoring_namespace=monitoring)
    return Callers(gateway_namespace=plan.gateway.namespace, monitoring_namespace=monitoring)
