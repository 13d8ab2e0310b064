"""Checks a recorded object as the API server of a Kubernetes version would: unknown fields are mistakes."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate

from infra.recording import Recorded, Recording

_SCHEMAS = Path(__file__).parent / "schemas"  # distilled from the custom resources' own definitions


def objects(recording: Recording) -> list[Recorded]:
    """Every Kubernetes object of a recording; Helm releases and providers aren't objects."""
    return [r for r in recording.resources if r.type.startswith("kubernetes:") and "kind" in r.inputs]


def check(inputs: Any, version: str) -> None:
    """Raise if the object isn't valid in that version, e.g. `1.35`."""
    group_version = inputs["apiVersion"].replace("/", "_")
    schema = _SCHEMAS / f"{group_version}_{inputs['kind']}.json"
    if schema.exists():
        jsonschema.validate(inputs, json.loads(schema.read_text()))
    else:
        kubernetes_validate.validate(inputs, version, strict=True)
