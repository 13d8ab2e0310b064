"""An engine is known in its own folder, and by its name to nobody else: what it can't do is data."""

import re
from pathlib import Path

import pytest

from infra.engines import ENGINES

REPOSITORY = Path(__file__).parents[2]
# What still names an engine, and why. This list may only become shorter.
NAMED = {
    "infra/engines/__init__.py": "the registry",
    "infra/catalog/__init__.py": "the tables of tags and of TGI's models are read with all others",
    "infra/catalog/load.py": "the same",
    "infra/catalog/rows.py": "the same",
    "infra/catalog/types.py": "the same",
    "infra/catalog/ollama.py": "the same",
    "infra/outputs.py": "descriptions of the outputs, which are a promise",
    "infra/settings/model.py": "the description of a model's name",
    "infra/cli/app.py": "help of the command line",
    "infra/diff/access/egress.py": "which library a download Job reads is told by its command",
}


def naming(folder: Path) -> set[str]:
    words = re.compile("|".join(rf"\b{name}" for name in ENGINES), re.IGNORECASE)
    return {
        str(path.relative_to(REPOSITORY))
        for path in folder.rglob("*.py")
        if words.search(path.read_text(encoding="utf-8"))
    }


def test_no_engine_is_named_outside_its_folder() -> None:
    folders = tuple(f"infra/engines/{name}/" for name in ENGINES)
    named = {each for each in naming(REPOSITORY / "infra") if not each.startswith(folders)}
    assert named == set(NAMED)


def test_components_know_no_engine() -> None:
    assert naming(REPOSITORY / "components") == set()


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engine_knows_no_other(engine: str) -> None:
    others = [name for name in ENGINES if name != engine]
    for path in (REPOSITORY / "infra" / "engines" / engine).rglob("*.py"):
        assert not re.search(rf"infra\.engines\.({'|'.join(others)})\b", path.read_text(encoding="utf-8")), path
