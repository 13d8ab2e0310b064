"""A provider of hosted models behind TLS, with a certificate that only the tests trust. It answers as a body's field
`does` says."""

import asyncio
import json
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.gateway.engine import Engine, Request, stream, write


def certify(folder: Path, host: str = "unknown") -> ssl.SSLContext:
    """Writes HOST.pem, a certificate of this host, and returns what serves with it."""
    certificate, key = folder / f"{host}.pem", folder / f"{host}.key"
    names = ("-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}")
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    where = ("-out", str(certificate), "-keyout", str(key))
    subprocess.run(["openssl", "req", *kind, *names, *where], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@dataclass
class Provider(Engine):
    """`does`: "stream", "cut" (the connection ends without an answer), "cut stream", "never", or a mapping with status,
    type, text and headers. Anything else is answered at once."""

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        does: Any = json.loads(request.body).get("does")
        if isinstance(does, Mapping):
            return await _as_said(writer, does)
        if does == "stream":
            return await stream(writer, "abc", 0.01)
        if does == "cut stream":
            head = b"HTTP/1.1 200 x\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            writer.write(head + b"9\r\ndata: {}\n\r\n")
            await writer.drain()
        if does in ("cut", "cut stream"):
            raise ConnectionError
        if does == "never":
            await asyncio.sleep(3600)
        return await write(writer, 200, {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}})


async def _as_said(writer: asyncio.StreamWriter, does: Mapping[str, Any]) -> None:
    body = does.get("text", "{}").encode()
    headers = {"content-type": does.get("type", "application/json"), **does.get("headers", {})}
    lines = [f"HTTP/1.1 {does['status']} x", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body)
    await writer.drain()
