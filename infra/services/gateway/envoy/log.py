"""The log, one line of JSON for each request, and the counters by client and model that Prometheus reads. Neither has a
prompt, a key or what stands behind `?` of a path."""

from infra.plan.versions import VERSION
from infra.services.gateway.envoy.errors import status
from infra.services.gateway.envoy.messages import FROM_BODY, NO_HOST, Message, extension, text

ROUTED = "x-llm-routed"  # the header of a request that a server is asked: the name that was sent, or `custom:NAME`
SERVED_BY = "x-llm-served-by"  # the header of an answer that came from elsewhere: who gave it
HELD_MS = "x-llm-held-ms"  # the header of an answer of one tier to the next: how long the request waited for a server
OF_THE_GATEWAY = (SERVED_BY, VERSION, HELD_MS)  # headers of answers that no server may say itself
SERVED = "x-llm-served"  # the header of a request to one of two versions: which one it is
sent = f"%DYNAMIC_METADATA({FROM_BODY}:{{}}):100%".format  # what a filter read out of a body

FIRST_BYTE = "%RESPONSE_DURATION%"
# Who ended an answer before it was whole, which its status doesn't say: the client that went away, the server that
# ended, or a time of the gateway.
_CUT = (
    'response.code_details.startsWith("downstream") || response.code_details == "http2.remote_reset" ? "client"'
    ' : response.code_details.startsWith("upstream_reset_after_response_started") ? "server"'
    ' : response.code == 200 && response.code_details.endsWith("_timeout") ? "time" : "no"'
)
# The name of a model's route is that of the model, whatever was sent.
_ADAPTER = f"'{ROUTED}' in request.headers && request.headers['{ROUTED}'] != xds.route_name"


def _first_of(*operators: tuple[str, str]) -> str:
    """The first of these commands that knows something."""
    known = [{"command": command, **({"param": param} if param else {})} for command, param in operators]
    return f"%COALESCE({text({'operators': known})})%"


# From when the request was whole until it was sent to the server that answered; of a model that falls back, the tier
# before its servers knows that. Where no server was asked, all the time that it took.
HELD_FOR = _first_of(
    ("TYPED_CEL", f"int(response.headers['{HELD_MS}'])"),
    ("COMMON_DURATION", "DS_RX_END:US_TX_BEG:ms"),
    ("DURATION", ""),
)

_LINE: Message = {
    "time": "%START_TIME%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "status": "%RESPONSE_CODE%",
    "grpc_status": "%GRPC_STATUS_NUMBER%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "duration_ms": "%DURATION%",
    "bytes_in": "%BYTES_RECEIVED%",
    "bytes_out": "%BYTES_SENT%",
}
_ROUTED: Message = {
    **_LINE,
    "cut": f"%CEL({_CUT})%",
    "client": "%REQ(X-LLM-CLIENT)%",
    "team": "%REQ(X-LLM-TEAM)%",
    "model": sent("model"),
    "adapter_of": f"%TYPED_CEL({_ADAPTER} ? xds.route_name : null)%",
    "route": "%ROUTE_NAME%",
    "version": f"%RESP({VERSION})%",
    "server": "%UPSTREAM_HOST%",
    "served_by": f"%RESP({SERVED_BY})%",
    "tries": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "held_ms": HELD_FOR,
    "first_byte_ms": FIRST_BYTE,
    "tokens_in": sent("tokens_in"),
    "tokens_out": sent("tokens_out"),
}
# What the first tier answers itself; all else is in the log of the second.
_OWN = ["NR", "NC", "UO", "UH", "UF", "DPE", "OM", "DT", "SI", "UC"]
_OWN_STATUS = [408, 413, 431]
# A caller that went away before its request had a client's route: of any other one the second tier knows it.
_UNKNOWN = {"header_filter": {"header": {"name": "x-llm-client", "present_match": True, "invert_match": True}}}
_LEFT: Message = {"and_filter": {"filters": [{"response_flag_filter": {"flags": ["DC"]}}, _UNKNOWN]}}
_NO_HOST: Message = {"header_filter": {"header": NO_HOST}}


def refused_log() -> Message:
    """Answers of the first tier: nobody is known there but by a key, so the line names addresses. A caller inside the
    cluster can write the first one itself, in X-Forwarded-For; `peer` is who opened the connection."""
    line = {
        **_LINE,
        "from": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "peer": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
    }
    own = [{"response_flag_filter": {"flags": _OWN}}, *(status(code) for code in _OWN_STATUS), _LEFT, _NO_HOST]
    return {"filter": {"or_filter": {"filters": own}}, **_stdout(line)}


def routed_log() -> Message:
    return _stdout(_ROUTED)


def counters() -> Message:
    """`envoy_llm_requests`, `envoy_llm_tokens_in` and `envoy_llm_tokens_out`, and a histogram of the time to the first
    byte. Only of requests that have a model's route: else a caller could make any number of series. `served_by` is the
    external that answered, else blank."""
    who = [("client", "%REQ(X-LLM-CLIENT)%"), ("team", "%REQ(X-LLM-TEAM)%"), ("model", f"%REQ({ROUTED})%")]
    where = ("served_by", f"%RESP({SERVED_BY})%")
    requests = {"stat": _stat("requests", *who, where, ("status", "%RESPONSE_CODE%")), "value_fixed": 1}
    tokens = [{"stat": _stat(name, *who, where), "value_format": sent(name)} for name in ("tokens_in", "tokens_out")]
    first_byte = {"stat": _stat("first_byte", who[-1]), "unit": "Milliseconds", "value_format": FIRST_BYTE}
    logger = extension(
        "access_loggers.stats",
        "extensions.access_loggers.stats.v3.Config",
        stats_scope={"prefix": "llm"},
        counters=[requests, *tokens],
        histograms=[first_byte],
    )
    return {"filter": {"header_filter": {"header": {"name": ROUTED, "present_match": True}}}, **logger}


def version_counters() -> Message:
    """`envoy_llm_version_requests`, and the time to the first byte, where two versions serve: to compare them."""
    who = [("model", f"%REQ({ROUTED})%"), ("version", f"%REQ({SERVED})%")]
    requests = {"stat": _stat("version_requests", *who, ("status", "%RESPONSE_CODE%")), "value_fixed": 1}
    first_byte = {"stat": _stat("version_first_byte", *who), "unit": "Milliseconds", "value_format": FIRST_BYTE}
    logger = extension(
        "access_loggers.stats",
        "extensions.access_loggers.stats.v3.Config",
        stats_scope={"prefix": "llm"},
        counters=[requests],
        histograms=[first_byte],
    )
    return {"filter": {"header_filter": {"header": {"name": SERVED, "present_match": True}}}, **logger}


def _stat(name: str, *tags: tuple[str, str]) -> Message:
    return {"name": name, "tags": [{"name": tag, "value_format": value} for tag, value in tags]}


def _stdout(line: Message) -> Message:
    return extension(
        "access_loggers.stdout", "extensions.access_loggers.stream.v3.StdoutAccessLog", log_format={"json_format": line}
    )
