"""Which model answers under a name: its repository, revision, form and engine, and whether it fits for certain; or
which adapter, model elsewhere or own server."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.catalog import load_catalog
from infra.diff.figures import deployment_of
from infra.diff.names import ADAPTED, ADAPTER_OF, MODEL, PROVIDER, SERVER, TASK, behind
from infra.diff.versions import answering, model_of
from infra.engines import ENGINES
from infra.plan.versions import NEXT
from infra.sides.types import Change, Side
from infra.sizing.weights import HALF

CERTAIN = "fits for certain"
# By what changed: the words for what answers under a name. Of several changes the first in this order counts.
_ANOTHER = {
    "repository": "another model answers as",
    "shape like": "another model answers as",
    MODEL: "another model answers as",
    ADAPTER_OF: "another model answers as",
    TASK: "another model answers as",
    PROVIDER: "another provider answers as",
    SERVER: "another server answers as",
    "engine": "another engine answers as",
    "revision": "other weights answer as",
    ADAPTED: "other weights answer as",
    "quantization": "other weights answer as",
    "dtype": "other weights answer as",
    "KV cache": "another KV cache is used by",
    "image": "another image of the engine serves",
}
_WRITTEN = {"KV cache": "kvCacheDtype", "shape like": "like", "image": "image"}  # keys of the stack file
# What a key that isn't there comes to.
_UNWRITTEN = {
    "KV cache": "auto (the model's own type)",
    "image": "the pinned one",
}
_DEFAULT_REVISION = "main"
_BY_ITS_FILES = "auto"  # the type that the model computes in is then in its own files, which aren't compared


def answers_changed(old: Side, new: Side) -> dict[str, dict[str, Change]]:
    """Of models that both sides have: what differs of what both programs say, certainty included where both judged it:
    nothing is estimated on the CPU. A name whose requests all move to its next version is answered by that one."""
    found = {}
    for name in sorted(old.models.keys() & new.models.keys()):
        before, after = (_answers(side, answering(side, name)) for side in (old, new))
        changed = {what: Change(before[what], value) for what, value in after.items() if what in before}
        if None in (before[CERTAIN], after[CERTAIN]):
            del changed[CERTAIN]
        if _is_an_alias(old, new, name):
            changed.pop("repository", None)
        if kept := {what: change for what, change in changed.items() if change}:
            found[name] = kept
    return found | _besides_models(old, new)


def _is_an_alias(old: Side, new: Side, name: str) -> bool:
    """Whether both names are of one model in the engine's own library, such as a tag and the name that leads to it."""
    before, after = (side.models[answering(side, name)] for side in (old, new))
    engine = ENGINES.get(after["engine"])
    if before["engine"] != after["engine"] or engine is None or engine.library is None:
        return False
    names = engine.library.names(load_catalog())
    return before["model"] in names and names[before["model"]] == names.get(after["model"])


def _besides_models(old: Side, new: Side) -> dict[str, dict[str, Change]]:
    """Of names that aren't own models on both sides."""
    was, now = behind(old), behind(new)
    names = sorted((was.keys() & now.keys()) - (old.models.keys() & new.models.keys()))
    changed = {name: _differ(was[name], now[name]) for name in names}
    return {name: each for name, each in changed.items() if each}


def _differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    found = {what: Change(before.get(what), after.get(what)) for what in {**before, **after}}
    return {what: change for what, change in found.items() if change}


def another_answers(changed: Mapping[str, Change]) -> bool:
    """Whether another model answers now; one that only fits less certainly is still the same."""
    return any(what != CERTAIN for what in changed)


def what_answers(changed: Mapping[str, Change]) -> str:
    """The change of a model that matters more than its other changes."""
    what = next(what for what in _ANOTHER if what in changed)
    perhaps = "perhaps " * (what == "revision" and is_unpinned(changed[what]))
    return f"{perhaps}{_ANOTHER[what]}"


def is_unpinned(revision: Change) -> bool:
    """Whether one of both is a branch, which may be at the commit of the other."""
    return _DEFAULT_REVISION in (revision.old, revision.new)


def _answers(side: Side, name: str) -> dict[str, Any]:
    """A paused model has no arguments, and an older program may not give them. Arguments that follow from
    the engine are compared as the engine."""
    model, written = side.models[name], _as_written(side, name)
    dtype = next(_argument(side, name, "--dtype"), None)
    return {
        "repository": model["model"],
        **({"revision": _short(model["revision"]) or _DEFAULT_REVISION} if "revision" in model else {}),
        "engine": model["engine"],
        "quantization": _quantization(model, written),
        **({"dtype": dtype} if dtype not in (None, _BY_ITS_FILES) else {}),
        **{what: written.get(key) or _UNWRITTEN.get(what) for what, key in _WRITTEN.items()},
        CERTAIN: model.get("certain"),
    }


def _as_written(side: Side, name: str) -> Mapping[str, Any]:
    """A model's part of the stack file; of a next version the model's, with what `next` says instead."""
    models, model = side.platform.get("models") or {}, model_of(side, name)
    found = models.get(model or name) or {}
    return {**found, **(found.get(NEXT) or {})} if model else found


def _quantization(model: Mapping[str, Any], written: Mapping[str, Any]) -> str | None:
    """That of the weights as they are served, whether the stack file or the repository's own files say it. An older
    program says only what is in the stack file."""
    served = model.get("dtype", written.get("quantization"))
    return None if served in HALF else served


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
