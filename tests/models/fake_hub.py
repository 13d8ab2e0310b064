"""A hub on 127.0.0.1 that answers as huggingface.co does, refusals included."""

import hashlib
import json
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "4f2c9d1" + "0" * 33


@dataclass
class Repository:
    """What a repository holds, and who may read it."""

    files: Mapping[str, bytes]
    gated: str | bool = False
    private: bool = False
    readers: tuple[str, ...] = ()  # tokens
    sha: str = COMMIT
    revisions: tuple[str, ...] = ("main",)
    pipeline: str | None = None
    elsewhere: bool = False  # large files are on another host, as on a CDN

    def reads(self, token: str | None) -> bool:
        return token in self.readers or not (self.gated or self.private)


@dataclass
class FakeHub:
    """Repositories by name, and what was asked."""

    url: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    away: int = 0  # this many requests are answered with 503
    knows_ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # path and range
    sent: int = 0  # bytes of files
    pause_after: int | None = None  # bytes of a file; the rest is sent once `goes_on` is set
    goes_on: Event = field(default_factory=Event)


def safetensors(tensors: Mapping[str, tuple[str, list[int], int]]) -> bytes:
    """The header of a file with these tensors (dtype, shape, bytes), and none of their values."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, (dtype, shape, size) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text


class _Server(ThreadingHTTPServer):
    hub: FakeHub


class _Handler(BaseHTTPRequestHandler):
    @property
    def hub(self) -> FakeHub:
        assert isinstance(self.server, _Server)
        return self.server.hub

    def log_message(self, format: str, *args: object) -> None:
        """It writes nothing."""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((path, self.headers.get("range")))
        if self.hub.away:
            self.hub.away -= 1
            self._answer(503)
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            self._describe(found[1], found[2])
        elif found := re.fullmatch(r"/(?:cdn/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._file(found[1], found[2], found[3], cdn=path.startswith("/cdn/"))
        else:
            self._answer(404)

    def _describe(self, name: str, revision: str | None) -> None:
        hub = self.hub
        if (new := hub.renamed.get(name)) is not None:
            self._answer(307, {"Location": f"{hub.url}/api/models/{new}"})
            return
        found = hub.repositories.get(name)
        if found is None or (found.private and not found.reads(self._token())):
            self._answer(401, {"X-Error-Code": "RepoNotFound"})
        elif revision not in (None, found.sha, *found.revisions):
            self._answer(404, {"X-Error-Code": "RevisionNotFound"})
        else:
            said = {"id": name, "sha": found.sha, "gated": found.gated, "private": found.private}
            files = [{"rfilename": file, "size": len(content)} for file, content in found.files.items()]
            self._answer(200, body=json.dumps({**said, "pipeline_tag": found.pipeline, "siblings": files}).encode())

    def _file(self, name: str, revision: str, file: str, *, cdn: bool) -> None:
        found = self.hub.repositories[name]
        if not cdn and not found.reads(self._token()):
            code = 403 if self._token() else 401
            self._answer(code, {"X-Error-Code": "GatedRepo"})
        elif file not in found.files:
            self._answer(404, {"X-Error-Code": "EntryNotFound"})
        elif found.elsewhere and not cdn and file.endswith(".safetensors"):
            self._answer(302, {"Location": f"{self.hub.url}/cdn/{name}/resolve/{revision}/{file}"})
        else:
            self._send(found.files[file])

    do_HEAD = do_GET

    def _send(self, content: bytes) -> None:
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range") or "")
        if asked and self.hub.knows_ranges:
            content = content[int(asked[1]) : int(asked[2] or len(content)) + 1]
        self.hub.sent += len(content)
        self._answer(206 if asked and self.hub.knows_ranges else 200, headers, content)

    def _token(self) -> str | None:
        return (self.headers.get("authorization") or "").removeprefix("Bearer ") or None

    def _answer(self, code: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(code)
        for key, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            self._write(body)
        except ConnectionError:
            return  # the reader has what it wanted

    def _write(self, body: bytes) -> None:
        first = self.hub.pause_after or len(body)
        self.wfile.write(body[:first])
        if rest := body[first:]:
            self.hub.goes_on.wait()
            self.wfile.write(rest)


@contextmanager
def running() -> Iterator[FakeHub]:
    server = _Server(("127.0.0.1", 0), _Handler)
    hub = server.hub = FakeHub(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
