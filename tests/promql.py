"""Queries as Prometheus reads them: which metrics and labels they name, and which of those no exporter has."""

from collections.abc import Collection, Mapping

from promql_parser import Expr, VectorSelector, parse, walk

from infra.catalog.metrics import Metric

Asked = tuple[str, frozenset[str]]  # a series, and the labels by which it is selected


def selectors(query: str) -> list[Asked]:
    """Raises ValueError where it is no query."""
    found: list[Asked] = []

    def see(part: Expr) -> None:
        if isinstance(part, VectorSelector):
            found.append((part.name or "", frozenset(each.name for each in part.matchers.matchers)))

    walk(parse(query), see)
    return found


def unknown(query: str, metrics: Mapping[str, Metric], made: Collection[str] = ()) -> list[str]:
    """What a query names that the metrics don't have, in words. `made`: series that rules make, with any label."""
    series = {name: labels for metric in metrics.values() for name, labels in metric.series.items()}
    found: list[str] = []
    for name, labels in selectors(query):
        if name not in series and name not in made:
            found.append(f"nothing exports {name}")
        found += [f"{name} has no label {label}" for label in sorted(labels - series.get(name, labels))]
    return found
