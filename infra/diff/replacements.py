"""What a provider can only replace: by type and property, the changes that recreate a resource.

`replacements.csv`, here and of each cloud, says so of each property that forces it, with its source; what a listed type
doesn't name changes in place. A component, and the stack, is nothing but a name, and is never replaced.
"""

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from infra.owner import is_component
from infra.registry import clouds, types_of

_TABLE = Path(__file__).with_name("replacements.csv")
_KUBERNETES = "kubernetes:"
_STACK = "pulumi:pulumi:Stack"


def forces(type_token: str, path: str) -> bool | None:
    """Whether a change of that property replaces the resource; None: nobody looked that type up."""
    if is_component(type_token) or type_token == _STACK or type_token in types_of(type_token).in_place:
        return False
    properties = _properties(type_token)
    return any(_within(path, each) for each in properties) if properties else None


def _properties(type_token: str) -> tuple[str, ...]:
    """A chart's release is no Kubernetes object, though the same provider makes it."""
    known = table()
    own = known.get(type_token, ())
    is_object = type_token.startswith(_KUBERNETES) and ":helm.sh/" not in type_token
    return own + known[f"{_KUBERNETES}*"] if is_object else own


def _within(path: str, property_: str) -> bool:
    return re.match(rf"{re.escape(property_)}(?=$|[.\[])", path) is not None


def table() -> Mapping[str, tuple[str, ...]]:
    """Type -> the properties that force a replacement."""
    own = (cloud.types.replacements for cloud in clouds())
    return {type_: found for path in (_TABLE, *own) if path for type_, found in _read(path).items()}


@cache
def _read(path: Path) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            found[row["type"]] = (*found.get(row["type"], ()), row["property"])
    return found
