"""The model servers. A new one is a folder like these, whose `engine.py` has an ENGINE, and its image in pins.toml."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from infra.catalog import Catalog
from infra.engines.engine import Engine


def found() -> list[Engine]:
    """The engines of the folders beside this file, the default first."""
    folders = (module.name for module in iter_modules(__path__) if module.ispkg)
    engines = [import_module(f"{__name__}.{name}.engine").ENGINE for name in folders]
    return sorted(engines, key=lambda engine: (not engine.is_default, engine.name))


_KNOWN: dict[str, Engine] = {engine.name: engine for engine in found()}
ENGINES: Mapping[str, Engine] = MappingProxyType(_KNOWN)
DEFAULT = next(iter(ENGINES))


def on_cpu() -> Engine | None:
    """The engine that serves without a GPU."""
    return next((engine for engine in ENGINES.values() if engine.limits.cpu), None)


def with_library(name: str, catalog: Catalog) -> Engine | None:
    """The engine whose own library has the name of a model."""
    libraries = (engine for engine in ENGINES.values() if engine.library is not None)
    return next((each for each in libraries if each.library and each.library.owns(name, catalog)), None)


@contextmanager
def registered(engine: Engine) -> Iterator[Engine]:
    """Adds an engine while the context is open."""
    if engine.name in _KNOWN:
        raise ValueError(f"an engine of the name {engine.name} is there already")
    _KNOWN[engine.name] = engine
    try:
        yield engine
    finally:
        del _KNOWN[engine.name]


__all__ = ["DEFAULT", "ENGINES", "Engine", "on_cpu", "registered", "with_library"]
