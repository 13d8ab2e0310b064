"""Every metric that a query may name: those of the engines, and of what runs beside them."""

from collections.abc import Iterator, Mapping

from infra.catalog.metrics import Exporter, Metric, exporters
from infra.engines import ENGINES


def registry() -> Mapping[str, Metric]:
    """By name."""
    return {name: metric for exporter in _exporters() for name, metric in exporter.metrics.items()}


def _exporters() -> Iterator[Exporter]:
    yield from (each for name, each in exporters().items() if name not in ENGINES)
    yield from (engine.exported for engine in ENGINES.values() if engine.exported is not None)
