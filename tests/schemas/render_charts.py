"""Renders the charts of a plan with its own values, and keeps what the tests of add-ons read in rendered.json.

    python tests/schemas/render_charts.py HELM FOLDER OUT     # OUT: of `plan STACK --out OUT`, with every add-on

FOLDER holds each chart as <chart>/ or <chart>.tgz, with the charts that it depends on. HELM is the program, 3.22.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

KEPT = Path(__file__).with_name("rendered.json")
_PODS = ("Deployment", "DaemonSet", "StatefulSet", "Job")
_OF_THE_OPERATOR = ("Prometheus", "Alertmanager")  # it makes their pods


def main(helm: str, folder: Path, out: Path) -> None:
    releases = json.loads((out / "charts.json").read_text(encoding="utf-8"))
    found = {}
    for release in releases:
        objects = list(_rendered(helm, folder, release))
        found[Path(release["chart"]).name] = {
            "version": release["version"],
            "pods": [pod for each in objects for pod in _pod(each)],
            "rights": [right for each in objects for right in _wide(each)],
        }
    KEPT.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _rendered(helm: str, folder: Path, release: dict[str, Any]) -> Iterator[dict[str, Any]]:
    chart = folder / Path(release["chart"]).name
    source = chart if chart.is_dir() else chart.with_suffix(".tgz")
    wanted = ["--namespace", release["namespace"], "--kube-version", "1.35.0"]
    command = [helm, "template", release["name"], str(source), *wanted, "--api-versions", "monitoring.coreos.com/v1"]
    made = subprocess.run(
        [*command, "--values", "-"], input=json.dumps(release["values"]), capture_output=True, text=True, check=True
    )
    yield from (each for each in YAML(typ="safe", pure=True).load_all(made.stdout) if each)


def _pod(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spec = made.get("spec", {})
    if made["kind"] in _OF_THE_OPERATOR:
        containers, pod = [spec], spec
    elif made["kind"] in _PODS:
        pod = spec["template"]["spec"]
        containers = pod["containers"]
    else:
        return
    yield {
        "kind": made["kind"],
        "name": made["metadata"]["name"],
        "number": spec.get("replicas", 1),
        "priority": pod.get("priorityClassName"),
        "tolerations": pod.get("tolerations") or [],
        "selector": pod.get("nodeSelector") or {},
        "requests": [(each.get("resources") or {}).get("requests") or {} for each in containers],
    }


def _wide(made: dict[str, Any]) -> Iterator[str]:
    """Rights to everything: the role of a cluster's administrator, or all kinds of objects, or all verbs on a kind."""
    name = made["metadata"]["name"]
    if made["kind"].endswith("RoleBinding") and made["roleRef"]["name"] == "cluster-admin":
        yield f"{name}: cluster-admin"
    for rule in (made.get("rules") or []) if made["kind"] == "ClusterRole" else []:
        if "*" in rule.get("resources", []):
            yield f"{name}: {', '.join(rule['verbs'])} of all kinds"
        elif "*" in rule.get("verbs", []):
            yield f"{name}: all of {', '.join(sorted(each for each in rule['resources'] if '/' not in each))}"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
