"""Every chart value that a stack sets exists in that chart. A misspelt key is silently ignored by Helm."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.catalog import load_catalog
from infra.cli.files import charts
from tests.conftest import STACK_NAMES
from tests.example_stacks import planned

CHARTS: dict[str, Any] = json.loads((Path(__file__).parent / "schemas" / "charts.json").read_text(encoding="utf-8"))
# What a chart reads and its values.yaml leaves out: a dependency's switch, which Chart.yaml names under `condition`,
# what is only in a comment there, and a further port, which a chart takes under any name.
CONDITIONS = {
    "nvidia-device-plugin": {"nfd.enabled"},
    "dcgm-exporter": {"customMetrics"},
    "opentelemetry-collector": {"ports.ui"},
    "kube-prometheus-stack": {"prometheus-node-exporter.priorityClassName"},
}


def unknown_keys(
    values: dict[str, Any], keys: dict[str, Any], conditions: frozenset[str] | set[str] = frozenset(), path: str = ""
) -> list[str]:
    """Dotted paths that are set and that the chart doesn't have. Below an open map every key is allowed."""
    unknown = []
    for key, value in values.items():
        here = f"{path}{key}"
        if here in conditions:
            continue
        if key not in keys:
            unknown.append(here)
        elif isinstance(value, dict) and keys[key]:
            unknown += unknown_keys(value, keys[key], conditions, f"{here}.")
    return unknown


@pytest.mark.parametrize("stack", [*STACK_NAMES, "byuse", "fromzero", "traced-eks", "traced-own"])
def test_each_value_exists_in_its_chart(stack: str) -> None:
    for release in charts(planned(stack).recording):
        chart = Path(release["chart"]).name
        assert unknown_keys(release["values"], CHARTS[chart]["keys"], CONDITIONS.get(chart, set())) == [], chart


@pytest.mark.parametrize("chart", CHARTS)
def test_the_distilled_keys_are_of_the_pinned_version(chart: str) -> None:
    assert CHARTS[chart]["version"] == load_catalog().charts[chart].version


def test_a_misspelt_value_is_found() -> None:
    keys = CHARTS["cluster-autoscaler"]["keys"]
    values = {"autoDiscovery": {"clusterNam": "x"}, "extraArgs": {"anything": "goes"}, "image": {"tag": "v1"}}
    assert unknown_keys(values, keys) == ["autoDiscovery.clusterNam"]
