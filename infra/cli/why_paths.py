"""What a word of `plan --why` means: a path of the stack file, or a name that the plan prints, and its paths."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from infra.cli.why_monitoring import ASKED_BY, PARTS, part_of
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.services.monitoring.alerts.kinds import Kind

NAMED = ("models", "gpuPools", "external", "gateway.clients", "addons")  # sections whose keys are names
_SECRET = ".keySecret"


def paths_of(plan: Plan, key: str) -> list[str]:
    """None: it is no path and no name of the stack file."""
    path = re.sub(r"^pools\.", "gpuPools.", key)
    found = [*_of_several(plan, path)] or ([path] if _exists(plan, path) else [])
    if not found and "." not in key:
        found = [f"{section}.{key}" for section in NAMED if _exists(plan, f"{section}.{key}")]
    return [ASKED_BY.get(each, each) for each in found]


def _of_several(plan: Plan, path: str) -> Iterator[str]:
    """`models.*.gpus`, as the plan says what several have alike."""
    section, _, key = path.partition(".*.")
    if key and section in NAMED:
        named = sorted({each for each in map(thing, planned_paths(plan)) if each.startswith(f"{section}.")})
        yield from (f"{each}.{key}" for each in named if _exists(plan, f"{each}.{key}"))


def paths_of_name(plan: Plan, name: str) -> list[str]:
    """Of an adapter, a part of monitoring, an alert, or a secret."""
    adapters = [f"{model.path}.adapters.{name}" for model in plan.models.values() if name in _adapters(model)]
    parts = [part for part in PARTS if part.rpartition(".")[2] == name]
    alerts = ["monitoring.alerts"] if name in {*Kind} else []
    given = flat("", plan.settings.model_dump(mode="json", by_alias=True, exclude_unset=True))
    secrets = [at.removesuffix(_SECRET) for at, value in given.items() if at.endswith(_SECRET) and value == name]
    return [*adapters, *parts, *alerts, *secrets]


def _adapters(model: ModelPlan) -> set[str]:
    return {each.name for each in model.adapters}


def _exists(plan: Plan, path: str) -> bool:
    """Also what a note is about alone, such as a secret or a section that the file doesn't have."""
    said = (note.path for notes in (plan.to_do, plan.warnings, plan.assumptions) for note in notes)
    known = any(within(each, path) for each in planned_paths(plan))
    return known or field(plan, path) is not None or path in said


def planned_paths(plan: Plan) -> set[str]:
    """What the plan has, also where the stack file says nothing of it."""
    named = {"gpuPools": plan.pools, "gateway.clients": plan.traffic.clients, "addons": plan.addons}
    names = {f"{section}.{name}" for section, names in named.items() for name in names}
    return {*plan.chosen, *names, *(model.path for model in plan.models.values())}


def field(plan: Plan, path: str) -> tuple[Any, str] | None:
    """A value of the settings and what its key is for; None: the stack file has no such key."""
    at: Any = plan.settings
    said = ""
    for key in path.split("."):
        if isinstance(at, BaseModel):
            known = {each.alias or name: (name, each.description or "") for name, each in type(at).model_fields.items()}
            if key not in known:
                return None
            name, said = known[key]
            at = getattr(at, name)
        elif isinstance(at, Mapping) and key in at:
            at, said = at[key], ""
        else:
            return None
    return at, said


def flat(start: str, tree: Any) -> dict[str, Any]:
    """Leaves by dotted path; an empty mapping and a list are leaves."""
    if not isinstance(tree, Mapping) or not tree:
        return {start: tree}
    dot = f"{start}." if start else ""
    return {at: leaf for key, value in tree.items() for at, leaf in flat(f"{dot}{key}", value).items()}


def thing(path: str) -> str:
    """What a path is about: `models.chat` of `models.chat.gpus`, `cache` of `cache.kind`."""
    for section in NAMED:
        if path.startswith(f"{section}."):
            return f"{section}.{path.removeprefix(f'{section}.').partition('.')[0]}"
    return part_of(path) or path.partition(".")[0]


def within(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}.")


def kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def camel(name: str) -> str:
    return re.sub(r"-([a-z])", lambda found: found[1].upper(), name)
