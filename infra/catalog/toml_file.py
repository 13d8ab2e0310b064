"""Reads a TOML data file, and makes objects of its sections."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from infra.catalog.table import BadCatalog

Made = TypeVar("Made")


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadCatalog([f"{path.name}: {error}"]) from None


def each_section(
    file: str, kind: type[Made], rows: Mapping[str, Any], mistakes: list[str], *, named: bool = True
) -> Mapping[str, Made]:
    """Sections of a TOML file: their keys are the fields of `kind`, after the section's own name if it is `named`."""
    made = (
        (name, section(f"{file}.{name}", kind, (name,) if named else (), row, mistakes)) for name, row in rows.items()
    )
    return MappingProxyType({name: each for name, each in made if each is not None})


def section(
    where: str, kind: type[Made], names: tuple[str, ...], row: Mapping[str, Any], mistakes: list[str]
) -> Made | None:
    try:
        return kind(*names, **row)
    except TypeError as error:  # a key too many, or one that is missing
        mistakes.append(f"{where}: {str(error).partition(' ')[2]}")
        return None
