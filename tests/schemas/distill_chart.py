"""Distils charts' own values.yaml into charts.json: the keys that exist, so that a misspelt one is found.

    python tests/schemas/distill_chart.py FOLDER     # holds <chart>/{Chart,values}.yaml as unpacked from the packages

A key with sub-keys is a map of them, `null` is a plain value, `{}` an open map or list: anything may stand below it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CHARTS = (
    "aws-load-balancer-controller",
    "cluster-autoscaler",
    "dcgm-exporter",
    "fluent-bit",
    "karpenter",
    "karpenter-crd",
    "keda",
    "kube-prometheus-stack",
    "metrics-server",
    "nvidia-device-plugin",
    "opentelemetry-collector",
    "vertical-pod-autoscaler",
)
SUBCHARTS = {"kube-prometheus-stack": ("grafana", "kube-state-metrics", "prometheus-node-exporter")}
OPEN = ("grafana.ini", "extraArgs")  # of the program itself; the chart's values give a part
OUT = Path(__file__).with_name("charts.json")


def distil(folder: Path) -> dict[str, Any]:
    return {chart: _chart(folder, chart) for chart in CHARTS}


def _chart(folder: Path, chart: str) -> dict[str, Any]:
    keys = _keys(_read(folder / chart / "values.yaml"))
    for sub in SUBCHARTS.get(chart, ()):
        keys[sub] = _merged(_keys(_read(folder / sub / "values.yaml")), keys.get(sub) or {})
    return {"version": str(_read(folder / chart / "Chart.yaml")["version"]), "keys": keys}


def _merged(keys: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    both = {key: _merged(keys[key], value) for key, value in more.items() if keys.get(key) and value}
    return keys | more | both


def _read(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): {} if key in OPEN else _keys(item) for key, item in value.items()}
    return {} if isinstance(value, list) else None


if __name__ == "__main__":
    OUT.write_text(json.dumps(distil(Path(sys.argv[1])), indent=1, sort_keys=True) + "\n", encoding="utf-8")
