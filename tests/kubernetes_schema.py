"""Checks a recorded object as the API server of a Kubernetes version would: unknown fields are mistakes."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
from jsonschema import Draft202012Validator
from kubernetes_validate import utils

from infra.recording import Recorded, Recording

_SCHEMAS = Path(__file__).parent / "schemas"  # distilled from the custom resources' own definitions
utils.schema_contents = cache(utils.schema_contents)  # the library reads a version's definitions again for each object


def objects(recording: Recording) -> list[Recorded]:
    """Every Kubernetes object of a recording; Helm releases and providers aren't objects."""
    return [r for r in recording.resources if r.type.startswith("kubernetes:") and "kind" in r.inputs]


def check(inputs: Any, version: str) -> None:
    """Raise if the object isn't valid in that version, e.g. `1.35`."""
    group_version = inputs["apiVersion"].replace("/", "_")
    own = _validator(f"{group_version}_{inputs['kind']}.json")
    if own is not None:
        own.validate(inputs)
    else:
        check_own(inputs, version)


def check_own(inputs: Any, version: str) -> None:
    """Of a kind that is Kubernetes' own."""
    kubernetes_validate.validate(inputs, version, strict=True)


@cache
def _validator(name: str) -> Draft202012Validator | None:
    schema = _SCHEMAS / name
    if not schema.exists():
        return None
    read = json.loads(schema.read_text())
    Draft202012Validator.check_schema(read)
    return Draft202012Validator(read)
