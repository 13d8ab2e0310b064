"""An OpenAI-compatible endpoint on loopback, for the snippets: the model `llama-8b` streams, `embed` gives vectors,
`whisper` hears."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "a-key"
WORDS = ["No ", "refunds", "."]


@dataclass
class FakeEndpoint:
    """`refusals` are the statuses that come first, each once; `asked` the models that were named."""

    url: str = ""
    refusals: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, key: str | None, body: dict[str, Any]) -> tuple[int, str, dict[str, str]]:
        json_type = {"Content-Type": "application/json"}
        if key != f"Bearer {KEY}":
            return 401, '{"error": {"message": "wrong key"}}', json_type
        if self.refusals:
            return self.refusals.pop(0), '{"error": {"message": "later"}}', {**json_type, "Retry-After": "0"}
        self.asked.append(body["model"])
        if path == "/v1/embeddings" and body["model"] == "embed":
            rows = [{"object": "embedding", "index": i, "embedding": [0.5] * 4} for i in range(len(body["input"]))]
            return 200, json.dumps({"object": "list", "model": "embed", "data": rows}), json_type
        if path == "/v1/audio/transcriptions" and body["model"] == "whisper":
            return 200, json.dumps({"text": "".join(WORDS)}), json_type
        if path != "/v1/chat/completions" or body["model"] != "llama-8b":
            return 404, '{"error": {"message": "no such model"}}', json_type
        if not body.get("stream"):
            message = {"role": "assistant", "content": "".join(WORDS)}
            return 200, json.dumps(_completion("chat.completion", message=message)), json_type
        chunks = [_completion("chat.completion.chunk", delta={"content": word}) for word in WORDS]
        chunks.append({**chunks[0], "choices": []})  # the last one may only count tokens
        lines = [*map(json.dumps, chunks), "[DONE]"]
        return 200, "".join(f"data: {line}\n\n" for line in lines), {"Content-Type": "text/event-stream"}


def _completion(kind: str, **choice: Any) -> dict[str, Any]:
    choices = [{"index": 0, "finish_reason": None, **choice}]
    return {"id": "1", "object": kind, "created": 0, "model": "llama-8b", "choices": choices}


@contextmanager
def serving(endpoint: FakeEndpoint) -> Iterator[FakeEndpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            is_form = self.headers["Content-Type"].startswith("multipart/")
            body = {"model": self.headers["x-llm-model"]} if is_form else json.loads(sent)
            status, text, headers = endpoint.answer(self.path, self.headers["Authorization"], body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()
