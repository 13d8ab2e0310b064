"""Reads the Prometheus metrics of a vLLM wheel from its sources, so that older wheels needn't be installed."""

import ast
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILES = ("vllm/v1/metrics/loggers.py", "vllm/v1/metrics/perf.py", "vllm/v1/spec_decode/metrics.py")
UNITS = {"seconds": "seconds", "perc": "share", "tokens": "tokens", "bytes": "bytes", "requests": "requests"}
LABELS = ("model_name", "engine")


@dataclass(frozen=True)
class Metric:
    name: str  # as Prometheus shows it: a counter ends in _total
    kind: str  # gauge, counter, histogram
    labels: tuple[str, ...]

    @property
    def unit(self) -> str:
        words = [] if self.name.endswith("_info") else self.name.removeprefix("vllm:").split("_")
        return next((UNITS[word] for word in reversed(words) if word in UNITS), "")


def of_wheel(wheel: Path) -> dict[str, Metric]:
    with zipfile.ZipFile(wheel) as packed:
        names = [name for name in FILES if name in packed.namelist()]
        found = [metric for name in names for metric in _of_source(packed.read(name).decode())]
    return {metric.name: metric for metric in found}


def _of_source(source: str) -> Iterator[Metric]:
    """Calls such as `self._gauge_cls(name="vllm:...", labelnames=labelnames + ["reason"])`, and lists of counters."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            given = {word.arg: word.value for word in node.keywords}
            name, kind = _name(given.get("name")), _kind(node.func)
            if name and kind:
                yield _metric(name, kind, tuple(_labels(given.get("labelnames"))))
        elif isinstance(node, ast.Tuple) and node.elts and (name := _name(node.elts[0])):
            yield _metric(name, "counter", LABELS)


def _metric(name: str, kind: str, labels: tuple[str, ...]) -> Metric:
    return Metric(f"{name.removesuffix('_total')}_total" if kind == "counter" else name, kind, labels)


def _name(node: ast.expr | None) -> str:
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return text if text.startswith("vllm:") else ""


def _kind(function: ast.expr) -> str:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return next((kind for kind in ("gauge", "counter", "histogram") if kind in name.lower()), "")


def _labels(node: ast.expr | None) -> Iterator[str]:
    """The labels of a metric. In the sources, `labelnames` is the list of the two labels that every metric has."""
    for each in ast.walk(node) if node is not None else ():
        if isinstance(each, ast.Name) and each.id.endswith("labelnames"):
            yield from LABELS
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
