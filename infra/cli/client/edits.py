"""What `client add`, `rotate` and `revoke` write into the stack file."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from infra.cli.stack_text import NotEditable, put, take_out
from infra.config_keys import NAMESPACE, PLATFORM, client_of
from infra.services.gateway.clients import DEFAULT
from infra.services.gateway.section import Client
from infra.settings.file import StackFile
from infra.settings.mistakes import BadStackFile, did_you_mean
from infra.stack_file import load_text

Wrong = tuple[str, str]  # where, and what


class NotDone(Exception):
    """Nothing was written; every mistake, and the exit code."""

    def __init__(self, mistakes: Sequence[Wrong], *, code: int = 2) -> None:
        self.mistakes, self.code = tuple(mistakes), code
        super().__init__("\n".join(f"{where}: {what}" for where, what in mistakes))


class StackText:
    """The text of a stack file that was loaded, with the change of one client. `known`: the clients that the stack
    has, also one that its file doesn't name."""

    def __init__(self, file: StackFile, text: str, path: Path, known: Collection[str]) -> None:
        self.file, self.text, self.path, self.known = file, text, path, known
        self._config: Mapping[str, Any] = yaml.safe_load(text)["config"]
        self._platform = PLATFORM if PLATFORM in self._config else PLATFORM.partition(":")[2]

    @property
    def clients(self) -> Mapping[str, Client]:
        gateway = self.file.settings.gateway
        return gateway.clients if gateway is not None else {}

    def added(self, name: str, wanted: Mapping[str, Any]) -> StackFile:
        """Raises NotDone."""
        taken = f"there already: `client rotate {self.file.stack} {name}` gives it another key; change the rest by hand"
        mistakes = [(_path(name), taken)] if name in self.known else []
        self._edit(lambda: put(self.text, self._key(name), dict(wanted)))
        return loaded(self.text, self.path, mistakes)

    def rotated(self, name: str) -> StackFile:
        """With a key more where it has one, and without its older one where it has two. Raises NotDone."""
        if name != DEFAULT:
            self._find(name)
        keys = self.clients[name].keys if name in self.clients else Client().keys
        valid = [keys[-1], keys[-1] + 1] if len(keys) == 1 else [keys[-1]]
        if name in self.clients:
            self._edit(lambda: put(self.text, (*self._key(name), "keys"), valid))
        else:
            self._edit(lambda: put(self.text, self._key(name), {"keys": valid}))
        self._forget(name, keeping=valid)
        return loaded(self.text, self.path)

    def revoked(self, name: str) -> StackFile:
        """Raises NotDone."""
        if name == DEFAULT:
            why = "every caller has its key, the one of the whole stack: it goes with the next release;"
            until = f"until then, `client rotate {self.file.stack} {name}` renews the key"
            raise NotDone([(_path(name), f"{why} {until}, and gateway.defaultClient: false takes it away")])
        self._find(name)
        self._edit(lambda: take_out(self.text, self._emptied(name)))
        self._forget(name, keeping=())
        return loaded(self.text, self.path)

    def _key(self, name: str) -> tuple[str, ...]:
        return ("config", self._platform, "gateway", "clients", name)

    def _emptied(self, name: str) -> tuple[str, ...]:
        """Without the client: no section stays that has nothing in it."""
        gateway, key = self.file.settings.gateway, self._key(name)
        if len(self.clients) > 1 or gateway is None:
            return key
        return key[:-2] if gateway.model_fields_set == {"clients"} else key[:-1]

    def _find(self, name: str) -> None:
        if name in self.clients:
            return
        close = did_you_mean(name, self.known)
        there = f"did you mean {close}?" if close else f"clients are {', '.join(self.known)}"
        what = f"no such client; {there}"
        raise NotDone([(_path(name), what)])

    def _forget(self, name: str, *, keeping: Sequence[int]) -> None:
        """Keys that were given as secrets and are no longer valid."""
        for key in self._given(name, keeping):
            self._edit(lambda key=key: take_out(self.text, ("config", key)))

    def _given(self, name: str, keeping: Sequence[int]) -> Iterator[str]:
        for key in self._config:
            namespace, _, secret = key.rpartition(":")
            of = client_of(secret) if namespace in (NAMESPACE, "") else None
            if of is not None and of[0] == name and of[1] not in keeping:
                yield key

    def _edit(self, edited: Callable[[], str]) -> None:
        try:
            self.text = edited()
        except NotEditable as error:
            raise NotDone([(str(self.path), str(error))]) from None


def loaded(text: str, path: Path, mistakes: Sequence[Wrong] = ()) -> StackFile:
    """Lines of a text that isn't written would lead nowhere, so its mistakes are named without them."""
    try:
        found = load_text(text, path)
    except BadStackFile as bad:
        wrong = [(each.path, f"{each.got}; {each.write}" if each.write else each.got) for each in bad.mistakes]
        raise NotDone([*mistakes, *wrong]) from None
    if mistakes:
        raise NotDone(mistakes)
    return found


def _path(name: str) -> str:
    return f"gateway.clients.{name}"
