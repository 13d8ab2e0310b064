"""A name that two parts of the program have to agree on is written in one file: a second copy could differ."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("infra", "components") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize(
    ("name", "files"),
    [
        (r'["^]llm-platform:', []),  # config keys: `config_key` makes them
        (r'"llm-platform/(pool|client)', ["infra/plan/labels.py"]),
        # The key of the taint, and the name of the resource, which NVIDIA decides.
        (r'(?<!examples=\[)(?<!"key": )"nvidia\.com/gpu"', ["components/model_pod.py", "infra/plan/labels.py"]),
    ],
    ids=["config keys", "labels", "taint and resource"],
)
def test_it_is_written_once(name: str, files: list[str]) -> None:
    found = [path.relative_to(ROOT).as_posix() for path in SOURCES if re.search(name, path.read_text(encoding="utf-8"))]
    assert sorted(found) == files
