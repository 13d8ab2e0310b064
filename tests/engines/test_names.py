"""Only its own folder knows an engine by name: what an engine can't do is data."""

import re
from pathlib import Path

import pytest

from infra.engines import ENGINES

REPOSITORY = Path(__file__).parents[2]


def naming(folder: Path) -> set[str]:
    words = re.compile("|".join(rf"\b{name}" for name in ENGINES), re.IGNORECASE)
    return {
        str(path.relative_to(REPOSITORY))
        for path in folder.rglob("*.py")
        if words.search(path.read_text(encoding="utf-8"))
    }


def test_no_engine_is_named_outside_its_folder() -> None:
    """Tests, pages, stack files and the catalogue's data may name them."""
    folders = tuple(f"infra/engines/{name}/" for name in ENGINES)
    named = naming(REPOSITORY / "infra") | naming(REPOSITORY / "components")
    assert {each for each in named if not each.startswith(folders)} == set()


def test_no_rule_of_every_stack_names_one() -> None:
    """Tests that break a rule on purpose may name one."""
    named = naming(REPOSITORY / "tests" / "invariants")
    assert {each for each in named if not Path(each).name.startswith("test_")} == set()


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engine_knows_no_other(engine: str) -> None:
    others = [name for name in ENGINES if name != engine]
    for path in (REPOSITORY / "infra" / "engines" / engine).rglob("*.py"):
        assert not re.search(rf"infra\.engines\.({'|'.join(others)})\b", path.read_text(encoding="utf-8")), path
