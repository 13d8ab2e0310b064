"""Whether what is in the cluster is this stack's: `up` and `repair` both ask here."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from infra.live.releases import Release

# "busy": an `up` that still runs, perhaps of another stack, would look the same.
Verdict = Literal["ours", "theirs", "busy"]
RELEASE_TIMEOUT = timedelta(minutes=10)  # in which an install ends, well or not
_MANAGER = "pulumi-kubernetes"  # of the fields of an object that a Pulumi program created
_SECRET = "4dabf18193072939515e22adb298388d"  # the key by which the engine marks a value as encrypted
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_SCALE = {"m": Decimal("0.001"), **{unit: Decimal(1000) ** n for n, unit in enumerate("kMGT", 1)}} | {
    f"{unit}i": Decimal(1024) ** n for n, unit in enumerate("KMGT", 1)
}


def now() -> datetime:
    return datetime.now(UTC)


def whose_release(
    found: Release, *, version: str, values: Mapping[str, Any] | None, held: bool = False, begun: bool = False
) -> Verdict:
    """`version`, `values`: as planned; None of values: not known here. A release is called like its chart.

    `held`, `begun`: by this stack's state.
    """
    as_planned = (found.chart, found.version) == (found.name, version)
    if held:
        return "ours"
    if not as_planned or not (values is None or same(values, found.values)):
        return "theirs"
    if begun:
        return "ours"
    if found.status == "deployed":
        return "theirs"
    return "ours" if now() > over_at(found) else "busy"


def over_at(found: Release) -> datetime:
    """The time after which nobody installs it any more."""
    return datetime.fromisoformat(found.since) + RELEASE_TIMEOUT


def whose_object(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Verdict:
    """`wanted`: what the state began to create. An object of that name from another stack has other values."""
    managers = {each["manager"] for each in found["metadata"].get("managedFields") or ()}
    if not any(manager.startswith(_MANAGER) for manager in managers):
        return "theirs"
    metadata = wanted.get("metadata") or {}
    content = {key: value for key, value in wanted.items() if key not in ("apiVersion", "kind", "metadata")}
    content.pop("stringData", None)  # which the API server never gives back
    labels = within(metadata.get("labels") or {}, found["metadata"].get("labels") or {})
    return "ours" if labels and within(content, found) else "theirs"


def same(planned: Any, found: Any) -> bool:
    """Whether values are those of the plan, in which `${...}` stands for what only a cloud knows."""
    if isinstance(planned, str) and "${" in planned:
        return True
    if isinstance(planned, Mapping) and isinstance(found, Mapping):
        return planned.keys() == found.keys() and all(same(planned[key], found[key]) for key in planned)
    if isinstance(planned, list | tuple) and isinstance(found, list):
        return len(planned) == len(found) and all(map(same, planned, found))
    return planned == found


def within(wanted: Any, found: Any) -> bool:
    """Whether an object says all that is wanted; the API server adds defaults and leaves out what is empty."""
    if isinstance(wanted, Mapping):
        there = found if isinstance(found, Mapping) else {}
        return _SECRET in wanted or all(within(value, there.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list | tuple):
        there = found or []
        return isinstance(there, list) and len(wanted) == len(there) and all(map(within, wanted, there))
    return (found is None and not wanted) or wanted == found or (_amount(wanted) == _amount(found) is not None)


def _amount(value: Any) -> Decimal | None:
    """Of a quantity, which Kubernetes writes in its own way: 1024Mi is 1Gi."""
    match = _QUANTITY.fullmatch(str(value))
    return Decimal(match[1]) * _SCALE.get(match[2], Decimal(1)) if match else None
