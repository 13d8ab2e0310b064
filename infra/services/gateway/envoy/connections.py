"""How both tiers speak HTTP: one HTTP connection manager each."""

from collections.abc import Sequence

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.bodies import MAX_VALUES
from infra.services.gateway.envoy.errors import OURS, THEIRS, all_of, error, flags, has, status, wait, when
from infra.services.gateway.envoy.held import HELD
from infra.services.gateway.envoy.internal import HEADERS_BETWEEN, KIB_BETWEEN, ONLY_ITS_STREAM
from infra.services.gateway.envoy.log import ROUTED, counters, refused_log, routed_log, version_counters
from infra.services.gateway.envoy.messages import FILTER, SECONDS, Message, extension, file_source, header
from infra.services.gateway.envoy.place import Place
from infra.services.gateway.envoy.shapes import mappers_of_both
from infra.services.gateway.envoy.token_limits import LIMIT, OVER, RESET, sent_back
from infra.services.gateway.envoy.traces import NOT_FROM_CALLERS, traced

_KIND = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_HEADERS = 10  # seconds until the headers of a request must have come
_LATER = 10  # seconds by which the first tier is slower to give up, so that the second one says why
BETWEEN_TIERS: Message = {  # of each tier behind the first
    "max_request_headers_kb": KIB_BETWEEN,
    "http2_protocol_options": ONLY_ITS_STREAM,
    "common_http_protocol_options": {"idle_timeout": "3600s", "max_headers_count": HEADERS_BETWEEN},
}
SOON = 1  # seconds that a caller waits who is refused for a moment


def manager(stat_prefix: str, filters: Sequence[Message], **own: object) -> Message:
    router = extension("filters.http.router", FILTER("router", "Router"), suppress_envoy_headers=True)
    return extension(
        "filters.network.http_connection_manager",
        _KIND,
        stat_prefix=stat_prefix,
        http_filters=[*filters, router],
        **own,
    )


def routes_in(place: Place, name: str, file: str) -> Message:
    return {"route_config_name": name, "config_source": file_source(place, file)}


def first_tier(traffic: TrafficPlan, place: Place, routes: Message) -> Message:
    """It reads nothing of a request but its headers, and has no filter besides routing: all that runs before a key was
    seen is what Envoy calls stable and safe against untrusted callers."""
    return manager(
        "clients",
        (),
        rds=routes,
        access_log=[refused_log()],
        local_reply_config={"mappers": mappers_of_both(_before_a_key(traffic, place))},
        use_remote_address=True,
        xff_num_trusted_hops=traffic.trusted_hops,
        internal_address_config={"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]},
        always_set_request_id_in_response=True,
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action="REJECT_REQUEST",
        server_name="gateway",
        request_headers_timeout=SECONDS(min(_HEADERS, place.upload_seconds)),
        request_timeout=SECONDS(place.upload_seconds),
        stream_idle_timeout=SECONDS(traffic.silence_seconds + _LATER),
        http1_safe_max_connection_duration=True,
        common_http_protocol_options={
            "idle_timeout": SECONDS(traffic.keep_alive_seconds),
            "max_connection_duration": SECONDS(traffic.connection_seconds),
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        http2_protocol_options={
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 65_536,
            "initial_connection_window_size": 1_048_576,
        },
    )


def second_tier(traffic: TrafficPlan, name: str, routes: Message, filters: Sequence[Message]) -> Message:
    logs = [routed_log(), counters(), version_counters()]
    return behind(traffic, name, routes, filters, access_log=logs, **traced(traffic))


def behind(traffic: TrafficPlan, name: str, routes: Message, filters: Sequence[Message], **own: object) -> Message:
    """It trusts the first tier: the request id and the client are what that one said."""
    return manager(
        name,
        filters,
        rds=routes,
        local_reply_config={"mappers": mappers_of_both(_after_a_key(traffic)), "body_format": _AS_IT_IS},
        preserve_external_request_id=True,
        early_header_mutation_extensions=[_without_orders(traffic)],
        stream_idle_timeout=SECONDS(traffic.silence_seconds),
        **BETWEEN_TIERS,
        **own,
    )


def _without_orders(traffic: TrafficPlan) -> Message:
    """The first tier drops those of Envoy's headers that would steer it; here all others go that a caller sent."""
    steering = {"remove_on_match": {"key_matcher": {"prefix": "x-envoy-"}}}
    copied = [{"remove": name} for name in NOT_FROM_CALLERS] if traffic.traces is not None else []
    kind = "http.early_header_mutation.header_mutation"
    return extension(kind, f"extensions.{kind}.v3.HeaderMutation", mutations=[steering, *copied])


_AS_IT_IS: Message = {
    "text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"},
    "content_type": "application/json",
}


def _before_a_key(traffic: TrafficPlan, place: Place) -> list[Message]:
    def said(code: str, words: str, kind: str = OURS, retry_after: int | None = None) -> Message:
        return error(traffic.contact, code, words, kind, retry_after=retry_after)

    busy = "this client has as many requests under way as it may have"
    slow = f"the whole request has to come within {place.upload_seconds} s"
    return [
        when(
            flags("NR"),
            401,
            said("invalid_api_key", _NO_KEY, "authentication_error"),
            header("www-authenticate", "Bearer"),
        ),
        when(flags("UO"), 429, said("too_many_at_once", busy, "rate_limit_error", SOON), wait(SOON)),
        when(status(408), 408, said("request_timeout", slow)),
        when(status(413), 413, said("too_large", too_large(traffic))),
        when(status(431), 431, said("headers_too_large", "the request has more than 100 headers, or more than 60 KiB")),
        when(status(501), 400, said("bad_request", _NOT_HTTP)),
        when(status(500, "GE"), 503, said("unavailable", "the gateway can't answer now", THEIRS, SOON), wait(SOON)),
        when(status(400, "GE"), 400, said("bad_request", _NOT_HTTP)),
    ]


def too_large(traffic: TrafficPlan) -> str:
    return (
        f"the request is larger than {traffic.body_mib} MiB, or its JSON has more than {MAX_VALUES:,} values; send"
        " smaller images, or fewer at once"
    )


_NO_KEY = "the key is missing or isn't valid: send the header Authorization: Bearer KEY, or x-api-key: KEY"
_NOT_HTTP = (
    "the gateway takes HTTP/1.1 and HTTP/2, with the name of a host, without escaped slashes in the path and without"
    " underscores in names of headers"
)
_NO_ANSWER = "the server's answer isn't HTTP, or has more than 100 headers or 60 KiB of them"


def _after_a_key(traffic: TrafficPlan) -> list[Message]:
    def said(code: str, words: str, kind: str = THEIRS, retry_after: int | str | None = None) -> Message:
        return error(traffic.contact, code, words, kind, retry_after=retry_after)

    start = "%CLUSTER_METADATA(gateway:start_seconds)%"
    often = "this client sent more requests per minute than it may"
    starting = f"no server of this model is ready; one that starts takes about {start} s"
    idle = f"the server sent nothing for {traffic.idle_seconds} s"
    broken = "the model's server broke the connection or refused it"
    used = (
        f"this client used more tokens in this minute than the {sent_back(LIMIT)} that it may; the next minute begins"
        f" in {sent_back(RESET)} s"
    )
    failed = f"the gateway failed; it passes no JSON of more than {traffic.body_mib} MiB in one answer"
    full = "this client has as many requests under way for this model as it may have while other clients use it"
    no_custom = f"no server of %REQ({ROUTED})% is there, or it broke the connection"
    return [
        when(status(429), 429, said("too_many_per_minute", often, "rate_limit_error"), wait("%REQ(X-LLM-WAIT)%")),
        when(status(OVER), 429, said("too_many_tokens", used, "rate_limit_error"), wait(sent_back(RESET))),
        when(status(413), 413, said("too_large", too_large(traffic), OURS)),
        when(all_of(flags(*_BROKEN, "UH"), _CUSTOM), 503, said("unavailable", no_custom, retry_after=SOON), wait(SOON)),
        when(all_of(flags(*_NOBODY), has(HELD)), 503, said("model_starting", starting, retry_after=start), wait(start)),
        when(flags("UH"), 503, said("model_starting", starting, retry_after=start), wait(start)),
        when(
            flags("NC"),
            503,
            said("model_starting", "the gateway learns of this model now", retry_after=SOON),
            wait(SOON),
        ),
        when(flags("SI"), 504, said("timeout", idle)),
        when(status(504), 504, said("timeout", f"an answer may take {traffic.total_seconds} s")),
        when(status(408), 408, said("request_timeout", "the request didn't come as a whole", OURS)),
        when(status(500), 500, said("unavailable", failed)),
        when(status(502), 502, said("unavailable", _NO_ANSWER)),
        when(flags(*_BROKEN), 503, said("unavailable", broken, retry_after=SOON), wait(SOON)),
        when(flags("UO"), 429, said("too_many_at_once", full, "rate_limit_error", SOON), wait(SOON)),
    ]


_CUSTOM: Message = {"header_filter": {"header": {"name": ROUTED, "string_match": {"prefix": "custom:"}}}}
_NOBODY = ("UF", "URX")  # no server took the request
_BROKEN = ("UF", "UC", "UR", "LR", "URX", "OM", "UPE")
