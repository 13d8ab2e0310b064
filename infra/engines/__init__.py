"""The model servers. To add one: a folder like these, a line below, and its image in pins.toml."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from infra.catalog import Catalog
from infra.engines.engine import Engine
from infra.engines.ollama.engine import Ollama
from infra.engines.tgi.engine import Tgi
from infra.engines.vllm.engine import Vllm

_KNOWN: dict[str, Engine] = {engine.name: engine for engine in (Vllm(), Ollama(), Tgi())}
ENGINES: Mapping[str, Engine] = MappingProxyType(_KNOWN)
DEFAULT = next(iter(ENGINES))


def on_cpu() -> Engine | None:
    """The engine that serves without a GPU."""
    return next((engine for engine in ENGINES.values() if engine.limits.cpu), None)


def with_library(name: str, catalog: Catalog) -> Engine | None:
    """The engine whose own library a model's name belongs to."""
    libraries = (engine for engine in ENGINES.values() if engine.library is not None)
    return next((each for each in libraries if each.library and each.library.owns(name, catalog)), None)


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


__all__ = ["DEFAULT", "ENGINES", "Engine", "on_cpu", "registered", "with_library"]
