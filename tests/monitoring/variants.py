"""Kinds of values that a stack gives a chart: each is rendered once, by tests/schemas/render_charts.py."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parents[1] / "schemas"
KEYS: Mapping[str, Any] = json.loads((SCHEMAS / "charts.json").read_text(encoding="utf-8"))


def name_of(release: Mapping[str, Any]) -> str:
    return Path(release["chart"]).name


def variant(release: Mapping[str, Any]) -> str:
    """Which keys its values have and what they switch, as a template sees it; no name or number changes that."""
    return " ".join(sorted(_switches(release["values"], KEYS[name_of(release)]["keys"])))


def _switches(values: Mapping[str, Any], keys: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key, value in values.items():
        here = f"{path}{key}"
        if isinstance(value, dict) and value and keys.get(key):
            yield from _switches(value, keys[key], f"{here}.")
        elif isinstance(value, bool):
            yield f"{here}={str(value).lower()}"
        else:
            yield here if value else f"{here}=none"


def is_custom(made: Mapping[str, Any]) -> bool:
    """Not of Kubernetes' own kinds."""
    group = made["apiVersion"].partition("/")[0]
    return "." in group and not group.endswith(".k8s.io")
