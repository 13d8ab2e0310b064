"""Every add-on at once: what its chart renders with our values, as tests/schemas/render_charts.py keeps it."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.catalog import load_catalog
from infra.clouds.aws.node_room import DAEMONS
from infra.plan.models import Resources
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.services.addons.plan import ADDONS
from infra.services.addons.pods import OF_EACH, addon_pods
from infra.services.monitoring.alerts.receivers import alertmanager_pods
from infra.services.monitoring.dashboards.pods import grafana_pods
from infra.services.serving.pods import SYSTEM_CPU, SYSTEM_GIB
from infra.services.tracing import plan as tracing
from infra.services.tracing.config import pod as traces_pod
from tests.monitoring import everything as all_of_it
from tests.monitoring.life import plan_of

CHARTS: Mapping[str, Any] = json.loads(
    (Path(__file__).parents[1] / "schemas" / "rendered.json").read_text(encoding="utf-8")
)
ON_GPU_NODES = {
    "dcgm-exporter",
    "fluent-bit",
    "kube-prometheus-stack-prometheus-node-exporter",
    "nvidia-device-plugin",
    "nvidia-device-plugin-mps-control-daemon",
}
# Rights to all of a kind, and why. No chart may have those of a cluster's administrator.
WIDE = {
    "kube-prometheus-stack-operator: all of alertmanagerconfigs, alertmanagers, podmonitors, probes, prometheusagents,"
    " prometheuses, prometheusrules, scrapeconfigs, servicemonitors, thanosrulers": "its own kinds",
    "kube-prometheus-stack-operator: all of statefulsets": "it runs Prometheus as one",
    "kube-prometheus-stack-operator: all of configmaps, secrets": "Prometheus' configuration, in its namespace and with"
    " the secrets that monitors of any namespace name",
}
PODS = [(chart, pod) for chart, found in CHARTS.items() for pod in found["pods"]]
LASTING = [(chart, pod) for chart, pod in PODS if pod["kind"] != "Job"]


KARPENTER = {"karpenter", "karpenter-crd"}  # instead of the autoscaler, never beside it


@cache
def everything(system_nodes: int = 3, scaler: str = "clusterAutoscaler") -> Plan:
    return plan_of(all_of_it.everything(system_nodes, scaler))


def _named(pods: list[tuple[str, Any]]) -> list[Any]:
    return [pytest.param(*each, id=each[1]["name"]) for each in pods]


def test_everything_is_in_the_table_in_the_version_that_is_installed() -> None:
    installed, other = (
        {addon.chart for addon in everything(scaler=scaler).addons.values() if addon.state == "install"}
        for scaler in all_of_it.SCALERS
    )
    assert installed == CHARTS.keys() - KARPENTER - {tracing.CHART}  # no add-on: monitoring.traces has it
    assert other == CHARTS.keys() - {"cluster-autoscaler", tracing.CHART}
    assert everything().traffic.traces is not None
    assert {*ADDONS} <= {key for key, addon in everything().addons.items() if addon.state == "install"}
    pins = load_catalog().charts
    assert {chart: found["version"] for chart, found in CHARTS.items()} == {
        chart: pins[chart].version for chart in CHARTS
    }


@pytest.mark.parametrize(("chart", "pod"), _named(LASTING))
def test_each_pod_asks_for_what_it_needs(chart: str, pod: Any) -> None:
    assert pod["requests"]
    for each in pod["requests"]:
        assert {"cpu", "memory"} <= each.keys()


@pytest.mark.parametrize(("chart", "pod"), _named(PODS))
def test_only_what_is_for_gpu_nodes_tolerates_their_taint(chart: str, pod: Any) -> None:
    assert bool(pod["tolerations"]) is (pod["name"] in ON_GPU_NODES)


@pytest.mark.parametrize(("chart", "pod"), _named([each for each in PODS if each[1]["kind"] == "DaemonSet"]))
def test_a_full_node_gets_the_pods_of_every_node(chart: str, pod: Any) -> None:
    assert pod["priority"] == "system-node-critical"


def test_no_addon_may_do_everything() -> None:
    assert {right for found in CHARTS.values() for right in found["rights"]} == WIDE.keys()


def _millicores(text: str) -> float:
    return float(text.removesuffix("m")) / (1000 if text.endswith("m") else 1)


def _mib(text: str) -> float:
    return float(text[:-2]) * {"Mi": 1, "Gi": 1024}[text[-2:]]


def _asked(pods: list[Any]) -> tuple[float, float]:
    asked = [(pod["number"], each) for pod in pods for each in pod["requests"]]
    cpu = sum(number * _millicores(each["cpu"]) for number, each in asked)
    return round(cpu, 3), sum(number * _mib(each["memory"]) for number, each in asked)


def _counted() -> Mapping[str, list[Resources]]:
    """By chart, what the bill and the room on system nodes count."""
    counted = {everything().addons[key].chart: [*pods] for key, pods in OF_EACH.items()}
    beside = {**grafana_pods(everything().settings), **alertmanager_pods(everything().settings)}
    counted["kube-prometheus-stack"] += [pod for pods in beside.values() for pod in pods]
    counted[tracing.CHART] = [traces_pod()]
    return counted


@pytest.mark.parametrize("chart", CHARTS)
def test_the_bill_counts_what_each_asks_of_the_system_nodes(chart: str) -> None:
    pods = [pod for pod in CHARTS[chart]["pods"] if pod["kind"] not in ("Job", "DaemonSet")]
    counted = _counted().get(chart, [])
    cpu, mib = sum(each.cpu for each in counted), sum(each.memory_gib for each in counted) * 1024
    assert (round(cpu, 3), round(mib)) == _asked(pods)


def _daemons() -> Iterator[tuple[str, tuple[float, float]]]:
    """Without MPS': it runs where a pool is shared by it, beside the device plugin."""
    for _, pod in PODS:
        name = next((name for name in DAEMONS if pod["name"].endswith(name)), None)
        if pod["kind"] == "DaemonSet" and name is not None:
            yield name, _asked([pod])


def test_the_room_on_nodes_counts_what_the_pods_of_every_node_ask_for() -> None:
    assert dict(_daemons()) == {name: DAEMONS[name] for name, _ in _daemons()}
    assert {name for name, _ in _daemons()} == {
        "dcgm-exporter",
        "fluent-bit",
        "nvidia-device-plugin",
        "prometheus-node-exporter",
    }


def test_the_system_nodes_hold_everything() -> None:
    """What the plan sets aside for the cluster's own pods has room for all add-ons beside DNS and the CSI drivers."""
    for scaler in all_of_it.SCALERS:
        pods = [each for chart in addon_pods(everything(scaler=scaler).addons).values() for each in chart]
        assert sum(each.cpu for each in pods) <= SYSTEM_CPU / 2
        assert sum(each.memory_gib for each in pods) <= SYSTEM_GIB / 2
    assert everything().violations == ()
    (refused,) = everything(system_nodes=2).violations
    assert refused.rule == Rule.ROOM_ON_NODES
    whose = (
        "2 of the gateway, 4 of vertical-pod-autoscaler, 1 of Grafana, 1 of Alertmanager, 1 of traces, 1 of a rollout"
    )
    assert refused.message.startswith(f"10 pods ({whose}) ask for ")


def test_the_plan_says_what_each_adds_per_month() -> None:
    bill = {item.name: item.min for scaler in all_of_it.SCALERS for item in everything(scaler=scaler).cost.items}
    for chart in _counted():
        assert bill["traces" if chart == tracing.CHART else chart] > 0
    assert bill["logs"] > 0
