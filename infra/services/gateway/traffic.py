"""What the gateway does with a request: its clients, its times, and how it reaches each model."""

from collections.abc import Iterator, Mapping

from infra.catalog import Catalog
from infra.engines import ENGINES
from infra.plan.findings import Decided, warned
from infra.plan.gateway import TrafficPlan, Upstream, longest, silence
from infra.plan.models import ModelPlan
from infra.plan.notes import Finding
from infra.plan.versions import server_of_next
from infra.plan.way_in import GatewayPlan
from infra.services.access.client_secrets import base_url
from infra.services.external.plan import plan_externals, plan_fallback
from infra.services.gateway.abilities import abilities_of
from infra.services.gateway.affinity import warn_of_affinity
from infra.services.gateway.clients import names_of, plan_clients
from infra.services.gateway.controllers import LOAD_BALANCER
from infra.services.gateway.custom import plan_custom
from infra.services.gateway.replicas import plan_replicas, plan_vertical
from infra.services.gateway.section import Gateway
from infra.services.gateway.times import (
    BODY_MIB,
    CONNECTION,
    ENGINE_IDLE,
    HELD,
    keep_alive,
    longest_answer,
    timeout_of,
)
from infra.services.gateway.token_limits import plan_token_limits, warn_of_token_limits
from infra.services.gateway.versions import warn_of_versions, with_next
from infra.services.serving.awake import at_all_hours
from infra.services.serving.cold_start import DNS_REFRESH, PRE_STOP
from infra.services.tracing.plan import traces_of
from infra.settings.platform import Settings


def plan_traffic(
    settings: Settings, models: Mapping[str, ModelPlan], gateway: GatewayPlan | None, catalog: Catalog
) -> Decided[TrafficPlan]:
    seconds, total = timeout_of(settings), longest_answer(settings)
    yield from _warn_of_version_1(settings, gateway)
    wanted = settings.gateway or Gateway()
    servers = {name: _upstream(model, settings) for name, model in sorted(models.items())}
    upstreams = {name: _versions(servers, settings, name) for name, model in models.items() if model.next_of is None}
    named = {name: models[name] for name in upstreams}
    clients = yield from plan_clients(wanted.clients, named, default=wanted.default_client)
    yield from warn_of_token_limits(clients, upstreams, settings.external)
    yield from warn_of_versions(servers, upstreams)
    yield from warn_of_affinity(named, {name: each.affinity for name, each in upstreams.items()})
    scaling = yield from plan_replicas(wanted, clients.values())
    custom = yield from plan_custom(wanted.custom, clients.values(), settings.namespace.name)
    return TrafficPlan(
        clients=clients,
        upstreams=upstreams,
        externals=plan_externals(settings),
        replicas=wanted.replicas.min,
        image=catalog.proxies["envoy"].image,
        idle_seconds=seconds,
        total_seconds=total,
        keep_alive_seconds=keep_alive(silence(seconds, upstreams.values())),
        engine_idle_seconds=ENGINE_IDLE,
        dns_refresh_seconds=DNS_REFRESH,
        pre_stop_seconds=PRE_STOP,
        connection_seconds=CONNECTION,
        drain_seconds=longest(total, upstreams.values()),
        body_mib=BODY_MIB,
        held_requests=HELD,
        trusted_hops=1 if gateway is not None and gateway.controller != LOAD_BALANCER else 0,
        tls_secret=wanted.tls_secret if gateway is not None and gateway.controller == LOAD_BALANCER else None,
        contact=settings.gateway.contact if settings.gateway else None,
        token_limits=plan_token_limits(clients, settings.namespace.name, catalog),
        custom=custom,
        scaling=scaling,
        vertical=plan_vertical(wanted),
        traces=traces_of(settings),
    )


def _warn_of_version_1(settings: Settings, gateway: GatewayPlan | None) -> Iterator[Finding]:
    inside = f"http://MODEL.{settings.namespace.name}.svc.cluster.local/v1"
    outside = f"{gateway.scheme}://MODEL.{gateway.domain}/v1 and " if gateway is not None else ""
    new = gateway.base_url if gateway is not None else base_url(settings.namespace.name)
    yield warned(
        "gateway.domain",
        f"the separate addresses of each model ({outside}{inside}) stay for this release and go with the next one:"
        f" call {new} with the same `model`",
    )


def _versions(servers: Mapping[str, Upstream], settings: Settings, name: str) -> Upstream:
    """The model's server, with that of its next version where it has one."""
    coming, rollout = servers.get(server_of_next(name)), settings.models[name].rollout
    if settings.models[name].next is None or coming is None or rollout is None:
        return servers[name]
    return with_next(servers[name], coming, rollout)


def _upstream(model: ModelPlan, settings: Settings) -> Upstream:
    engine = ENGINES[model.engine]
    return Upstream(
        model=model.name,
        names=names_of(model),
        host=f"{model.name}-pods.{settings.namespace.name}.svc.cluster.local",
        port=engine.port,
        paths=engine.paths(model.task),
        max_model_len=model.max_model_len,
        abilities={**abilities_of(model), "vision": model.vision},
        paused=model.paused,
        start_seconds=model.cold_start.seconds,
        held_seconds=model.held_seconds,
        fallback=plan_fallback(settings.models[model.name].fallback) if model.name in settings.models else None,
        counts_streams=engine.counts_streams,
        affinity=settings.models[model.sent_as].affinity,
        always=at_all_hours(model.sent_as, settings.models[model.sent_as], 1),
    )
