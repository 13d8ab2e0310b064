"""Requests that have something in common go to one server, whose prefix cache has the beginning of their prompts.

Which server that is follows from a hash. A server with half more requests than the mean of all takes no more of them:
then the next one in the order of the hash is asked, so one busy user doesn't fill a server. Requests without the mark
are spread at random over all servers, within the same limit.
"""

from collections.abc import Iterable

from infra.plan.gateway import SESSION, Upstream
from infra.services.gateway.envoy.messages import FILTER, FROM_BODY, Message, extension

USER = "user"  # in the metadata
_STATE = "llm.user"
_LARGEST_SHARE = 150  # percent of the mean


def reads_user(upstreams: Iterable[Upstream]) -> bool:
    return any(each.affinity == "user" for each in upstreams)


def user_filter() -> Message:
    """What a caller wrote goes into no header: it could have line ends."""
    value = {
        "object_key": _STATE,
        "factory_key": "envoy.hashable_string",
        "format_string": {
            "text_format_source": {"inline_string": f"%DYNAMIC_METADATA({FROM_BODY}:{USER})%"},
            "omit_empty_values": True,
        },
        "skip_if_empty": True,
    }
    return extension("filters.http.set_filter_state", FILTER("set_filter_state", "Config"), on_request_headers=[value])


def hash_policy(upstream: Upstream) -> Message:
    """Of a route."""
    if upstream.affinity is None:
        return {}
    mark = {"header": {"header_name": SESSION}} if upstream.affinity == "session" else {"filter_state": {"key": _STATE}}
    return {"hash_policy": [mark]}


def balance(upstream: Upstream) -> Message:
    """Of a cluster: how it chooses a server."""
    usual = {"healthy_panic_threshold": {"value": 50}}
    if upstream.affinity is None:
        return {"lb_policy": "LEAST_REQUEST", "common_lb_config": usual}
    bounded = {"hash_balance_factor": _LARGEST_SHARE}
    return {"lb_policy": "MAGLEV", "common_lb_config": {**usual, "consistent_hashing_lb_config": bounded}}
