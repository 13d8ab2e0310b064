"""What a version of vLLM that is older than the pinned one doesn't have of a model and its arguments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.catalog import ModelShape
from infra.catalog.load import DATA
from infra.catalog.table import Row, Table, without_mistakes
from infra.engines.engine import Lacks
from infra.engines.vllm.facts import FOLDER
from infra.sizing.question import Version, version_in

# From here on Transformers' code serves classes that vLLM doesn't have, also code of the repository itself.
BY_TRANSFORMERS: Version = (0, 7, 2)


@dataclass(frozen=True)
class Since:
    """The first versions with an architecture or an argument."""

    first: Version
    perhaps: Version  # from here on, Transformers' own code may serve the architecture


def lacks(version: Version, arguments: Sequence[str], shape: ModelShape | None) -> Iterator[Lacks]:
    """The architecture first, then the arguments, those that came last first."""
    known = since().get(shape.architecture or "") if shape is not None else None
    if shape is not None and known is not None and version < known.first:
        perhaps = min(known.perhaps, BY_TRANSFORMERS) if shape.custom_code else known.perhaps
        yield Lacks(shape.architecture or "", argument=False, first=known.first, otherwise=version >= perhaps)
    flags = dict.fromkeys(each.split("=", 1)[0] for each in arguments if each.startswith("--"))
    newer = {each: since()[each].first for each in flags if each in since() and version < since()[each].first}
    for flag, first in sorted(newer.items(), key=lambda each: each[1], reverse=True):
        yield Lacks(flag, argument=True, first=first)


@cache
def since() -> Mapping[str, Since]:
    """By architecture or argument; what isn't there is older, or nobody looked."""
    return without_mistakes(lambda mistakes: read(DATA, mistakes))


def read(folder: Path, mistakes: list[str]) -> Mapping[str, Since]:
    return Table(folder / FOLDER / "since.csv", ("name", "first", "by_transformers"), mistakes).by("name", _since)


def _since(row: Row) -> Since:
    first = _version(row, "first")
    return Since(first, _version(row, "by_transformers") if row.text_or_none("by_transformers") else first)


def _version(row: Row, column: str) -> Version:
    version = version_in(row.text(column))
    if version is None:
        row.wrong(column, "must be a version, such as 0.26.0")
    return version or (0, 0, 0)
