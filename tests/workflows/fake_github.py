"""GitHub's REST API on loopback: one pull request, its comments, the artifact of a run."""

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

BOT = "github-actions[bot]"
PAGE = 100


def packed(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class FakeGitHub:
    """`writes` are the calls that changed something; `stray_tokens` what a host that isn't the API was sent."""

    def __init__(self) -> None:
        self.pull: dict[str, Any] = {"state": "open", "head": {"sha": "a" * 40, "repo": {"id": 7}}}
        self.comments: list[dict[str, Any]] = []
        self.artifact: bytes | None = None
        self.stated_bytes: int | None = None
        self.writes: list[tuple[str, str]] = []
        self.stray_tokens: list[str] = []
        self.url = ""

    def comment(self, body: str, login: str = BOT) -> None:
        self.comments.append({"id": len(self.comments) + 1, "user": {"login": login}, "body": body})

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method != "GET":
            self.writes.append((method, path))
        if path.endswith("/artifacts"):
            size = self.stated_bytes or len(self.artifact or b"")
            return 200, {"artifacts": [] if self.artifact is None else [{"id": 5, "size_in_bytes": size}]}
        if path == "/pulls/12":
            return 200, self.pull
        if path == "/issues/12/comments" and method == "GET":
            start = (int(query["page"][0]) - 1) * PAGE
            return 200, self.comments[start : start + PAGE]
        if path == "/issues/12/comments":
            self.comment(body["body"])
            return 201, {}
        if known := re.fullmatch(r"/issues/comments/(\d+)", path):
            (comment,) = [each for each in self.comments if each["id"] == int(known[1])]
            if method == "DELETE":
                self.comments.remove(comment)
                return 204, None
            comment["body"] = body["body"]
            return 200, {}
        return 404, {"message": "Not Found"}


@contextmanager
def serving(github: FakeGitHub) -> Iterator[FakeGitHub]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/storage":
                github.stray_tokens += self.headers.get_all("Authorization", [])
                return self._send(200, github.artifact or b"")
            if self.headers["Authorization"] != "Bearer a-token":
                return self._send(401, b"{}")
            path = address.path.removeprefix("/repos/acme/llm")
            if path == "/actions/artifacts/5/zip":
                self.send_response(302)
                elsewhere = github.url.replace("127.0.0.1", "localhost")  # another host to a client
                self.send_header("Location", f"{elsewhere}/storage?signature=1")
                return self.end_headers()
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = github.answer(self.command, path, parse_qs(address.query), body)
            return self._send(status, b"" if answer is None else json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = do_DELETE = _serve

        def _send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        github.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield github
        finally:
            server.shutdown()
            thread.join()
