"""What `promote` and `rollback` write into the stack file, one step after the other. The file itself says where they
stand, so that either goes on where it was cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from infra.cli.client.edits import NotDone
from infra.cli.stack_text import NotEditable, put, take_out
from infra.config_keys import PLATFORM
from infra.plan.versions import ALL, NEXT
from infra.services.serving.next import OWN, into_place, next_of, says_nothing, written
from infra.services.serving.section import Model
from infra.settings.file import StackFile
from infra.settings.mistakes import BadStackFile, did_you_mean
from infra.stack_file import load_text

Action = Literal["promote", "rollback"]
STEPS: Mapping[Action, int] = {"promote": 4, "rollback": 2}


@dataclass(frozen=True)
class Step:
    """One text of the stack file, which is applied before the next one is written."""

    says: str
    text: str
    file: StackFile
    waits: bool  # until each Envoy has read it: what comes next ends servers


def steps(action: Action, text: str, path: Path, name: str) -> list[Step]:
    """Those that are left; the first is the file as it is, where an earlier run may not have applied it. Raises
    NotDone, BadStackFile."""
    found: list[Step] = []
    file = load_text(text, path)
    model = _model(file, name)
    _check(action, model, name)
    while model.next is not None:
        if found or _is_begun(action, model):
            found.append(Step(_now(model, name), text, file, waits=_waits(model)))
        text = _Edit(text, path, name).after(action, model)
        file = _loaded(text, path)
        model = file.settings.models[name]
    return [*found, Step(f"the one server of {name} is left", text, file, waits=False)]


def _model(file: StackFile, name: str) -> Model:
    models = file.settings.models
    if name not in models:
        close = did_you_mean(name, models)
        there = f"did you mean {close}?" if close else f"models are {', '.join(models)}"
        raise NotDone([(f"models.{name}", f"no such model; {there}")])
    return models[name]


def _check(action: Action, model: Model, name: str) -> None:
    path = f"models.{name}.{NEXT}"
    if model.next is None:
        last = "if a promotion or a rollback was cut off in its last step, `pulumi up` ends it"
        raise NotDone([(path, f"there is no next version; {last}")])
    if action == "rollback" and says_nothing(model):
        end = "its second server may still answer all requests: run `promote` to its end"
        old = f"{end}; then write the older settings, from the history of this file (git log), as a new next"
        raise NotDone([(path, f"{name} has the settings of its next version already; {old}")])


def _weight(model: Model) -> int:
    return (model.rollout.weight or 0) if model.rollout is not None else 0


def _is_empty(model: Model) -> bool:
    """Whether no request can reach the next version: by its share, its client or its header."""
    rollout = model.rollout
    return rollout is None or not (rollout.weight or rollout.clients or rollout.trials)


def _is_begun(action: Action, model: Model) -> bool:
    """Whether the file may be one that an earlier run wrote."""
    if _is_empty(model):
        return action == "rollback" or says_nothing(model)
    return action == "promote" and _weight(model) == ALL


def _waits(model: Model) -> bool:
    """A change of who is answered comes before servers end; the other changes end none that has requests."""
    return _is_empty(model) or not says_nothing(model)


def _now(model: Model, name: str) -> str:
    if says_nothing(model) and _weight(model):
        return f"{name} gets the settings of its next version, which answers all requests meanwhile"
    if _weight(model):
        return f"all requests of {name} go to its next version"
    return f"all requests of {name} go to its own server"


def _loaded(text: str, path: Path) -> StackFile:
    """Lines of a text that isn't written would lead nowhere."""
    try:
        return load_text(text, path)
    except BadStackFile as bad:
        found = [(each.path, f"{each.got}; {each.write}" if each.write else each.got) for each in bad.mistakes]
        raise NotDone(found) from None


class _Edit:
    """The text of the next step."""

    def __init__(self, text: str, path: Path, name: str) -> None:
        self.text, self.path, self.name = text, path, name
        config: Mapping[str, Any] = yaml.safe_load(text)["config"]
        platform = PLATFORM if PLATFORM in config else PLATFORM.partition(":")[2]
        self._key = ("config", platform, "models", name)

    def after(self, action: Action, model: Model) -> str:
        try:
            self._edit(action, model)
        except NotEditable as error:
            raise NotDone([(str(self.path), str(error))]) from None
        return self.text

    def _edit(self, action: Action, model: Model) -> None:
        if action == "rollback" or says_nothing(model):
            self._end() if _is_empty(model) else self._empty(model)
        elif _weight(model) < ALL:
            self._grow(model)
            self._all_to(ALL)
        else:
            self._take_over(model)

    def _all_to(self, weight: int) -> None:
        self._put(("rollout", "strategy"), "blueGreen")
        self._put(("rollout", "weight"), weight)

    def _empty(self, model: Model) -> None:
        """Nobody is answered by the next version: neither a share, nor its clients, nor who asks for it."""
        assert model.rollout is not None
        if "clients" in written(model.rollout):
            self._take(("rollout", "clients"))
        self._all_to(0)
        self._put(("rollout", "trials"), False)

    def _grow(self, model: Model) -> None:
        """All requests need as many replicas as the model has."""
        assert model.next is not None
        own, coming = model.replicas, next_of(model).replicas
        if "replicas" in written(model.next) and (coming.min < own.min or coming.max < own.max):
            self._take((NEXT, "replicas"))

    def _take_over(self, model: Model) -> None:
        assert model.next is not None
        for path, value in into_place(self.name, model):
            key = path.removeprefix(f"models.{self.name}.")
            if value is None:
                self._take((key,))
            else:
                self._put((key,), value)
        kept = {key: value for key, value in written(model.next).items() if key in OWN}
        self._put((NEXT,), kept)

    def _end(self) -> None:
        self._take((NEXT,))
        self._take(("rollout",))

    def _put(self, key: Iterable[str], value: Any) -> None:
        self.text = put(self.text, (*self._key, *key), value)

    def _take(self, key: Iterable[str]) -> None:
        *parents, last = (*self._key, *key)
        if self._is_only_key(parents):
            self.text = put(self.text, parents, {})
        else:
            self.text = take_out(self.text, (*parents, last))

    def _is_only_key(self, path: Iterable[str]) -> bool:
        node = yaml.safe_load(self.text)
        for each in path:
            node = node[each]
        return len(node) == 1
