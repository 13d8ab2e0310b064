"""What somebody tries by HTTP/2 (RFC 9113), frame by frame: smuggled headers and floods."""

import socket
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import count, islice, repeat

import pytest

from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.running import Gateway

pytestmark = pytest.mark.programs
_DATA, _HEADERS, _PRIORITY, _RESET, _SETTINGS, _PING, _WINDOW, _MORE_HEADERS = 0, 1, 2, 3, 4, 6, 8, 9
_END_STREAM, _END_HEADERS = 1, 4
_SMALL = b'{"model": "small"}'
_USUAL = {
    b":method": b"POST",
    b":path": b"/v1/chat/completions",
    b":scheme": b"http",
    b":authority": b"llm",
    b"authorization": b"Bearer key-of-app-1",
    b"content-type": b"application/json",
}


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def _field(name: bytes, value: bytes) -> bytes:
    return b"\x10" + bytes([len(name)]) + name + bytes([len(value)]) + value


def _fields(*more: tuple[bytes, bytes], **usual: bytes) -> bytes:
    """`usual`: other values of these fields, without the colon."""
    changed = {**_USUAL, **{f":{name}".encode(): value for name, value in usual.items()}}
    return b"".join(_field(*each) for each in (*changed.items(), *more))


_BEGIN = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(_SETTINGS, 0, 0)
_OPEN = _BEGIN + _frame(_HEADERS, _END_HEADERS, 1, _fields())


def _request(fields: bytes) -> bytes:
    return _BEGIN + _frame(_HEADERS, _END_HEADERS, 1, fields) + _frame(_DATA, _END_STREAM, 1, _SMALL)


def _answer(gateway: Gateway, sent: bytes) -> str:
    """OK, refused (an answer with another status) or broken off: the first frame about the request says it."""
    with socket.create_connection(("127.0.0.1", gateway.place.port), timeout=HANGS_SECONDS) as connection:
        with suppress(ConnectionError):  # it may be broken off before it is whole
            connection.sendall(sent)
        with connection.makefile("rb") as reader, suppress(ConnectionError):
            while head := reader.read(9):
                payload = reader.read(int.from_bytes(head[:3], "big"))
                if head[3] == _HEADERS:
                    return "OK" if payload.startswith(b"\x88") else "refused"  # 0x88: `:status: 200`
                if head[3] == _RESET:
                    return "broken off"
    return "broken off"


REQUESTS: Mapping[str, tuple[bytes, str]] = {
    "a usual one": (_fields(), "OK"),
    "another host": (_fields((b"host", b"secret")), "OK"),
    "two keys": (_fields((b"authorization", b"Bearer key-of-other-1")), "refused"),
    "another size": (_fields((b"content-length", b"5")), "broken off"),
    "chunks": (_fields((b"transfer-encoding", b"chunked")), "broken off"),
    "headers to drop": (_fields((b"connection", b"x-llm-client")), "broken off"),
    "capitals": (_fields((b"X-Llm-Client", b"other")), "broken off"),
    "an underscore": (_fields((b"x_llm_client", b"other")), "broken off"),
    "two paths": (_fields((b":path", b"/metrics")), "broken off"),
    "a line end in a value": (_fields((b"x-a", b"b\r\nx-llm-client: other")), "broken off"),
    "a zero in a value": (_fields((b"x-a", b"b\0")), "broken off"),
    "a line end in the path": (_fields(path=b"/v1/chat/completions HTTP/1.1\r\nx: y"), "broken off"),
    "a line end in the method": (_fields(method=b"POST /metrics HTTP/1.1\r\nx"), "broken off"),
    "a line end in the host": (_fields(authority=b"a\r\nx-llm-client: other"), "broken off"),
    "a scheme with a path": (_fields(scheme=b"http://secret/metrics?"), "broken off"),
    "a path without a slash": (_fields(path=b"metrics"), "broken off"),
    "a host with a user's name": (_fields(authority=b"a@llm"), "broken off"),
    "an empty host": (_fields(authority=b""), "broken off"),
    "two methods": (_fields((b":method", b"GET")), "broken off"),
    "a status": (_fields((b":status", b"200")), "broken off"),
    "a part of a name that HTTP/2 doesn't know": (_fields((b":client", b"other")), "broken off"),
    "an upgrade": (_fields((b"upgrade", b"h2c")), "broken off"),
    "what it could take behind the answer": (_fields((b"te", b"gzip")), "broken off"),
    "a wait of gRPC": (_fields((b"grpc-timeout", b"1n")), "OK"),
    "the client's name": (_fields((b"x-llm-client", b"other"), (b"x-llm-routed", b"secret")), "OK"),
    "a path with a fragment": (_fields(path=b"/v1/chat/completions#/metrics"), "refused"),
    "a path with escaped slashes": (_fields(path=b"/v1/..%2fmetrics"), "refused"),
    "an unknown method": (_fields(method=b"PUT"), "refused"),
    "a space in the name of a header": (_fields((b"x a", b"b")), "broken off"),
    "a tunnel without a protocol": (_fields(method=b"CONNECT"), "broken off"),
    "a tunnel": (_fields((b":protocol", b"websocket"), method=b"CONNECT"), "broken off"),
}


@pytest.mark.parametrize(("fields", "answer"), REQUESTS.values(), ids=REQUESTS)
def test_only_whole_requests_reach_an_engine(gateway: Gateway, engine: Engine, fields: bytes, answer: str) -> None:
    assert _answer(gateway, _request(fields)) == answer
    assert len(engine.requests) == (1 if answer == "OK" else 0)
    for request in engine.requests:
        assert (request.header("x-llm-client"), request.header("host")) == (["app"], ["127.0.0.1"])


def _behind(fields: bytes, flags: int = _END_STREAM | _END_HEADERS) -> bytes:
    return _frame(_DATA, 0, 1, _SMALL) + _frame(_HEADERS, flags, 1, fields)


_PROMISE, _PADDED, _FIRST = 5, 0x8, 0x20
_LARGE = b"\x40\x03x-a\x7f\xb1\x1e" + b"a" * 4016  # remembered, and named by one byte from then on
FRAMES: Mapping[str, bytes] = {
    "a path behind the body": _behind(_field(b":path", b"/metrics")),
    "headers behind the body that don't end it": _behind(_field(b"x-a", b"b"), _END_HEADERS),
    "a promise of a caller": _frame(_PROMISE, _END_HEADERS, 1, struct.pack(">I", 2) + _fields()),
    "data on no stream": _frame(_DATA, _END_STREAM, 0, _SMALL),
    "data of a stream that wasn't opened": _frame(_DATA, _END_STREAM, 7, _SMALL),
    "a stream with an even number": _frame(_HEADERS, _END_HEADERS | _END_STREAM, 2, _fields()),
    "a window of nothing": _frame(_WINDOW, 0, 1, struct.pack(">I", 0)),
    "a window of too much": _frame(_WINDOW, 0, 1, struct.pack(">I", 2**31 - 1)),
    "a frame that is too long": _frame(_DATA, _END_STREAM, 1, b" " * 2**17),
    "a table of 4 GB": _frame(_HEADERS, _END_HEADERS | _END_STREAM, 3, b"\x3f\xe1\xff\xff\xff\x0f"),
    "a stream that waits for itself": _frame(_HEADERS, 5 | _FIRST, 3, struct.pack(">IB", 3, 15) + _fields()),
    "more padding than frame": _frame(_HEADERS, 5 | _PADDED, 3, b"\xff" + _fields()),
    "headers of another stream between": _frame(_HEADERS, 0, 3, _fields())
    + _frame(_MORE_HEADERS, 4, 5, _field(b"a", b"b")),
    "headers without a beginning": _frame(_MORE_HEADERS, _END_HEADERS, 3, _fields()),
    "a name of no letters": _frame(_HEADERS, _END_STREAM | _END_HEADERS, 3, _fields() + b"\x10\0\0"),
    "letters that never end": _frame(
        _HEADERS, _END_STREAM | _END_HEADERS, 3, _fields() + b"\x10\x03x-a\x84" + b"\xff" * 4
    ),
    "a header of 4 kB, 10,000 times": _frame(_HEADERS, 0, 3, _fields() + _LARGE)
    + _frame(_MORE_HEADERS, 4, 3, b"\xbe" * 10_000),
    "an entry that the table doesn't have": _frame(_HEADERS, _END_HEADERS | _END_STREAM, 3, b"\xff\x7f"),
}


@pytest.mark.parametrize("frames", FRAMES.values(), ids=FRAMES)
def test_no_odd_frame_reaches_an_engine(gateway: Gateway, engine: Engine, frames: bytes) -> None:
    assert (_answer(gateway, _OPEN + frames), engine.requests) == ("broken off", [])
    assert gateway.ask("GET", "/v1/models").status == 200


def test_headers_behind_the_body_are_dropped(gateway: Gateway, engine: Engine) -> None:
    behind = _field(b"x-llm-client", b"other") + _field(b"authorization", b"Bearer x")
    body = _frame(_DATA, 0, 1, _SMALL) + _frame(_HEADERS, _END_STREAM | _END_HEADERS, 1, behind)
    assert _answer(gateway, _OPEN + body) == "OK"
    assert engine.requests[0].header("x-llm-client") == ["app"]


def _opened_and_reset() -> Iterator[bytes]:
    """CVE-2023-44487."""
    for stream in count(1, 2):
        yield _frame(_HEADERS, _END_HEADERS, stream, _fields()) + _frame(_RESET, 0, stream, struct.pack(">I", 8))


def _opened_to_be_reset() -> Iterator[bytes]:
    """CVE-2025-8671: the server is made to reset each stream itself."""
    for stream in count(1, 2):
        yield _frame(_HEADERS, _END_HEADERS, stream, _fields()) + _frame(_WINDOW, 0, stream, struct.pack(">I", 0))


def _headers_without_end() -> Iterator[bytes]:
    """CVE-2024-27316."""
    yield _frame(_HEADERS, 0, 1, _fields())
    yield from repeat(_frame(_MORE_HEADERS, 0, 1, _field(b"x-a", b"b" * 100)) * 100)


FLOODS: Mapping[str, tuple[bytes, Callable[[], Iterator[bytes]]]] = {
    "streams that are reset": (_BEGIN, _opened_and_reset),
    "streams that Envoy has to reset": (_BEGIN, _opened_to_be_reset),
    "headers without end": (_BEGIN, _headers_without_end),
    "pings": (_BEGIN, lambda: repeat(_frame(_PING, 0, 0, b"12345678") * 100)),
    "settings": (_BEGIN, lambda: repeat(_frame(_SETTINGS, 0, 0) * 100)),
    "empty data": (_OPEN, lambda: repeat(_frame(_DATA, 0, 1) * 100)),
    "priorities": (_BEGIN, lambda: repeat(_frame(_PRIORITY, 0, 1, b"\0\0\0\0\1") * 100)),
    "windows": (_OPEN, lambda: repeat(_frame(_WINDOW, 0, 1, struct.pack(">I", 1)) * 100)),
}
_ENOUGH = 100_000  # parts


def _send(connection: socket.socket, parts: Iterable[bytes]) -> None:
    for part in parts:
        connection.sendall(part)


@pytest.mark.parametrize(("begin", "parts"), FLOODS.values(), ids=FLOODS)
def test_a_flood_is_cut_off(gateway: Gateway, begin: bytes, parts: Callable[[], Iterator[bytes]]) -> None:
    with socket.create_connection(("127.0.0.1", gateway.place.port), timeout=HANGS_SECONDS) as connection:
        connection.sendall(begin)
        with pytest.raises(ConnectionError):
            _send(connection, islice(parts(), _ENOUGH))
    assert gateway.ask("GET", "/v1/models").status == 200
