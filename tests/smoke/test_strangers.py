"""Whatever stands at an address, `smoke` says what is wrong with it, and never ends in a traceback."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import run
from tests.tryout.stacks import STACK, write

ANSWERS: dict[str, str] = {
    "a web page": "<html>Welcome</html>",
    "nothing": "",
    "a list": "[]",
    "a number": "7",
    "null for everything": json.dumps(dict.fromkeys(("data", "choices", "results", "usage", "error"))),
    "text for everything": json.dumps(dict.fromkeys(("data", "choices", "results", "usage"), "a")),
    "lists of numbers": json.dumps({key: [1] for key in ("data", "choices", "results", "usage")}),
    "empty objects": json.dumps({key: [{}] for key in ("data", "choices", "results")}),
    "a stream of no JSON": "data: {",
    "a stream of another shape": 'data: []\n\ndata: {"choices": 1}\n\ndata: {"choices": [{"delta": "a"}]}\n\n',
}


@contextmanager
def answering(status: int, text: str, **headers: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


def smoke(folder: Path, url: str) -> Any:
    return run("smoke", STACK, "--stacks", str(write(folder)), "--url", url, environment={"LLM_PLATFORM_KEY": "a-key"})


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_of_another_shape_is_a_broken_promise(tmp_path: Path, text: str) -> None:
    with answering(200, text) as url:
        done = smoke(tmp_path, url)
    assert done.exit_code == 1
    rows = [
        line for line in done.stdout.splitlines() if line.startswith(("(gateway)", "asleep", "embed", "llama", "r"))
    ]
    assert rows
    assert [row for row in rows if "  ok  " in row] == []


def test_a_key_that_is_not_the_clients_is_no_broken_promise(tmp_path: Path) -> None:
    with answering(401, '{"error": {"message": "wrong key"}}') as url:
        done = smoke(tmp_path, url)
    assert done.exit_code == 3
    assert "401: wrong key. Is this a key of the client web, and of this gateway?" in done.stdout
    assert done.stdout.count("NOT CHECKED") == 1


def test_no_other_server_is_sent_the_key(tmp_path: Path) -> None:
    with answering(200, "{}") as other, answering(307, "", Location=other) as url:
        done = smoke(tmp_path, url)
    assert done.exit_code == 1
    assert "models           BROKEN       307" in done.stdout
