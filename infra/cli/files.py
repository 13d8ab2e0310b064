"""`plan --out DIR`: every Kubernetes object as a file, the charts, the resources."""

import json
import re
from pathlib import Path
from typing import Any

from infra.cli.as_json import resources
from infra.cli.yaml_1_1 import to_yaml
from infra.offline import Planned
from infra.plan.words import count
from infra.recording import Recorded, Recording
from infra.registry import services

_HEADER = "# Written by `llm-platform plan --out`; the next run replaces it.\n"
_RELEASE = "kubernetes:helm.sh/v3:Release"


def write(planned: Planned, out: Path) -> str:
    """Write manifests/*.yaml, charts.json, resources.json and the files of services. Manifests of an earlier run go; no
    other file is touched.

    Returns what to tell the user.
    """
    manifests = out / "manifests"
    manifests.mkdir(parents=True, exist_ok=True)
    fresh = {
        manifests / file_name(obj): _HEADER + to_yaml(_readable(obj)) for obj in kubernetes_objects(planned.recording)
    }
    for old in set(manifests.glob("*.yaml")) - set(fresh):
        if old.is_file() and old.read_bytes().startswith(_HEADER.encode()):
            old.unlink()
    for path, text in fresh.items():
        path.write_text(text, encoding="utf-8")
    others = {path: text for service in services() for path, text in service.files(planned.plan).items()}
    for path, text in others.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text, encoding="utf-8")
    (out / "charts.json").write_text(json.dumps(charts(planned.recording), indent=2) + "\n", encoding="utf-8")
    (out / "resources.json").write_text(json.dumps(resources(planned), indent=2) + "\n", encoding="utf-8")
    names = "".join(f", {path}" for path in sorted(others))
    return f"{out}: {count(len(fresh), 'file')} in manifests/, charts.json, resources.json{names}"


def kubernetes_objects(recording: Recording) -> list[dict[str, Any]]:
    """Every Kubernetes object that the program declares itself (a chart's are in its release), as applied."""
    return [dict(r.inputs) for r in recording.resources if r.type.startswith("kubernetes:") and r.type != _RELEASE]


def charts(recording: Recording) -> list[dict[str, Any]]:
    """Each Helm release."""
    return [_chart(r) for r in recording.of(_RELEASE)]


def file_name(obj: dict[str, Any]) -> str:
    """One name an object: kind, namespace where it has one, name."""
    metadata = obj["metadata"]
    parts = [obj["kind"], metadata.get("namespace", ""), metadata["name"]]
    return re.sub(r"[^a-z0-9.-]+", "-", "-".join(part for part in parts if part).lower()) + ".yaml"


def _chart(release: Recorded) -> dict[str, Any]:
    inputs = release.inputs
    return {
        "name": inputs["name"],
        "chart": inputs["chart"],
        "repo": inputs.get("repositoryOpts", {}).get("repo"),
        "version": inputs.get("version"),
        "namespace": inputs["namespace"],
        "values": inputs.get("values", {}),
    }


def _readable(value: Any) -> Any:
    """Keys in the order that people write them: what it is first, then the rest by name."""
    if isinstance(value, dict):
        first = [key for key in ("apiVersion", "kind", "metadata", "name") if key in value]
        return {key: _readable(value[key]) for key in (*first, *(key for key in value if key not in first))}
    return [_readable(item) for item in value] if isinstance(value, list) else value
