"""What `promote` and `rollback` write into the stack file, one step after the other. The file itself says where they
stand, so that either goes on where it was cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.cli.client.edits import NotDone, loaded
from infra.cli.stack_text import NotEditable, put, take_out
from infra.cli.versions.growing import Action, Growth, grown, growth_of, is_empty, weight_of
from infra.config_keys import PLATFORM
from infra.plan.versions import ALL, NEXT
from infra.plan.words import count
from infra.services.serving.next import READY, into_place, on_every_day, says_nothing, written
from infra.services.serving.replicas_section import Replicas
from infra.services.serving.section import Model
from infra.settings.file import StackFile
from infra.settings.mistakes import did_you_mean
from infra.stack_file import load_text

# Without the one in which a server grows.
STEPS: Mapping[Action, int] = {"promote": 4, "rollback": 2}


@dataclass(frozen=True)
class Step:
    """One text of the stack file, which is applied before the next one is written."""

    says: str
    text: str
    file: StackFile
    waits: bool  # until each Envoy has read it: what comes next ends servers
    grows: Growth | None = None  # what has to be ready before the next step


def steps(action: Action, text: str, path: Path, name: str, replicas: int | None = None) -> list[Step]:
    """Those that are left; the first is the file as it is, where an earlier run may not have applied it. `replicas`:
    how many are enough for all requests; None: as many as the model may have. Raises NotDone, BadStackFile."""
    found: list[Step] = []
    file = load_text(text, path)
    model = _model(file, name)
    _check(action, model, name)
    while model.next is not None:
        if found or _is_begun(action, model):
            found.append(_step(action, model, name, text, file))
        text = _Edit(text, path, name).after(action, model, replicas)
        file = loaded(text, path)
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


def _step(action: Action, model: Model, name: str, text: str, file: StackFile) -> Step:
    grows = growth_of(action, name, model)
    if grows is not None:
        says = f"{grows.server} gets {count(grows.replicas, 'replica')}, ready for all requests of {name}"
        return Step(says, text, file, waits=False, grows=grows)
    return Step(_now(model, name), text, file, waits=_waits(model))


def _is_begun(action: Action, model: Model) -> bool:
    """Whether the file may be one that an earlier run wrote."""
    if is_empty(model):
        return action == "rollback" or says_nothing(model)
    return growth_of(action, "", model) is not None or (action == "promote" and weight_of(model) == ALL)


def _waits(model: Model) -> bool:
    """A change of who is answered comes before servers end; the other changes end none that has requests."""
    return is_empty(model) or not says_nothing(model)


def _now(model: Model, name: str) -> str:
    if says_nothing(model) and weight_of(model):
        return f"{name} gets the settings of its next version, which answers all requests meanwhile"
    if weight_of(model):
        return f"all requests of {name} go to its next version"
    return f"all requests of {name} go to its own server"


class _Edit:
    """The text of the next step."""

    def __init__(self, text: str, path: Path, name: str) -> None:
        self.text, self.path, self.name = text, path, name
        config: Mapping[str, Any] = yaml.safe_load(text)["config"]
        platform = PLATFORM if PLATFORM in config else PLATFORM.partition(":")[2]
        self._key = ("config", platform, "models", name)

    def after(self, action: Action, model: Model, replicas: int | None) -> str:
        try:
            self._edit(action, model, replicas)
        except NotEditable as error:
            raise NotDone([(str(self.path), str(error))]) from None
        return self.text

    def _edit(self, action: Action, model: Model, replicas: int | None) -> None:
        if (growing := grown(action, model, replicas)) is not None:
            self._put(*growing)
        elif action == "rollback" or says_nothing(model):
            self._end(model) if is_empty(model) else self._empty(model)
        elif weight_of(model) < ALL:
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

    def _take_over(self, model: Model) -> None:
        assert model.next is not None
        for path, value in into_place(self.name, model):
            key = path.removeprefix(f"models.{self.name}.")
            if value is None:
                self._take((key,))
            else:
                self._put((key,), value)
        self._put((NEXT,), _of_next_alone(model))

    def _end(self, model: Model) -> None:
        self._take((NEXT,))
        self._take(("rollout",))
        if model.replicas.ready is not None:
            self._take(("replicas", READY))

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


def _of_next_alone(model: Model) -> dict[str, Any]:
    """What of the next version isn't passed on: its replicas, where they aren't the model's."""
    assert model.next is not None
    if _range(model.next.replicas) == _range(model.replicas):
        return {}
    return on_every_day(written(model.next))


def _range(replicas: Replicas) -> tuple[int, int]:
    return replicas.min, replicas.max
