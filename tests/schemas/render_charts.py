"""Renders the charts of all stacks with their own values, and keeps what the tests of add-ons read: rendered.json, the
pods and rights of a stack with everything; rendered_objects.json, each different object of all kinds of values;
rendered_kinds.json, the schemas of the custom resources among them.

    python -m tests.schemas.render_charts HELM FOLDER

FOLDER holds each chart as <chart>/ or <chart>.tgz, with the charts that it depends on (kube-prometheus-stack/charts has
grafana, kube-state-metrics, prometheus-node-exporter and prometheus-windows-exporter). HELM is the program, 3.22:
`go install helm.sh/helm/v3/cmd/helm@v3.22.0`. Charts and their versions are in infra/catalog/data/pins.toml; each is in
the repository that is named there, at the tag of its version.
"""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.monitoring.everything import EVERYTHING, releases
from tests.monitoring.variants import SCHEMAS, is_custom, name_of, variant

_PODS = ("Deployment", "DaemonSet", "StatefulSet", "Job")
_OF_THE_OPERATOR = ("Prometheus", "Alertmanager")  # it makes their pods
_DEFINITION = "CustomResourceDefinition"  # the makers' own files, which no value changes
_LONG = 100  # letters of a text that are kept: the rest changes no schema
_RULES = (
    *("type", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "required"),
    *("anyOf", "oneOf", "allOf", "not"),
)


def main(helm: str, folder: Path) -> None:
    pods: dict[str, Any] = {}
    kept: dict[str, dict[str, Any]] = defaultdict(lambda: {"variants": set(), "objects": []})
    for stack, release in releases():
        chart, kind = name_of(release), variant(release)
        if kind in kept[chart]["variants"] and (stack != EVERYTHING or chart in pods):
            continue
        objects = list(_rendered(helm, folder, release))
        kept[chart]["version"] = release["version"]
        kept[chart]["variants"].add(kind)
        short = [_short(each) for each in objects if each["kind"] != _DEFINITION]
        kept[chart]["objects"] += [each for each in short if each not in kept[chart]["objects"]]
        if stack == EVERYTHING:
            pods[chart] = {
                "version": release["version"],
                "pods": [pod for each in objects for pod in _pod(each)],
                "rights": [right for each in objects for right in _wide(each)],
            }
    found = {chart: {**each, "variants": sorted(each["variants"])} for chart, each in kept.items()}
    _write("rendered", pods, indent=1)
    _write("rendered_objects", found, indent=None)
    _write("rendered_kinds", dict(_kinds(helm, folder, found)), indent=1)


def _write(name: str, found: Any, indent: int | None) -> None:
    """On one line per chart where it isn't to be read."""
    text = json.dumps(found, indent=indent, sort_keys=True)
    if indent is None:
        lines = (f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in sorted(found.items()))
        text = "{\n" + ",\n".join(lines) + "\n}"
    (SCHEMAS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _rendered(helm: str, folder: Path, release: dict[str, Any]) -> Iterator[dict[str, Any]]:
    source = _source(folder, name_of(release))
    wanted = ["--namespace", release["namespace"], "--kube-version", "1.35.0"]
    command = [helm, "template", release["name"], str(source), *wanted, "--api-versions", "monitoring.coreos.com/v1"]
    made = subprocess.run(
        [*command, "--values", "-"], input=json.dumps(release["values"]), capture_output=True, text=True, check=True
    )
    for each in YAML(typ="safe", pure=True).load_all(made.stdout):
        yield from each["items"] if each and each["kind"] == "List" else [each] if each else ()


def _source(folder: Path, chart: str) -> Path:
    return folder / chart if (folder / chart).is_dir() else folder / f"{chart}.tgz"


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return value[:_LONG] if isinstance(value, str) else value


def _kinds(helm: str, folder: Path, found: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """By kind, what the fields that are used may be; every other one is a mistake."""
    custom = [made for kept in found.values() for made in kept["objects"] if is_custom(made)]
    for chart in found:
        for definition in _definitions(helm, _source(folder, chart)):
            spec = definition["spec"]
            for version in spec["versions"]:
                named = {"apiVersion": f"{spec['group']}/{version['name']}", "kind": spec["names"]["kind"]}
                if objects := [each for each in custom if named.items() <= each.items()]:
                    yield named["kind"], _used(version["schema"]["openAPIV3Schema"], objects)


def _definitions(helm: str, chart: Path) -> list[dict[str, Any]]:
    shown = subprocess.run([helm, "show", "crds", str(chart)], capture_output=True, text=True, check=True).stdout
    text = shown.replace("- =\n", "- '='\n")  # which YAML 1.1 takes for more than a text
    return [each for each in YAML(typ="safe", pure=True).load_all(text) if each]


def _used(schema: dict[str, Any], values: Sequence[Any]) -> dict[str, Any]:
    found = {key: schema[key] for key in _RULES if key in schema}
    maps = [each for each in values if isinstance(each, dict)]
    if "properties" in schema:
        below = {key: [each[key] for each in maps if key in each] for key in schema["properties"]}
        found["properties"] = {key: _used(schema["properties"][key], used) for key, used in below.items() if used}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            found["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        found["additionalProperties"] = _used(schema["additionalProperties"], [v for m in maps for v in m.values()])
    if "items" in schema:
        found["items"] = _used(schema["items"], [v for each in values if isinstance(each, list) for v in each])
    return found


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
    main(sys.argv[1], Path(sys.argv[2]))
