"""`model add ollama:TAG`: the registry's manifest and the start of the file that it names."""

import json
import struct
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from infra.engines.ollama import registry as ollama
from infra.models.gguf import read_start
from infra.models.lock import NAME
from tests.cli.running import plan, run, write_stack

GIB = 2**30
LLAMA: Mapping[str, Any] = {
    "general.architecture": "llama",
    "llama.block_count": 28,
    "llama.context_length": 131072,
    "llama.embedding_length": 3072,
    "llama.attention.head_count": 24,
    "llama.attention.head_count_kv": 8,
    "llama.attention.key_length": 128,
    "llama.vocab_size": 128256,
    "tokenizer.ggml.tokens": ["a"] * 300_000,
}


def gguf(values: Mapping[str, Any]) -> bytes:
    """The start of a file with these values."""
    body = b"".join(_text(key) + _value(value) for key, value in values.items())
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(values)) + body


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, list):
        inner = 8 if isinstance(value[0], str) else 4
        parts = b"".join(_text(each) if inner == 8 else struct.pack("<I", each) for each in value)
        return struct.pack("<IIQ", 9, inner, len(value)) + parts
    return struct.pack("<II", 4, value)


def files(values: Mapping[str, Any], size: int = 2 * GIB) -> dict[str, bytes]:
    layers = [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:f", "size": size}]
    manifest = {"schemaVersion": 2, "config": {"digest": "sha256:c", "size": 9}, "layers": layers}
    return {
        "/v2/library/mine/manifests/3b": json.dumps(manifest).encode(),
        "/v2/library/mine/blobs/sha256:c": json.dumps({"model_type": "3.2B", "file_type": "Q4_K_M"}).encode(),
        "/v2/library/mine/blobs/sha256:f": gguf(values),
    }


class _Server(ThreadingHTTPServer):
    files: Mapping[str, bytes]
    sent = 0


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """It writes nothing."""

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        asked = self.headers.get("range")
        content = (content or b"")[: int(asked.rpartition("-")[2]) + 1 if asked else None]
        self.server.sent += len(content)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def registry(content: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.files = content
    monkeypatch.setattr(ollama, "REGISTRY", f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_tag_is_read_into_the_lock_and_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with registry(files(LLAMA), monkeypatch) as server:
        said = run("model", "add", "ollama:mine:3b", "--stacks", str(tmp_path))
    assert said.exit_code == 0
    assert server.sent < 2 * 2**20
    assert "28 layers, 24 heads, 8 KV heads of 128: 112 KiB of cache per token; context 131,072" in said.stdout
    entry = tomllib.loads((tmp_path / NAME).read_text(encoding="utf-8"))["ollama:mine:3b"]
    assert (entry["weights_gib"], entry["dtype"], entry["params_b"]) == (2.0, "Q4_K_M", 3.2)
    text = """
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {version: "1.35", zones: 2}}
    models: {small: {model: "mine:3b", engine: ollama}}
"""
    write_stack(tmp_path, text)
    planned = json.loads(plan("dev", "--format", "json", stacks=tmp_path).stdout)
    assert planned["models"]["small"]["weights_on_disk_gib"] == 2.0
    fit = run("fit", "mine:3b", "--gpu", "L4", "--stacks", str(tmp_path), "--format", "json")
    assert json.loads(fit.stdout)["fits"] is True


def test_an_unknown_tag_names_the_command(tmp_path: Path) -> None:
    text = """
config:
  llm-platform:platform:
    cluster: {existing: {context: kind}}
    models: {small: {model: "mine:3b", engine: ollama, gpus: 0}}
"""
    write_stack(tmp_path, text)
    refused = plan("dev", stacks=tmp_path)
    assert "llm-platform model add ollama:mine:3b" in " ".join(refused.stderr.split())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"llama.block_count": None}, ["llama.block_count", "missing"]),
        ({"llama.attention.head_count_kv": [8, 4] * 14}, ["llama.attention.head_count_kv", "differ by layer"]),
    ],
)
def test_a_file_that_is_not_sized_is_refused_by_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: Mapping[str, Any], words: list[str]
) -> None:
    kept = {key: value for key, value in {**LLAMA, **values}.items() if value is not None}
    with registry(files(kept), monkeypatch):
        said = run("model", "add", "ollama:mine:3b", "--stacks", str(tmp_path))
    assert said.exit_code == 2
    assert all(word in " ".join(said.stderr.split()) for word in words)
    assert not (tmp_path / NAME).exists()


def test_layers_without_attention_keep_no_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with registry(files({**LLAMA, "llama.attention.head_count_kv": [0, 0, 0, 8] * 7}), monkeypatch):
        said = run("model", "add", "ollama:mine:3b", "--stacks", str(tmp_path), "--format", "json")
    assert json.loads(said.stdout)["kv_bytes_per_token"] == 2 * 7 * 8 * 128 * 2


def test_a_tag_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with registry({}, monkeypatch):
        said = run("model", "add", "ollama:other:1b", "--stacks", str(tmp_path))
    assert said.exit_code == 2
    assert "no such tag" in " ".join(said.stderr.split())


def test_a_start_that_is_cut_off_says_what_it_has() -> None:
    whole = gguf(LLAMA)
    assert read_start(whole)["tokenizer.ggml.tokens"] == 300_000
    assert read_start(whole[:2000])["llama.block_count"] == 28
