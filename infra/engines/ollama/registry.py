"""A tag of Ollama's library: the registry's manifest says how large its file is, and the file's start what it holds."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from httpx2 import HTTPError
from huggingface_hub.utils import http_backoff, http_stream_backoff, logging

from infra.catalog import ModelShape
from infra.models.fields import NotSized
from infra.models.gguf import read_start
from infra.models.layers import ONE_IN
from infra.models.source import CannotRead

REGISTRY = "https://registry.ollama.ai"
_MODEL, _PROJECTOR = "application/vnd.ollama.image.model", "application/vnd.ollama.image.projector"
_START_BYTES = 2**20  # of the file: everything before the tokenizer's words
_TRIES = {"max_retries": 3, "base_wait_time": 1.0, "timeout": 30}
_NAME = re.compile(r"(?:([\w.-]+)/)?([\w.-]+)(?::([\w.-]+))?")
_ENCODERS = ("bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2")


def read_tag(tag: str) -> ModelShape:
    """Raises CannotRead and NotSized."""
    named = _NAME.fullmatch(tag)
    if named is None:
        raise CannotRead(f"{tag} is no tag of Ollama's library", "write ollama:NAME:TAG, as ollama.com/library has it")
    logging.set_verbosity_error()  # it would tell each try
    place = f"{REGISTRY}/v2/{named[1] or 'library'}/{named[2]}"
    text = _read(f"{place}/manifests/{named[3] or 'latest'}", None, tag)
    layers = _layers(text, tag)
    config = json.loads(_read(f"{place}/blobs/{layers['config']['digest']}", None, tag) or b"{}")
    start = read_start(_read(f"{place}/blobs/{layers[_MODEL]['digest']}", _START_BYTES, tag))
    size = sum(layers[kind]["size"] for kind in (_MODEL, _PROJECTOR) if kind in layers)
    return _shape(tag, start, config, size, hashlib.sha256(text).hexdigest())


def _layers(text: bytes, tag: str) -> Mapping[str, Any]:
    """Parts of a manifest by their kind."""
    try:
        said = json.loads(text)
        found = {each["mediaType"]: each for each in said["layers"]} | {"config": said["config"]}
        assert isinstance(found[_MODEL]["size"], int)
    except (ValueError, KeyError, TypeError, AssertionError):
        raise NotSized([("manifest", f"of {tag}: it names no model's file")]) from None
    return found


def _shape(tag: str, start: Mapping[str, Any], config: Mapping[str, Any], size: int, digest: str) -> ModelShape:
    kind = start.get("general.architecture")
    mistakes: list[tuple[str, str]] = []

    def said(name: str, otherwise: int | None = None) -> int:
        value = start.get(f"{kind}.{name}", otherwise)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        mistakes.append((f"{kind}.{name}", "missing" if value is None else f"got {str(value)[:40]}"))
        return 1

    layers, heads, hidden = said("block_count"), said("attention.head_count"), said("embedding_length")
    own = _kv_heads(start, f"{kind}.attention.head_count_kv", heads, layers, mistakes)
    full, kv_heads = sum(1 for each in own if each), max(own)
    window, one_in = start.get(f"{kind}.attention.sliding_window"), ONE_IN.get(str(kind).replace("-", "_"))
    windowed = full - full // one_in if isinstance(window, int) and one_in else 0
    encoder = kind in _ENCODERS
    several = bool(windowed or full < layers or encoder)
    shape = ModelShape(
        id=f"ollama:{tag}",
        max_context=said("context_length"),
        modality="embedding" if encoder or f"{kind}.pooling_type" in start else "text",
        source=f"{REGISTRY}/library/{tag}",
        params_b=_billions(config.get("model_type"), start.get("general.parameter_count")),
        layers=layers,
        hidden_size=hidden,
        attention_heads=heads,
        kv_heads=kv_heads,
        head_dim=said("attention.key_length", max(1, hidden // heads)),
        vocab_size=_count(start.get(f"{kind}.vocab_size")) or _count(start.get("tokenizer.ggml.tokens")),
        attention="hybrid" if full < layers else "mha" if kv_heads == heads else "gqa",
        sliding_window=window if windowed else None,
        full_kv_layers=(0 if encoder else full - windowed) if several else None,
        swa_kv_layers=(0 if encoder else windowed) if several else None,
        dtype=str(config.get("file_type") or "gguf"),
        weights_gib=round(size / 2**30, 3),
        model_type=str(kind),
        revision=digest,
        gated=False,
    )
    if mistakes:
        raise NotSized(mistakes)
    return shape


def _kv_heads(
    start: Mapping[str, Any], key: str, heads: int, layers: int, mistakes: list[tuple[str, str]]
) -> list[int]:
    """Of each layer; 0 for one without attention."""
    value = start.get(key, heads)
    found = value if isinstance(value, list) else [value] * layers
    if not all(isinstance(each, int) for each in found) or len({each for each in found if each}) != 1:
        mistakes.append((key, f"got {str(value)[:40]}: KV heads that differ by layer are not sized"))
        return [1]
    return found


def _count(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else value if isinstance(value, int) and value > 0 else None


def _billions(said: Any, counted: Any) -> float | None:
    """`3.2B`, `567M`."""
    if isinstance(counted, int) and counted > 0:
        return round(counted / 1e9, 6)
    found = re.fullmatch(r"([\d.]+)\s*([BM])", str(said))
    return float(found[1]) / (1 if found[2] == "B" else 1000) if found else None


def _read(url: str, first: int | None, tag: str) -> bytes:
    """A part of the registry, or its first bytes."""
    try:
        if first is None:
            answer = http_backoff("GET", url, **_TRIES)
            answer.raise_for_status()
            return answer.content
        found = bytearray()
        with http_stream_backoff("GET", url, headers={"range": f"bytes=0-{first - 1}"}, **_TRIES) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                found += piece
                if len(found) >= first:
                    break
        return bytes(found[:first])
    except (HTTPError, OSError) as error:
        code = getattr(getattr(error, "response", None), "status_code", None)
    if code == 404:
        raise CannotRead(f"{tag}: Ollama's library has no such tag", f"see ollama.com/library/{tag.partition(':')[0]}")
    said = f"answered {code}" if code else "can't be reached"
    raise CannotRead(f"{REGISTRY} {said}", "check the network, or try again later", away=True)
