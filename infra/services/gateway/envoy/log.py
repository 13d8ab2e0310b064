"""The log: one line of JSON for each request, never with a prompt, a key or what stands behind `?` of a path."""

from infra.services.gateway.envoy.messages import FROM_BODY, Message, extension

_READ = f"%DYNAMIC_METADATA({FROM_BODY}:{{}}):100%".format

_LINE: Message = {
    "time": "%START_TIME%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "duration_ms": "%DURATION%",
    "bytes_in": "%BYTES_RECEIVED%",
    "bytes_out": "%BYTES_SENT%",
}
_ROUTED: Message = {
    **_LINE,
    "client": "%REQ(X-LLM-CLIENT)%",
    "team": "%REQ(X-LLM-TEAM)%",
    "model": _READ("model"),
    "route": "%ROUTE_NAME%",
    "server": "%UPSTREAM_HOST%",
    "tries": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "first_byte_ms": "%RESPONSE_DURATION%",
    "tokens_in": _READ("tokens_in"),
    "tokens_out": _READ("tokens_out"),
}
# What the first tier answers itself; all else is in the log of the second.
_OWN = ["NR", "NC", "UO", "UH", "UF", "DPE", "OM", "DT", "SI", "UC", "DC"]


def refused_log() -> Message:
    """Answers of the first tier: nobody is known there but by a key, so the line names the address."""
    line = {**_LINE, "from": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
    return {"filter": {"response_flag_filter": {"flags": _OWN}}, **_stdout(line)}


def routed_log() -> Message:
    return _stdout(_ROUTED)


def _stdout(line: Message) -> Message:
    return extension(
        "access_loggers.stdout", "extensions.access_loggers.stream.v3.StdoutAccessLog", log_format={"json_format": line}
    )
