"""Which directories of the cache something needs: the plan, and what in the cluster has the claim in its pods."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.engines import ENGINES
from infra.engines.hub import compiled_path
from infra.on_cache.job import CLAIM, COMPONENT, MODELS_MOUNT
from infra.plan.plan import Plan

Object = Mapping[str, Any]
# What may have the claim in its pods, as kubectl lists it.
READERS = "deployments,replicasets,statefulsets,daemonsets,cronjobs,jobs,pods"
_REVISION = "deployment.kubernetes.io/revision"
_PATH = r"((?:/[\w.+@-]+)*)"
_OVER = ("Succeeded", "Failed")  # phases of a pod that reads nothing more


@dataclass(frozen=True)
class Need:
    path: str  # from the cache's root on
    who: str


@dataclass(frozen=True)
class Needs:
    """`unknown`: what has the cache and names nothing in it, so that nobody can say what it reads."""

    all: Sequence[Need]
    unknown: Sequence[str]

    def of(self, path: str) -> list[str]:
        """Who needs a directory, something in it, or what it is in."""
        return [*dict.fromkeys(each.who for each in self.all if _overlap(path, each.path))]


def of_plan(plan: Plan) -> Iterator[Need]:
    """Paused models too: they keep their weights."""
    for model in plan.models.values():
        if model.prefetch is not None:
            for _, fetch in ENGINES[model.engine].fetches(model):
                yield Need(fetch.directory.removeprefix(f"{MODELS_MOUNT}/"), f"the stack file: {model.path}")
        if model.keeps_compiled:
            yield Need(compiled_path(model).removeprefix(f"{MODELS_MOUNT}/"), f"the stack file: {model.path}")


def needs(plan: Plan, objects: Iterable[Object]) -> Needs:
    """Of the plan, of what runs or could run at any time, and of one step back of each Deployment."""
    known, unknown = list(of_plan(plan)), list[str]()
    for who, found in _readers([each for each in objects if not _is_ours(each)]):
        paths = list(_paths(found))
        known += [Need(path, who) for path in paths if path]
        unknown += [who] if not paths or "" in paths else []
    return Needs(known, list(dict.fromkeys(unknown)))


def holder(objects: Iterable[Object]) -> str | None:
    """The node of a pod that has the claim: a volume of one node can be read there alone."""
    running = (each for each in objects if _kind(each) == "Pod" and not _is_over(each) and _mounts(_spec(each)))
    return next((node for each in running if (node := each["spec"].get("nodeName"))), None)


def _readers(objects: Sequence[Object]) -> Iterator[tuple[str, Object]]:
    """Each pod template that counts, with a name for it. Of the old ones of a Deployment that is the last one with
    other weights, to which `kubectl rollout undo` goes back."""
    there = {(_kind(each), each["metadata"]["name"]) for each in objects}
    for each in objects:
        owned, name = _owner(each) in there, each["metadata"]["name"]
        if _mounts(_spec(each)) and not _is_over(each) and (not owned or _kind(each) == "Pod"):
            yield f"{_kind(each)} {name}", _spec(each)
        before = _before(each, objects) if _kind(each) == "Deployment" else None
        if before is not None:
            yield f"a rollback of Deployment {name}", _spec(before)


def _before(deployment: Object, objects: Sequence[Object]) -> Object | None:
    mine = [each for each in objects if _owner(each) == ("Deployment", deployment["metadata"]["name"])]
    now = set(_paths(_spec(deployment)))
    others = [each for each in mine if _mounts(_spec(each)) and set(_paths(_spec(each))) != now]
    return max(others, key=_revision, default=None)


def _revision(found: Object) -> int:
    text = (found["metadata"].get("annotations") or {}).get(_REVISION, "")
    return int(text) if text.isdecimal() else 0


def _paths(spec: Object) -> Iterator[str]:
    """What the containers name of the cache, in their commands and variables. Blank: the whole of it, because a
    container has it and names nothing in it."""
    volumes = _mounts(spec)
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for mount in container.get("volumeMounts") or ():
            if mount["name"] in volumes:
                yield from _named(container, mount["mountPath"].rstrip("/"), mount.get("subPath") or "")


def _named(container: Object, at: str, below: str) -> Iterator[str]:
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    words += [each.get("value") or "" for each in container.get("env") or ()]
    found = {path.strip("/") for word in words for path in re.findall(rf"{re.escape(at)}{_PATH}", word)}
    inside = sorted(each for each in found if each)
    yield from (f"{below}/{each}".strip("/") for each in inside or [""])


def _spec(found: Object) -> Object:
    """Of its pods."""
    spec = found.get("spec") or {}
    if _kind(found) == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    return spec if _kind(found) == "Pod" else (spec.get("template") or {}).get("spec") or {}


def _mounts(spec: Object) -> set[str]:
    """The names of the volumes that are the claim."""
    claims = {each["name"]: each.get("persistentVolumeClaim") or {} for each in spec.get("volumes") or ()}
    return {name for name, claim in claims.items() if claim.get("claimName") == CLAIM}


def _owner(found: Object) -> tuple[str, str] | None:
    owners = found["metadata"].get("ownerReferences") or ()
    return next(((each["kind"], each["name"]) for each in owners if each.get("controller")), None)


def _kind(found: Object) -> str:
    return found.get("kind") or ""


def _is_over(found: Object) -> bool:
    return _kind(found) == "Pod" and (found.get("status") or {}).get("phase") in _OVER


def _is_ours(found: Object) -> bool:
    """A Job or a pod that looks at the cache for this command."""
    return (found["metadata"].get("labels") or {}).get("app.kubernetes.io/component") == COMPONENT


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
