"""Parts of a way to a budget as one change of the stack file."""

from collections.abc import Iterable, Mapping
from typing import Any

from infra.plan.notes import Write
from infra.plan.plan import Plan


def joined(plan: Plan, parts: Iterable[Write]) -> Write:
    """A later part over earlier ones; without pools that no model runs on then, and without taking out what the stack
    file doesn't have."""
    whole = {path: value for part in parts for path, value in part}
    idle = {path.rpartition(".")[0] for path in whole if path.startswith("gpuPools.")} - _used(plan, whole)
    gone = any(value is None for value in whole.values())
    given = plan.settings.model_dump(mode="json", by_alias=True, exclude_unset=True) if gone else {}
    return tuple(
        (path, value)
        for path, value in whole.items()
        if (_has(given, path) if value is None else path.rpartition(".")[0] not in idle)
    )


def _used(plan: Plan, whole: Mapping[str, Any]) -> set[str]:
    """The paths of pools on which a model runs."""
    on_gpus = (each for each in plan.models.values() if whole.get(f"{each.path}.gpus") != 0)
    return {f"gpuPools.{whole.get(f'{each.path}.pool') or each.pool}" for each in on_gpus}


def _has(given: Any, path: str) -> bool:
    for key in path.split("."):
        given = given.get(key) if isinstance(given, dict) else None
    return given is not None
