"""Requests per minute of each client."""

from infra.plan.gateway import ClientPlan, TrafficPlan
from infra.services.gateway.envoy.messages import FILTER, Message, extension, header, typed
from infra.services.gateway.envoy.permissions import Permission

NAME = "envoy.filters.http.local_ratelimit"
SAID_HERE = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]  # of this limit, in each answer
_KIND = FILTER("local_ratelimit", "LocalRateLimit")
_ALL = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
_BY_CLIENT = {"actions": [{"request_headers": {"header_name": "x-llm-client", "descriptor_key": "client"}}]}
_NO_LIMIT = {"max_tokens": 1_000_000, "tokens_per_fill": 1_000_000, "fill_interval": "1s"}


def limit_filter() -> Message:
    """It does nothing until a virtual host says which limits there are."""
    return extension(NAME.removeprefix("envoy."), _KIND, stat_prefix="per_minute")


def limits(traffic: TrafficPlan, permission: Permission) -> Message:
    """A bucket per client that is full at first and fills with its limit per minute: in the first minute after a pause
    up to twice the limit passes, later the limit. Each Envoy takes its share, as the Envoys that DNS knows: a client
    whose connections all lie on one of two Envoys gets half of its limit. A reload of the file fills the buckets.

    A request takes from the bucket of an Envoy as many tokens as there are Envoys: one that holds fewer would let none
    pass. So the bucket of a very small limit holds a token for each pod, and one for the pod of a rollout."""
    return typed(
        _KIND,
        stat_prefix="per_minute",
        token_bucket=_NO_LIMIT,
        always_consume_default_token_bucket=False,
        filter_enabled=_ALL,
        filter_enforced=_ALL,
        enable_x_ratelimit_headers="DRAFT_VERSION_03",
        local_cluster_rate_limit={},
        rate_limits=[_BY_CLIENT],
        descriptors=[_descriptor(traffic, client) for client in permission.clients],
    )


def _descriptor(traffic: TrafficPlan, client: ClientPlan) -> Message:
    per_minute = client.requests_per_minute
    full = max(per_minute, traffic.max_replicas + 1)
    bucket = {"max_tokens": full, "tokens_per_fill": per_minute, "fill_interval": "60s"}
    return {"entries": [{"key": "client", "value": client.name}], "token_bucket": bucket}


def seconds_until_next(traffic: TrafficPlan, client: ClientPlan) -> int:
    """How long its share of one Envoy takes at most to let one more request pass."""
    return max(1, -(-60 * traffic.max_replicas // client.requests_per_minute))


def asks_to_wait(traffic: TrafficPlan, client: ClientPlan) -> Message:
    """The first tier knows the client, so it says how long a refused caller has to wait."""
    return header("x-llm-wait", str(seconds_until_next(traffic, client)))
