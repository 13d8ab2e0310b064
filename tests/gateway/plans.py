"""Small plans of a gateway, for Envoys on loopback."""

from collections.abc import Mapping
from dataclasses import replace

from infra.plan.external import CHAT, External
from infra.plan.gateway import ClientPlan, CustomServer, TrafficPlan, Upstream

ENGINE_KEY = "of-the-engines"
PROVIDER_KEY = "of-the-provider"
_CHAT = ("/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/responses")
PATHS = {path: path for path in _CHAT} | {"/v1/tokenize": "/tokenize"}


def upstream(model: str, port: int, **other: object) -> Upstream:
    usual = Upstream(
        model=model,
        names=(model,),
        host="127.0.0.1",
        port=port,
        paths=PATHS,
        max_model_len=8192,
        abilities={"tools": True, "vision": False},
        paused=False,
        start_seconds=240,
        held_seconds=0,
        fallback=None,
        counts_streams=True,
    )
    return replace(usual, **other)


def external(name: str, port: int, **other: object) -> External:
    usual = External(
        name=name,
        host="localhost",
        port=port,
        prefix="/api/v1",
        model="acme/large-2",
        secret="externalKey-acme",
        paths=CHAT,
        context_length=128_000,
        usd_per_million={"in": 2.5, "out": 10.0},
        cidrs=(),
    )
    return replace(usual, **other)


def client(name: str, models: tuple[str, ...], **other: object) -> ClientPlan:
    usual = ClientPlan(
        name=name,
        team=None,
        models=models,
        namespace=None,
        requests_per_minute=100_000,
        concurrent_requests=1000,
        tokens_per_minute=None,
        keys=(1,),
    )
    return replace(usual, **other)


def custom(name: str, port: int, **other: object) -> CustomServer:
    return replace(CustomServer(name, "127.0.0.1", port, "tools", audio=False), **other)


def traffic(
    clients: tuple[ClientPlan, ...],
    upstreams: tuple[Upstream, ...],
    externals: tuple[External, ...] = (),
    **other: object,
) -> TrafficPlan:
    usual = TrafficPlan(
        clients={each.name: each for each in clients},
        upstreams={each.model: each for each in upstreams},
        externals={each.name: each for each in externals},
        replicas=1,
        image="envoy",
        idle_seconds=60,
        total_seconds=60,
        keep_alive_seconds=70,
        engine_idle_seconds=30,
        dns_refresh_seconds=1,
        pre_stop_seconds=1,
        connection_seconds=60,
        drain_seconds=5,
        body_mib=4,
        held_requests=100,
        trusted_hops=0,
        tls_secret=None,
        contact="ai@example.com",
        token_limits=None,
    )
    return replace(usual, **other)


def keys_of(plan: TrafficPlan) -> Mapping[str, list[str]]:
    return {name: [f"key-of-{name}-{number}" for number in each.keys] for name, each in plan.clients.items()}
