"""Each query of a scaler, an alert, a panel or a command names metrics and labels that the pinned versions export."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from infra.catalog import load_catalog
from infra.catalog.metrics import Metric, exporters
from infra.engines import ENGINES
from infra.engines.vllm import engine as vllm
from infra.engines.vllm.facts import facts
from infra.plan.plan import Plan
from infra.recording import Recording
from infra.services.monitoring.sources import gpu_metrics
from infra.status.first_tokens import first_tokens
from infra.usage.measured import measure
from infra.usage.prometheus import Prometheus, Sample
from tests.example_stacks import planned
from tests.invariants.reading import SCALED_OBJECT
from tests.monitoring.panels import queries
from tests.promql import selectors, unknown

PROMETHEUS_RULE = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
# Both engines that are measured, models that sleep, next versions, and nothing but a paused model.
STACKS = ("prod", "maintained", "fromzero", "canary", "asleep")
_LABELS = {
    "node": "a",
    "pod": "chat-7d9f8b6c5-abcde",
    "label_llm_platform_pool": "l4",
    "label_llm_platform_capacity": "spot",
}


@dataclass(frozen=True)
class Listening(Prometheus):
    """It has an answer to everything."""

    asked: list[str] = field(default_factory=list[str])

    def ask(self, query: str) -> list[Sample]:
        self.asked.append(query)
        return [Sample(_LABELS, 1.0)]


@cache
def asked(stack: str) -> Mapping[str, list[str]]:
    """By what asks: the queries."""
    found = planned(stack)
    scalers = {each.name: _of_scaler(each.inputs) for each in found.recording.of(SCALED_OBJECT)}
    panels = {f"panel {panel.title}: {each.legend}": sent[:1] for panel, each, sent in queries(found.plan)}
    return {**scalers, **dict(_of_rules(found.recording)), **panels, "commands": _of_commands(found.plan)}


def _of_scaler(scaler: Mapping[str, Any]) -> list[str]:
    return [each["metadata"]["query"] for each in scaler["spec"]["triggers"] if each["type"] == "prometheus"]


def _of_rules(recording: Recording) -> Iterator[tuple[str, list[str]]]:
    for name, rules in _rules(recording):
        yield f"rules {name}", [each["expr"] for each in rules]


def _rules(recording: Recording) -> Iterator[tuple[str, list[dict[str, str]]]]:
    for resource in recording.of(PROMETHEUS_RULE):
        for group in resource.inputs["spec"]["groups"]:
            yield group["name"], group["rules"]


def _of_commands(plan: Plan) -> list[str]:
    prometheus = Listening("http://prometheus")
    measure(prometheus, plan, 24)
    first_tokens(plan, prometheus)
    return prometheus.asked


def broken(metrics: Mapping[str, Metric]) -> list[str]:
    groups = [rules for stack in STACKS for _, rules in _rules(planned(stack).recording)]
    made = {rule["record"] for rules in groups for rule in rules if "record" in rule}
    return [
        f"{stack}: {who}: {each}"
        for stack in STACKS
        for who, queries in asked(stack).items()
        for query in queries
        for each in unknown(query, metrics, made)
    ]


def registry() -> Mapping[str, Metric]:
    """Every metric that a query may name, by its name: those of the engines, and of what runs beside them."""
    beside = (each for name, each in exporters().items() if name not in ENGINES)
    of_engines = (engine.exported for engine in ENGINES.values() if engine.exported is not None)
    return {name: metric for exporter in (*beside, *of_engines) for name, metric in exporter.metrics.items()}


def _named() -> set[str]:
    """The metrics that queries name."""
    queries = [query for stack in STACKS for found in asked(stack).values() for query in found]
    series = {name for query in queries for name, _ in selectors(query)}
    return {name for name, metric in registry().items() if series & metric.series.keys()}


def test_each_query_names_metrics_and_labels_that_are_there() -> None:
    """Of GPUs: what the exporter measures that the stack installs."""
    unmeasured = exporters()["dcgm-exporter"].metrics.keys() - gpu_metrics().keys()
    assert unmeasured, "those that need root"
    assert broken({name: metric for name, metric in registry().items() if name not in unmeasured}) == []


def test_a_new_version_of_an_engine_fails_on_each_metric_that_it_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = facts()
    named = sorted(_named() & known.metrics.keys())
    assert len(named) >= 3
    kept = {name: metric for name, metric in known.metrics.items() if name not in named}
    build = replace(known.build, version="99.0.0")
    monkeypatch.setattr(vllm, "facts", lambda: replace(known, build=build, metrics=kept))
    said = broken(registry())
    for name in named:
        assert [each for each in said if f"nothing exports {name}" in each], name


def test_a_label_that_a_metric_lost_is_named() -> None:
    known = registry()
    without = replace(known["vllm:num_requests_waiting"], labels=frozenset({"engine"}))
    said = broken({**known, without.name: without})
    assert said
    assert {each.rpartition(": ")[2] for each in said} == {f"{without.name} has no label model_name"}


def test_the_metrics_were_read_in_the_versions_that_are_pinned() -> None:
    catalog = load_catalog()
    pinned = {
        **{name: image.version for name, image in {**catalog.engines, **catalog.proxies}.items()},
        **{name: chart.app_version for name, chart in catalog.charts.items()},
    }
    read = {each.name: each.version for each in exporters().values()}
    read |= {name: engine.exported.version for name, engine in ENGINES.items() if engine.exported is not None}
    assert {name: version for name, version in read.items() if name in pinned and version != pinned[name]} == {}
    assert {"vllm", "tgi", "envoy", "keda"} <= read.keys() & pinned.keys()
