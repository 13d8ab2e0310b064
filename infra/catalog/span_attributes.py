"""The attributes of the gateway's spans, pinned to a version of OpenTelemetry's semantic conventions."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from infra.catalog.load import DATA
from infra.catalog.table import Table, without_mistakes

FILE = "span_attributes.csv"
TYPES = ("string", "int")
_COLUMNS = ("attribute", "type", "convention", "meaning")


@dataclass(frozen=True)
class Attribute:
    name: str
    type: str
    convention: str | None  # the version of the conventions; None: a name of this platform
    meaning: str


@cache
def span_attributes() -> Mapping[str, Attribute]:
    return without_mistakes(lambda mistakes: read(DATA, mistakes))


def read(folder: Path, mistakes: list[str]) -> Mapping[str, Attribute]:
    found = [
        Attribute(
            row.text("attribute"), row.one_of("type", *TYPES), row.text_or_none("convention"), row.text("meaning")
        )
        for row in Table(folder / FILE, _COLUMNS, mistakes).rows()
    ]
    return MappingProxyType({each.name: each for each in found})
