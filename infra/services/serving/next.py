"""`next` of a model: its next version, a second server of the same name with settings that differ."""

import json
from collections.abc import Mapping
from typing import Any

from infra.plan.notes import Write
from infra.plan.versions import NEXT, server_of_next
from infra.plan.writes import written as in_words
from infra.services.serving.section import Model
from infra.settings.mistakes import Key

# What the next version alone has; it isn't passed on when it is promoted.
OWN = ("replicas",)
# Of another repository the model's say nothing.
_OF_THE_REPOSITORY = ("revision", "like", "architecture")
_SHAPE = ("like", "architecture")  # two ways to say the same
_OF_THE_MODEL = ("rollout", NEXT)
READY = "ready"  # of replicas


def with_next(models: Mapping[str, Model]) -> dict[str, tuple[Model, str | None]]:
    """Every server: its settings, and of a next version the model whose it is."""
    found: dict[str, tuple[Model, str | None]] = {}
    for name, model in models.items():
        found[name] = (model, None)
        if model.next is not None:
            found[server_of_next(name)] = (next_of(model), name)
    return found


def key_of(name: str, next_of: str | None) -> Key:
    """Where the stack file has a server of `with_next`."""
    return ("models", name) if next_of is None else ("models", next_of, NEXT)


def servers(models: Mapping[str, Model]) -> dict[str, Model]:
    """The settings of every server, next versions too."""
    return {name: model for name, (model, _) in with_next(models).items()}


def next_of(model: Model) -> Model:
    """The model with the settings of its next version."""
    assert model.next is not None
    return Model.model_validate_json(json.dumps(overlaid(written(model), written(model.next))))


def overlaid(model: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a stack file has them. A null takes the model's own value away."""
    moved = over.get("model") not in (None, model.get("model"))
    shape = _SHAPE if set(_SHAPE) & set(over) else ()
    gone = {*_OF_THE_MODEL, *(_OF_THE_REPOSITORY if moved else ()), *shape}
    whole = {**{key: value for key, value in model.items() if key not in gone}, **over}
    if "replicas" not in over:
        whole |= on_every_day(model)
    return {key: value for key, value in whole.items() if value is not None}


def on_every_day(model: Mapping[str, Any]) -> dict[str, Any]:
    """The replicas of a model, without those that have to be ready before requests come to it."""
    given = model.get("replicas")
    return {"replicas": {key: value for key, value in given.items() if key != READY}} if given is not None else {}


def into_place(name: str, model: Model) -> Write:
    """What gives the model itself the settings of its next version, all but its replicas."""
    assert model.next is not None
    was, now = written(model), overlaid(written(model), written(model.next))
    keys = [key for key in dict.fromkeys((*was, *now)) if key not in (*_OF_THE_MODEL, *OWN)]
    return tuple((f"models.{name}.{key}", now.get(key)) for key in keys if now.get(key) != was.get(key))


def instead_of_two(name: str, model: Model) -> Write:
    """One server that changes in place, where there aren't the GPUs for two. Empty: it is too much for advice, because
    a section of the model changes."""
    path, own = f"models.{name}", into_place(name, model)
    if any(isinstance(value, dict) for _, value in own):
        return ()
    plain = tuple((at, tuple(value) if isinstance(value, list) else value) for at, value in own)
    given = written(model).get("rollout") or {}
    gone = tuple((f"{path}.rollout.{key}", None) for key in ("weight", "clients", "trials") if key in given)
    return (*plain, (f"{path}.rollout.strategy", "recreate"), *gone, (f"{path}.{NEXT}", None))


def differs(model: Model) -> bool:
    """Whether the next version differs in more than its number of replicas."""
    return _compared(next_of(model)) != _compared(model)


def says_nothing(model: Model) -> bool:
    """`next: {}`, with replicas at most: what a promotion leaves until requests are back with the model itself."""
    return model.next is not None and not set(written(model.next)) - {*OWN}


def _compared(model: Model) -> dict[str, Any]:
    gone = {*_OF_THE_MODEL, *OWN}
    return {key: value for key, value in model.model_dump(mode="json", by_alias=True).items() if key not in gone}


def one_version(write: Write, gap: str = "") -> str:
    """The words for `instead_of_two`."""
    return f"{in_words(write)} (one version alone: the old pod ends before the new one starts{gap})"


def written(section: Any) -> dict[str, Any]:
    return section.model_dump(mode="json", by_alias=True, exclude_unset=True)
