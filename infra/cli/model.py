"""`model add`, `model update` and `model list`: facts from models' own files, in the lock beside the stack files."""

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.catalog import ModelShape, load_catalog
from infra.cli.fit_input import AskedAlone
from infra.cli.layout import Column, table
from infra.engines import DEFAULT, ENGINES
from infra.models.describe import cache_bytes, cache_line, weights_line
from infra.models.lock import NAME, fields_of, lock_text, of_library, read_lock
from infra.models.places import bad_place, is_url
from infra.models.read import Facts, read_facts
from infra.models.source import CannotRead, Folder, Source
from infra.plan.words import count

_SHORT = 7  # of a commit
_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_COPY = Folder.origin


def add(name: str, revision: str | None, folder: Path | None, stacks: Path, *, as_json: bool) -> str:
    """Reads a model into the lock; where it can't be read nothing is written. Raises CannotRead, NotSized, BadLock."""
    locked = dict(read_lock(stacks))
    facts = _read(name, revision, folder)
    name = facts.shape.id
    known = name in locked
    unchanged = locked.get(name) == facts.shape
    path = _write(stacks, {**locked, name: facts.shape})
    if as_json:
        return _json(_said(facts.shape))
    others = len(locked) - known
    what = "unchanged" if unchanged else "1 changed" if known else "1 new"
    return "\n".join(
        (
            f"read {name}{_at(facts.shape)}{_gate(facts.shape)}",
            f"  {weights_line(facts.shape, facts.method)}",
            f"  {cache_line(facts.shape)}",
            *(f"  {each}" for each in (*_served(facts.shape), *_notes(facts))),
            f"written: {path} ({what}, {others} others as they were)."
            f" Next: models.NAME.model: {name.partition(':')[2] if of_library(name) else name}\n",
        )
    )


def update(names: tuple[str, ...], stacks: Path) -> str:
    """What changed since the lock was written. Raises CannotRead, NotSized, BadLock."""
    locked = dict(read_lock(stacks))
    for name in names:
        if name not in locked:
            raise CannotRead(f"{name} is not in {stacks / NAME}", f"llm-platform model add {name}")
    read = {name: _read(name, None, None).shape for name in names or locked if locked[name].source != _COPY}
    lines = [line for name, shape in read.items() for line in _changes(name, locked[name], shape)]
    copies = [name for name in names or locked if locked[name].source == _COPY]
    lines += [
        f"{name}: read from a copy; to read it again: llm-platform model add {name} --from DIR" for name in copies
    ]
    path = _write(stacks, {**locked, **read})
    return "\n".join((*lines, f"written: {path}\n" if read else f"{path}: nothing to read\n"))


def listed(stacks: Path, width: int, *, as_json: bool) -> str:
    """Each model of the lock, and where its facts are from. Raises BadLock."""
    locked = read_lock(stacks)
    if as_json:
        return _json([_said(shape) for shape in locked.values()])
    shipped = f"{count(len(load_catalog().models), 'model')} more come with the program: infra/catalog/data/models.csv"
    if not locked:
        return f"{stacks / NAME}: no model yet. `llm-platform model add ORG/NAME` reads one. {shipped}\n"
    rows = [_row(name, shape) for name, shape in locked.items()]
    titles = ("weights in", "GiB", "KiB per token", "context", "revision", "from")
    columns = tuple(Column(title, right=title in titles[1:4]) for title in titles)
    return "\n".join((*table(str(stacks / NAME), columns, rows, width), "", f"{shipped}\n"))


def _read(name: str, revision: str | None, folder: Path | None) -> Facts:
    source: Source
    engine, _, tag = name.partition(":")
    if engine in ENGINES and (library := ENGINES[engine].library) is not None:
        return Facts(library.read(tag), None, f"the library of {ENGINES[engine].title}")
    if is_url(name):
        return _in_place(name, revision, folder)
    if not _NAME.fullmatch(name):
        write = f"write file://{name}" if name.startswith("/") else "write ORG/NAME, as its page on the hub has it"
        raise CannotRead(f"{name} is no repository's name", write)
    if folder is not None:
        source = Folder(folder, revision)
    else:
        from infra.models.hub import Hub  # brings a client of HTTP, which only this needs

        source = Hub(name, revision)
    return read_facts(name, source, load_catalog().quantizations)


def _in_place(name: str, revision: str | None, folder: Path | None) -> Facts:
    """Weights that are in a claim, on nodes or in a bucket. They can change at any time, so no commit is known."""
    if (bad := bad_place(name)) is not None:
        raise CannotRead(f"{name}: {bad[0]}", bad[1])
    if revision is not None:
        raise CannotRead(f"{name} has no revisions", f"leave @{revision} out")
    if folder is None:
        copy = "a folder with a copy of its config.json, and of its safetensors files or their index"
        raise CannotRead(f"{name} isn't read from there", f"add --from DIR: {copy}")
    facts = read_facts(name, Folder(folder, None), load_catalog().quantizations)
    return dataclasses.replace(facts, shape=dataclasses.replace(facts.shape, revision=None))


def _write(stacks: Path, models: Mapping[str, ModelShape]) -> Path:
    """In one step: a lock that is half written would stop every plan."""
    path, new = stacks / NAME, stacks / f".{NAME}.new"
    text = lock_text(models)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    return path


def _at(shape: ModelShape) -> str:
    return f"@{shape.revision[:_SHORT]}" if shape.revision else ""


def _gate(shape: ModelShape) -> str:
    if shape.source == _COPY:
        return f" ({_COPY})"
    if shape.private:
        return " (private: your token may read it)"
    return " (gated: your token may read it)" if shape.gated else ""


def _served(shape: ModelShape) -> list[str]:
    """What the default engine makes of it; a model of the library of an engine is served by that one."""
    if of_library(shape.id):
        return []
    engine, catalog = ENGINES[DEFAULT], load_catalog()
    refused = [f"not served: {each.got}" for each in engine.refuse(AskedAlone(shape.id), shape, catalog)]
    if refused:
        return refused
    parsers = engine.parsers(shape.id)
    named = {"tools": parsers.tool, "thoughts": parsers.reasoning} if shape.task == "chat" else {}
    said = [f"{what}: {parser}" for what, parser in named.items() if parser is not None]
    return ["; ".join((*said, f"served by {engine.title} {catalog.engines[DEFAULT].version}"))]


def _notes(facts: Facts) -> list[str]:
    """What a reader should know before it is relied on."""
    shape = facts.shape
    code = "it needs code from its repository, which the engine runs only with trustRemoteCode: true"
    commit = "no commit is known: give it as NAME@REVISION, or write models.NAME.revision"
    return [
        f"weights: {facts.weights}",
        *([code] if shape.custom_code else []),
        *([commit] if shape.revision is None and not is_url(shape.id) else []),
    ]


def _changes(name: str, old: ModelShape, new: ModelShape) -> list[str]:
    before, after = fields_of(old), fields_of(new)
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    lines = [f"  {key}: {before.get(key, '-')} -> {after.get(key, '-')}" for key in changed]
    return [f"{name}: {'changed' if lines else 'as it was'}", *lines]


def _row(name: str, shape: ModelShape) -> tuple[str, ...]:
    return (
        name,
        shape.dtype or "-",
        f"{'about ' if shape.weights_estimated else ''}{shape.weights_gib or 0:.1f}",
        f"{cache_bytes(shape)[0] / 1024:,.6g}",
        f"{shape.max_context:,}",
        (shape.revision or "-")[:_SHORT],
        shape.source,
    )


def _said(shape: ModelShape) -> dict[str, Any]:
    every, windowed = cache_bytes(shape)
    return {
        "name": shape.id,
        **fields_of(shape),
        "kv_bytes_per_token": round(every),
        "kv_bytes_per_token_in_window": round(windowed),
    }


def _json(said: Any) -> str:
    return json.dumps(said, indent=2) + "\n"
