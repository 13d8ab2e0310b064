"""The catalogue holds what is read: a fact that nobody asks for goes stale unseen."""

import ast
import csv
import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.catalog import metrics, span_attributes, types
from infra.catalog.load import DATA, read_catalog
from infra.catalog.table import Row
from infra.clouds.aws import facts
from infra.engines.ollama import tags
from infra.engines.tgi import models as tgi
from infra.engines.vllm import answers, lacks, needed
from infra.engines.vllm import facts as vllm

# Columns for people: they say where a number comes from.
ORIGIN = {"engine_gib_source", "memory_mib_nvidia_smi", "notes", "source"}
ROOT = Path(__file__).parents[2]
FIELDS = [
    (row.__name__, each.name)
    for module in (types, facts, tags)  # what an engine says of itself is kept whole, for rules and dashboards to come
    for row in vars(module).values()
    if isinstance(row, type) and dataclasses.is_dataclass(row) and row.__module__ == module.__name__
    for each in dataclasses.fields(row)
]


def attributes() -> set[str]:
    """Every attribute that the code reads, of any object. The arguments that a loader passes don't count."""
    files = (path for room in ("infra", "docs", "benchmarks") for path in (ROOT / room).rglob("*.py"))
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in files)
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_code_asks_for_each_field_of_the_catalogue() -> None:
    asked = attributes()
    assert [f"{row}.{name}" for row, name in FIELDS if name not in asked] == []


@pytest.fixture(scope="module")
def asked() -> Mapping[str, set[str]]:
    """The columns that the loaders read, by file."""
    found: dict[str, set[str]] = defaultdict(set)

    class Cells(dict[str, str]):
        def __init__(self, file: str, cells: Mapping[str, str]) -> None:
            super().__init__(cells)
            self.file = file

        def __getitem__(self, column: str) -> str:
            found[self.file].add(column)
            return super().__getitem__(column)

    def spied(row: Row, place: str, cells: Mapping[str, str], mistakes: list[str]) -> None:
        plain(row, place, Cells(place.partition(",")[0], cells), mistakes)

    plain = Row.__init__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Row, "__init__", spied)
        models = read_catalog(DATA).models
        tags.read(DATA, models, [])
        tgi.read(DATA, models, [])
        vllm.read(DATA, [])
        answers.read(DATA, [])
        needed.read(DATA, [])
        lacks.read(DATA, [])
        metrics.read(DATA, [])
        span_attributes.read(DATA, [])
    return found


@pytest.mark.parametrize("file", sorted(str(path.relative_to(DATA)) for path in DATA.rglob("*.csv")))
def test_the_loader_reads_each_column_that_is_not_an_origin(asked: Mapping[str, set[str]], file: str) -> None:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    columns = next(csv.reader(line for line in lines if not line.startswith("#")))
    assert set(columns) - asked[Path(file).name] <= ORIGIN
