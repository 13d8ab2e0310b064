"""The program's own code and data: whether they differ between two checkouts, and in which rows."""

import csv
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.sides.types import Change, Side

_CODE = ("__main__.py", "infra", "components")
_DATA = Path("infra/catalog/data")
_REQUIREMENTS = "requirements.txt"
_PRICED = ("cpu_instances", "gpu_instances")  # tables with prices; of others the name says so
_ORIGIN = re.compile(r"[. _](source|date)$")  # where a fact is from; what it says is what counts


def program_files(project: Path, named: frozenset[str]) -> dict[str, bytes]:
    """The files that decide a plan: code, data, and the files that the stack file names."""
    files = {path for top in _CODE for path in _below(project / top)}
    files |= {project / name for name in named if _is_ours(project, name)}
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in sorted(files)}


def _below(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (each for each in path.rglob("*") if each.is_file() and "__pycache__" not in each.parts)


def _is_ours(project: Path, name: str) -> bool:
    """Whether it is a regular file of the project; others are the same on both sides. `name` isn't validated yet."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts or not os.path.isfile(project / name):
        return False
    return (project / name).resolve().is_relative_to(project.resolve())


def named_files(side: Side) -> frozenset[str]:
    """Files that a stack file names: a price table, a model's config.json."""
    prices, models = side.platform.get("prices"), side.platform.get("models")
    shapes = models.values() if isinstance(models, Mapping) else ()
    shapes = [model.get("architecture") for model in shapes if isinstance(model, Mapping)]
    table = prices.get("table") if isinstance(prices, Mapping) else None
    return frozenset(name for name in (table, *shapes) if isinstance(name, str) and name)


def changed_files(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def changed_facts(
    files: list[str], old: Mapping[str, bytes], new: Mapping[str, bytes], spoken_of: str
) -> dict[str, Change]:
    """By file and row, prices first, code last. Data: only rows that a plan uses; code: only that a file changed."""
    found: dict[str, Change] = {}
    for name in sorted(files, key=_place):
        before, after = _rows(name, old.get(name, b"")), _rows(name, new.get(name, b""))
        if before is None or after is None:
            found[name] = Change("code" if name in old else None, "other code" if name in new else None)
            continue
        for row in sorted(before.keys() | after.keys()):
            change = Change(before.get(row), after.get(row))
            if change and not _ORIGIN.search(row) and _is_spoken_of(row, name, spoken_of):
                found[f"{name}: {row}"] = change
    return found


def _place(name: str) -> tuple[int, str]:
    if name.endswith(".py"):
        return 2, name
    return (0 if "price" in name or Path(name).stem in _PRICED else 1), name


def requirements_changed(old: Path, new: Path) -> dict[str, Change]:
    """Packages that the base asks for in another version: it was planned with those that are installed here."""
    before, after = _requirements(old), _requirements(new)
    changed = {name: Change(before.get(name), after.get(name)) for name in sorted(before.keys() | after.keys())}
    return {name: change for name, change in changed.items() if change}


def _requirements(project: Path) -> dict[str, str]:
    try:
        text = (project / _REQUIREMENTS).read_text(encoding="utf-8")
    except OSError:
        return {}
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    pins = (line.partition("==") for line in lines if line)
    return {name.strip(): version.strip() for name, _, version in pins}


def _is_spoken_of(row: str, name: str, spoken_of: str) -> bool:
    """Prices of the platform and constants are every plan's; a row of a table is that of its keys."""
    *keys, _column = row.split(" ")
    return not name.endswith(".csv") or all(f'"{key}"' in spoken_of for key in keys)


def _rows(name: str, content: bytes) -> dict[str, Any] | None:
    """Cells by row and column; None for what isn't data."""
    path = Path(name)
    if _DATA not in path.parents and path.suffix not in (".csv", ".json"):
        return None
    try:
        text = content.decode("utf-8")
        if path.suffix == ".csv":
            return _cells(text)
        if path.suffix == ".toml":
            return dict(_leaves(tomllib.loads(text)))
        return dict(_leaves(json.loads(text or "{}"))) if path.suffix == ".json" else None
    except ValueError:
        return None


def _cells(text: str) -> dict[str, str]:
    lines = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    header = next(lines, [])
    keys = 2 if header[1:2] == ["region"] else 1
    return {
        f"{' '.join(row[:keys])} {column}": cell
        for row in lines
        if row
        for column, cell in zip(header[keys:], row[keys:], strict=False)
    }


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
