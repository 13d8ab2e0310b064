"""Which clients may call which models with which limits, and how Envoy reaches each model."""

from collections.abc import Iterator, Mapping

from infra.catalog import Catalog
from infra.engines import ENGINES
from infra.plan.cluster import GatewayPlan
from infra.plan.findings import Decided
from infra.plan.gateway import ClientPlan, TrafficPlan, Upstream
from infra.plan.models import ModelPlan
from infra.services.gateway.abilities import abilities_of
from infra.services.gateway.limits import at_once, per_minute
from infra.services.gateway.times import BODY_MIB, CONNECTION, DNS_REFRESH, ENGINE_IDLE, REPLICAS, keep_alive
from infra.services.serving.cold_start import GATEWAY_TIMEOUT, PRE_STOP
from infra.settings.platform import Settings

DEFAULT_CLIENT = "default"  # callers of all models, with the key that is the same for all of them


def plan_traffic(
    settings: Settings, models: Mapping[str, ModelPlan], gateway: GatewayPlan | None, catalog: Catalog
) -> Decided[TrafficPlan]:
    seconds = gateway.timeout_seconds if gateway is not None else GATEWAY_TIMEOUT
    yield from ()
    return TrafficPlan(
        clients={client.name: client for client in _clients(models)},
        upstreams={name: _upstream(model, settings.namespace.name) for name, model in sorted(models.items())},
        replicas=REPLICAS,
        image=catalog.proxies["envoy"].image,
        idle_seconds=seconds,
        total_seconds=seconds,
        keep_alive_seconds=keep_alive(seconds),
        engine_idle_seconds=ENGINE_IDLE,
        dns_refresh_seconds=DNS_REFRESH,
        pre_stop_seconds=PRE_STOP,
        connection_seconds=CONNECTION,
        drain_seconds=seconds,
        body_mib=BODY_MIB,
        trusted_hops=1 if gateway is not None else 0,
        contact=None,
    )


def _clients(models: Mapping[str, ModelPlan]) -> Iterator[ClientPlan]:
    concurrent = at_once(models.values(), dict.fromkeys(models, 1)).value
    yield ClientPlan(
        name=DEFAULT_CLIENT,
        team=None,
        models=tuple(sorted(name for model in models.values() for name in names_of(model))),
        namespace=None,
        requests_per_minute=per_minute(concurrent).value,
        concurrent_requests=concurrent,
        tokens_per_minute=None,
        keys=(1,),
    )


def names_of(model: ModelPlan) -> tuple[str, ...]:
    """What a request for it may send as `model`."""
    return (model.name, *(each.name for each in model.adapters))


def _upstream(model: ModelPlan, namespace: str) -> Upstream:
    engine = ENGINES[model.engine]
    return Upstream(
        model=model.name,
        names=names_of(model),
        host=f"{model.name}-pods.{namespace}.svc.cluster.local",
        port=engine.port,
        paths=engine.paths(model.task),
        max_model_len=model.max_model_len,
        abilities=abilities_of(model),
        paused=model.paused,
        start_seconds=model.cold_start.seconds,
        counts_streams=engine.counts_streams,
    )
