"""Reads a stack file's YAML as Pulumi's engine does (go-yaml v3), and remembers the line of every key.

go-yaml follows neither YAML 1.1 nor 1.2 exactly: `off`, `yes` and `22:00` are strings, `010` is 8, `<<` merges even in
quotes, only the first document counts (a second is a mistake here), and a key that is written twice is an error. The
engine passes the result to the program as JSON, so `3.0` becomes 3.
This was seen with `LoadProjectStackBytes` of Pulumi's Go SDK 3.250; tests/settings/test_document.py has the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.config_keys import NAMESPACE, PLATFORM
from infra.settings.mistakes import Key, Mistake, dotted, unknown_key
from infra.settings.scalars import Wrong
from infra.settings.yaml_reader import Reader, events, full, place

STACK_KEYS = ("config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment")


@dataclass(frozen=True)
class Document:
    """A stack file: its `config`, the line of each key, and the mistakes of the text itself."""

    config: Mapping[str, Any] | None  # None: the text has no config that could be checked
    lines: Mapping[Key, int]
    mistakes: tuple[Mistake, ...]
    dotted: Mapping[Key, str] = field(default_factory=dict)  # numbers such as 9.000, by key, as they are written


def read_document(text: str) -> Document:
    """The stack file in `text`. Never raises; the mistakes are in the result."""
    reader = Reader()
    try:
        found = events(text.removeprefix("\ufeff"))
        data = reader.plain(reader.node(found, depth=0), ())
        second = next(found, None)
    except Wrong as wrong:
        return Document(None, {}, (Mistake("file", wrong.line, wrong.got, wrong.write),))
    mistakes = list(reader.mistakes)
    if second is not None:
        got = "a second YAML document, and Pulumi reads the first only"
        mistakes.append(Mistake("file", second.start_mark.line + 1, got, "write one, without ---"))
    if isinstance(data, dict):
        strays = (key for key in data if key not in STACK_KEYS)
        mistakes += (Mistake(dotted((key,)), reader.lines.get((key,)), unknown_key(key, STACK_KEYS)) for key in strays)
    config: Any = None
    example = f"config: {{{PLATFORM}: {{cluster: ..., models: ...}}}}"
    if data is None:
        mistakes.append(Mistake("file", None, "empty", f"write {example}"))
    elif not isinstance(data, dict):
        mistakes.append(Mistake("file", 1, "not a mapping at the top", f"write {example}"))
    elif data.get("config") is None:
        mistakes.append(Mistake("config", reader.lines.get(("config",)), "missing", f"write {example}"))
    elif not isinstance(data["config"], dict):
        mistakes.append(Mistake("config", reader.lines.get(("config",)), "not a mapping", f"write {example}"))
    else:
        # Pulumi reads a key without a namespace as one of the project's own.
        config = {}
        for key, value in data["config"].items():
            if full(key) in config:
                got = f"written twice, with and without `{NAMESPACE}:`"
                mistakes.append(Mistake(dotted((key,)), reader.lines["config", key], got, "keep one of them"))
            config[full(key)] = value
    lines = {place(key): line for key, line in reader.lines.items()}
    numbers = {place(key): number for key, number in reader.dotted.items()}
    return Document(config, lines, tuple(mistakes), numbers)
