"""The catalogue holds what is read: a fact that nobody asks for goes stale unseen."""

import ast
import csv
import dataclasses
from pathlib import Path

import pytest

from infra.catalog import rows, types
from infra.catalog.load import DATA
from infra.clouds.aws import facts

# Where a number comes from, for whoever looks it up again.
ORIGIN = {"engine_gib_source", "memory_mib_nvidia_smi", "notes", "source"}
ROOT = Path(__file__).parents[2]
FIELDS = [
    (row.__name__, each.name)
    for module in (types, facts)
    for row in vars(module).values()
    if isinstance(row, type) and dataclasses.is_dataclass(row) and row.__module__ == module.__name__
    for each in dataclasses.fields(row)
]
TABLES = {
    "gpus.csv": rows.GPU,
    "models.csv": rows.MODEL,
    "quantization.csv": rows.QUANTIZATION,
    "quantized_weights.csv": rows.QUANTIZED,
    "quantized_repositories.csv": rows.REPOSITORY,
    "aws/gpu_instances.csv": facts.INSTANCE,
    "aws/cpu_instances.csv": facts.CPU_INSTANCE,
    "aws/region_prices.csv": facts.REGION_PRICE,
}


def attributes() -> set[str]:
    """Of any object: loaders name the fields that they fill as arguments, so they don't count."""
    files = (path for room in ("infra", "docs", "benchmarks") for path in (ROOT / room).rglob("*.py"))
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in files)
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_code_asks_for_each_field_of_the_catalogue() -> None:
    asked = attributes()
    assert [f"{row}.{name}" for row, name in FIELDS if name not in asked] == []


@pytest.mark.parametrize("file", TABLES)
def test_the_loader_reads_each_column_that_is_not_an_origin(file: str) -> None:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    columns = next(csv.reader(line for line in lines if not line.startswith("#")))
    assert set(columns) - set(TABLES[file]) <= ORIGIN
