"""Which parser reads the tool calls and the thoughts of a model's answers (answers.csv)."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from infra.catalog.load import DATA
from infra.catalog.table import Row, Table, without_mistakes
from infra.engines.model import Parsers
from infra.engines.vllm.facts import FOLDER

ANSWERS = ("pattern", "tool_parser", "reasoning_parser")


@cache
def families() -> Mapping[str, Parsers]:
    """By pattern, in the order of the file."""
    return without_mistakes(lambda mistakes: read(DATA, mistakes))


def parsers_of(repository: str) -> Parsers:
    """Of a repository, or of the one whose family it belongs to; none where no pattern fits."""
    name = repository.rpartition("/")[2].lower()
    return next((each for pattern, each in families().items() if fnmatchcase(name, pattern)), Parsers())


def read(folder: Path, mistakes: list[str]) -> Mapping[str, Parsers]:
    return Table(folder / FOLDER / "answers.csv", ANSWERS, mistakes).by("pattern", _parsers)


def _parsers(row: Row) -> Parsers:
    return Parsers(row.text_or_none("tool_parser"), row.text_or_none("reasoning_parser"))
