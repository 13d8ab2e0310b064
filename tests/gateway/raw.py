"""Requests byte for byte, as nobody's library sends them."""

KEY, JSON = b"authorization: Bearer key-of-app-1", b"content-type: application/json"
SMALL = b'{"model": "small"}'
CHUNKS = b"transfer-encoding: chunked"
CHUNKED = b"12\r\n" + SMALL + b"\r\n0\r\n\r\n"


def post(*headers: bytes, path: bytes = b"/v1/chat/completions", body: bytes = SMALL, sized: bool = True) -> bytes:
    size = [b"content-length: %d" % len(body)] if sized else []
    head = [b"POST %s HTTP/1.1" % path, b"host: llm", b"connection: close", *headers, *size]
    return b"\r\n".join([*head, b"", body])


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])
