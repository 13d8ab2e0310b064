"""Whether `next` is as it was applied. While its server answers all requests, another text of it is an outage."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.live.commands import NotRead, output_of
from infra.live.state import State
from infra.offline import Planned
from infra.plan.versions import ALL, NEXT

_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_PARTS = ("image", "command", "args", "env")


def differs_from_state(planned: Planned, state: State, server: str) -> bool:
    """By what its pods are started with; not what a new release of this program alone changes elsewhere."""
    name = f"{server}-deployment"
    there = next((each.inputs for each in state.of(_DEPLOYMENT) if each.logical_name == name), None)
    return there is not None and _started(there) != _started(planned.recording.one(_DEPLOYMENT, name).inputs)


def _started(inputs: Mapping[str, Any]) -> Any:
    found = ((inputs.get("spec") or {}).get("template") or {}).get("spec") or {}
    kept = [{key: each.get(key) for key in _PARTS} for each in found.get("containers") or ()]
    return json.loads(json.dumps(kept, default=str))


def differs_from_commit(path: Path, text: str, model: str) -> bool | None:
    """From the last commit that is checked out, which may be what was applied. None: nobody knows."""
    path = path.resolve()
    try:
        committed = output_of("git", "-C", str(path.parent), "show", f"HEAD:./{path.name}")
    except NotRead:
        return None
    was, now = _model(committed, model), _model(text, model)
    if (was.get("rollout") or {}).get("weight") != ALL or not was.get(NEXT):
        return None
    return was[NEXT] != now[NEXT]


def _model(text: str, name: str) -> Mapping[str, Any]:
    try:
        config = (yaml.safe_load(text) or {})["config"]
        return next(value["models"][name] for key, value in config.items() if key.endswith("platform"))
    except (yaml.YAMLError, LookupError, TypeError, StopIteration):
        return {}
