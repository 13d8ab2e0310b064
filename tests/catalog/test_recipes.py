"""The catalogue sizes what vLLM's own recipes serve; what it doesn't know says how it becomes known."""

import csv
from pathlib import Path

from infra.catalog import load_catalog
from tests.cli.running import run

_LINES = (Path(__file__).parent / "recipe_variants.csv").read_text(encoding="utf-8").splitlines()
VARIANTS = list(csv.DictReader(line for line in _LINES if not line.startswith("#")))
SERVED = [each["repository"] for each in VARIANTS if not each["other"]]
MODELS = load_catalog().models


def unsized() -> list[str]:
    known = [name for name in SERVED if name in MODELS and MODELS[name].left_out is None]
    return [name for name in SERVED if name not in known]


def test_95_percent_of_what_such_a_server_can_serve_is_sized() -> None:
    assert (len(VARIANTS), len(SERVED)) == (345, 306)
    assert len(unsized()) <= 0.05 * len(SERVED)


def test_the_rest_says_why_and_what_to_type() -> None:
    """The command reads the files of any repository, so nobody has to wait for a row of the catalogue."""
    for name in sorted(set(unsized())):
        refused = run("fit", name)
        assert refused.exit_code == 2
        assert f"model add {name}" in " ".join(refused.stderr.split())
