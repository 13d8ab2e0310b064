"""Which model answers under a name: its repository, revision, form and engine, and whether it fits for certain."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.figures import deployment_of
from infra.sides.types import Change, Side

CERTAIN = "fits for certain"
# What answers under a name, by what of it changed; the first that did counts.
_ANOTHER = {
    "repository": "another model answers as",
    "shape like": "another model answers as",
    "engine": "another engine answers as",
    "revision": "other weights answer as",
    "quantization": "other weights answer as",
    "dtype": "other weights answer as",
    "KV cache": "another KV cache is used by",
}
_WRITTEN = {"quantization": "quantization", "KV cache": "kvCacheDtype", "shape like": "like"}  # keys of the stack file
_UNWRITTEN = {"KV cache": "auto (the model's own type)"}  # what a key that isn't there comes to
_DEFAULT_REVISION = "main"


def answers_changed(old: Side, new: Side) -> dict[str, dict[str, Change]]:
    """Of models that both sides have: what differs of what both programs say, certainty included."""
    found = {}
    for name in sorted(old.models.keys() & new.models.keys()):
        before, after = _answers(old, name), _answers(new, name)
        changed = {what: Change(before[what], value) for what, value in after.items() if what in before}
        if kept := {what: change for what, change in changed.items() if change}:
            found[name] = kept
    return found


def another_answers(changed: Mapping[str, Change]) -> bool:
    """Whether it isn't the same model any more; less certain alone is the same one."""
    return any(what != CERTAIN for what in changed)


def what_answers(changed: Mapping[str, Change]) -> str:
    """The widest change of a model."""
    return next(said for what, said in _ANOTHER.items() if what in changed)


def _answers(side: Side, name: str) -> dict[str, Any]:
    """A pause shows no arguments, nor does an older program; an engine's own are compared as the engine."""
    model, written = side.models[name], (side.platform.get("models") or {}).get(name) or {}
    dtype = next(_argument(side, name, "--dtype"), None)
    return {
        "repository": model["model"],
        **({"revision": _short(model["revision"]) or _DEFAULT_REVISION} if "revision" in model else {}),
        "engine": model["engine"],
        **({"dtype": dtype} if dtype else {}),
        **{what: written.get(key) or _UNWRITTEN.get(what) for what, key in _WRITTEN.items()},
        CERTAIN: model.get("certain"),
    }


def _short(revision: str | None) -> str | None:
    return revision[:12] if revision else None


def _argument(side: Side, name: str, flag: str) -> Iterator[str]:
    said = _arguments(side, name)
    for at, each in enumerate(said):
        if each == flag and at + 1 < len(said):
            yield said[at + 1]
        elif each.startswith(f"{flag}="):
            yield each.partition("=")[2]


def _arguments(side: Side, name: str) -> list[str]:
    deployment = deployment_of(side, name)
    containers = deployment["inputs"]["spec"]["template"]["spec"]["containers"] if deployment else []
    return [str(each) for container in containers for each in container.get("args", [])]
