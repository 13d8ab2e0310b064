"""The model servers. To add one: a folder like these, a line below, and its image in pins.toml."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from infra.engines.engine import Engine
from infra.engines.ollama.engine import Ollama
from infra.engines.tgi.engine import Tgi
from infra.engines.vllm.engine import Vllm

_KNOWN: dict[str, Engine] = {engine.name: engine for engine in (Vllm(), Ollama(), Tgi())}
ENGINES: Mapping[str, Engine] = MappingProxyType(_KNOWN)
DEFAULT = next(iter(ENGINES))


@contextmanager
def registered(engine: Engine) -> Iterator[Engine]:
    """One more engine, for as long as the context is open."""
    if engine.name in _KNOWN:
        raise ValueError(f"an engine of the name {engine.name} is there already")
    _KNOWN[engine.name] = engine
    try:
        yield engine
    finally:
        del _KNOWN[engine.name]


__all__ = ["DEFAULT", "ENGINES", "Engine", "registered"]
