"""Models whose requests go elsewhere when their own servers don't answer.

The model's servers are behind a separate listener, which tries them and holds requests as always. Where that one
answers 503, or nothing in the time that the stack file says, the same request is sent to the external, once.
"""

from collections.abc import Iterable, Iterator

from infra.plan.gateway import TrafficPlan, Upstream
from infra.services.gateway.envoy.connections import behind, routes_in
from infra.services.gateway.envoy.external import LATER_THAN_BEHIND, listener_of, of_external
from infra.services.gateway.envoy.held import preference
from infra.services.gateway.envoy.internal import listener_inside, to_listener
from infra.services.gateway.envoy.log import version_counters
from infra.services.gateway.envoy.messages import MIB, SECONDS, Message, any_of, extension
from infra.services.gateway.envoy.place import Place
from infra.services.gateway.envoy.retries import BUSY, NO_ANSWER, NOT_SENT, retry_on

_REFUSED, _LATE = 503, 504


def with_fallback(traffic: TrafficPlan) -> Iterator[Upstream]:
    """Those that have servers; a request for a paused one goes elsewhere at once."""
    found = (each for _, each in sorted(traffic.upstreams.items()))
    yield from (each for each in found if each.fallback is not None and not each.paused)


def shared_paths(traffic: TrafficPlan, upstream: Upstream) -> set[str]:
    """That both answer; a request for another path never leaves."""
    if upstream.fallback is None:
        return set()
    return upstream.paths.keys() & set(traffic.externals[upstream.fallback.to].paths)


def own(model: str) -> str:
    """The listener before a model's own servers."""
    return f"own-{model}"


def own_file_of(model: str) -> str:
    return f"{own(model)}.json"


def fallback_clusters(traffic: TrafficPlan) -> Iterator[Message]:
    for each in with_fallback(traffic):
        assert each.fallback is not None
        yield to_listener(_either(each), [own(each.model), listener_of(each.fallback.to)])


def own_listener(traffic: TrafficPlan, place: Place, upstream: Upstream) -> Message:
    name = own(upstream.model)
    tier = behind(
        traffic,
        name,
        routes_in(place, name, own_file_of(upstream.model)),
        [preference()],
        access_log=[version_counters()],
    )
    return listener_inside(name, tier)


def falling_back(traffic: TrafficPlan, upstream: Upstream, asked: Message, headers: Iterable[Message]) -> Message:
    """The route of the paths that both answer."""
    assert upstream.fallback is not None
    total = traffic.total_seconds + upstream.wait_seconds
    action: Message = {
        "cluster": of_external(upstream.fallback.to) if upstream.paused else _either(upstream),
        "timeout": "0s",
        "idle_timeout": SECONDS(upstream.wait_seconds + traffic.idle_seconds + LATER_THAN_BEHIND),
        "max_stream_duration": {"max_stream_duration": SECONDS(total)},
        "retry_policy": {"num_retries": 0} if upstream.paused else _then(upstream),
    }
    return {
        "name": upstream.model,
        "match": {**any_of(shared_paths(traffic, upstream)), **asked},
        "route": action,
        "request_headers_to_add": list(headers),
        "request_body_buffer_limit": traffic.body_mib * MIB,
    }


def own_tries(upstream: Upstream) -> Message:
    """How the model's own servers are tried: one that is late isn't asked again."""
    late = upstream.fallback.after_seconds if upstream.fallback is not None else None
    return {
        "retry_on": retry_on(NOT_SENT, BUSY),
        **({"per_try_timeout": SECONDS(late)} if late is not None else {}),
    }


def _then(upstream: Upstream) -> Message:
    assert upstream.fallback is not None
    late = [_LATE] if upstream.fallback.after_seconds is not None else []
    kind = "extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig"
    return {
        "retry_on": retry_on(NOT_SENT, NO_ANSWER, BUSY),
        "retriable_status_codes": [_REFUSED, *late],
        "num_retries": 1,
        "retry_back_off": {"base_interval": "0.01s", "max_interval": "0.01s"},
        "retry_priority": extension("retry_priorities.previous_priorities", kind, update_frequency=1),
    }


def _either(upstream: Upstream) -> str:
    return f"either:{upstream.model}"
