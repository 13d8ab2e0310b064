"""What Prometheus can read: the metrics of each exporter, in the version in which somebody looked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from infra.catalog.load import DATA
from infra.catalog.table import Row, Table, without_mistakes

FILE = "exporters.csv"
KINDS = ("gauge", "counter", "histogram")
_COLUMNS = ("exporter", "version", "metric", "kind", "labels", "unit")
_OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")
# What Prometheus adds of the target that it read.
OF_THE_TARGET = frozenset({"job", "instance", "namespace", "service", "pod", "container", "endpoint"})


@dataclass(frozen=True)
class Metric:
    """A metric under the name that Prometheus scrapes: a counter of many exporters ends in _total, and a histogram has
    _bucket, _sum and _count."""

    name: str
    kind: str
    labels: frozenset[str]  # that the exporter writes itself
    unit: str = ""
    since: str = ""  # the first version that is known to have it; blank: nobody looked

    @property
    def series(self) -> Mapping[str, frozenset[str]]:
        """The names under which queries find it, each with its labels."""
        labels = self.labels | OF_THE_TARGET
        if self.kind != "histogram":
            return {self.name: labels}
        return {f"{self.name}{end}": labels | ({"le"} if end == "_bucket" else set()) for end in _OF_A_HISTOGRAM}


@dataclass(frozen=True)
class Exporter:
    """What one version of a program exports."""

    name: str
    version: str
    metrics: Mapping[str, Metric]


@cache
def exporters() -> Mapping[str, Exporter]:
    """Those of the file, by name."""
    return without_mistakes(lambda mistakes: read(DATA, mistakes))


def read(folder: Path, mistakes: list[str]) -> Mapping[str, Exporter]:
    rows = Table(folder / FILE, _COLUMNS, mistakes).rows()
    found = [(row.text("exporter"), row.text("version"), _metric(row)) for row in rows]
    return MappingProxyType({each.name: each for each in _exporters(found)})


def _exporters(found: list[tuple[str, str, Metric]]) -> Iterator[Exporter]:
    for (name, version), rows in groupby(found, key=lambda each: each[:2]):
        yield Exporter(name, version, MappingProxyType({metric.name: metric for *_, metric in rows}))


def _metric(row: Row) -> Metric:
    labels = frozenset((row.text_or_none("labels") or "").split())
    return Metric(row.text("metric"), row.one_of("kind", *KINDS), labels, row.text_or_none("unit") or "")
