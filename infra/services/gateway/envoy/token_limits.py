"""Tokens per minute of each client, counted by one service for all Envoys.

A request's tokens are known when its answer has ended. So it is let through where the client has something left of
this minute, and its tokens are added after it: the request that passes the limit still succeeds, and so do
those that are under way beside it.
"""

from infra.plan.gateway import ClientPlan, TokenLimits
from infra.services.gateway.envoy.internal import to_service
from infra.services.gateway.envoy.log import sent
from infra.services.gateway.envoy.messages import (
    FILTER,
    Message,
    extension,
    is_,
    typed,
)
from infra.services.gateway.envoy.permissions import Permission

TOKENS = "envoy.filters.http.ratelimit"
DOMAIN, KEY = "gateway", "client"  # by which the service finds the limit of a client
CLUSTER = "token-limits"
ANSWERS_WITHIN = "0.02s"  # Envoy's default: a request waits no longer for the service, and passes
# What Envoy itself calls a request that is over the limit: no other refusal has this status, so it can be put into
# words, and its caller gets 429.
OVER = 423
# What the service says in headers of each answer, as OpenAI names them; of RESET it says seconds.
SAID_BACK = LIMIT, LEFT, RESET = "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"
sent_back = "%RESP({})%".format


def token_filter() -> Message:
    """Behind the filters that read the body: only then a request has the route of its model, and one that no model
    answers is refused for another reason. A service that is away, slow or without its store lets requests pass."""
    service = {"envoy_grpc": {"cluster_name": CLUSTER}}
    return extension(
        TOKENS.removeprefix("envoy."),
        FILTER("ratelimit", "RateLimit"),
        domain=DOMAIN,
        timeout=ANSWERS_WITHIN,
        failure_mode_deny=False,
        rate_limited_status={"code": OVER},
        disable_x_envoy_ratelimited_header=True,
        rate_limit_service={"grpc_service": service, "transport_api_version": "V3"},
    )


def limited(permission: Permission) -> tuple[ClientPlan, ...]:
    return tuple(client for client in permission.clients if client.tokens_per_minute is not None)


def token_limits(permission: Permission) -> Message:
    """First a question that adds nothing; at the end of the answer what it took. An answer that doesn't say how many
    tokens it has adds none."""
    counted = [{**_of(client), "hits_addend": {"number": 0}} for client in limited(permission)]
    for count in ("tokens_in", "tokens_out"):
        hits = {"hits_addend": {"format": sent(count)}, "apply_on_stream_done": True}
        counted += [{**_of(client), **hits} for client in limited(permission)]
    return typed(FILTER("ratelimit", "RateLimitPerRoute"), rate_limits=counted)


def _of(client: ClientPlan) -> Message:
    match = {
        "descriptor_key": KEY,
        "descriptor_value": client.name,
        "headers": [{"name": "x-llm-client", **is_(client.name)}],
    }
    return {"actions": [{"header_value_match": match}]}


def token_service(limits: TokenLimits, refresh_seconds: int) -> Message:
    return to_service(CLUSTER, limits.host, limits.port, refresh_seconds)
