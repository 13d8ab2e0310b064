"""The models that the pinned TGI can serve (tgi_models.csv). TGI gets no new ones, so the list doesn't grow."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from infra.catalog import ModelShape, load_catalog
from infra.catalog.load import DATA
from infra.catalog.table import Row, Table, without_mistakes

_COLUMNS = ("model_type", "models")


@cache
def served() -> Mapping[str, tuple[str, ...]]:
    """Models by their type."""
    return without_mistakes(lambda mistakes: read(DATA, load_catalog().models, mistakes))


def serves(model: str) -> bool:
    return any(model in models for models in served().values())


def read(folder: Path, models: Mapping[str, ModelShape], mistakes: list[str]) -> Mapping[str, tuple[str, ...]]:

    def of_type(row: Row) -> tuple[str, ...]:
        names = (row.text_or_none("models") or "").split()
        for name in names:
            if name not in models:
                row.wrong("models", f"names {name}, which is no row of models.csv")
        return tuple(names)

    return Table(folder / "tgi_models.csv", _COLUMNS, mistakes).by("model_type", of_type)
