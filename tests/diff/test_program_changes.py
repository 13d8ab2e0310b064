"""A change of the program and its data, not of the stack file, is shown separately from the author's change."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.cli.diff import comparing
from infra.cli.diff.comparing import Compared, compare_with
from infra.diff.plans import planning
from infra.project import PROJECT
from tests.conftest import HALF_COMPILED
from tests.diff.test_typical_changes import money, same_names

pytestmark = pytest.mark.programs

PINS, PRICES = "infra/catalog/data/pins.toml", "infra/catalog/data/aws/prices.toml"
SERVER = "components/model_server.py"


def against(tmp_path: Path, file: str, here: str, there: str, *, context: int = 8192) -> Compared:
    """Compares the stack dev with a checkout that has `there` in `file`, and `context` in its stack file."""
    for name in ("infra", "components", "stacks"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=HALF_COMPILED)  # compiled: it is planned faster
    shutil.copy(PROJECT / "__main__.py", tmp_path)
    path = tmp_path / file
    text = path.read_text(encoding="utf-8")
    assert here in text
    path.write_text(text.replace(here, there), encoding="utf-8")
    stack = tmp_path / "stacks" / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text(encoding="utf-8").replace("8192", str(context)), encoding="utf-8")
    return compare_with("dev", str(tmp_path), PROJECT / "stacks")


# The file's text here, and there; what the reviewer is shown; the change of the maximum per month.
CASES = {
    "an engine's version": (
        PINS,
        ("vllm-openai:v0.32.0", "vllm-openai:v0.31.0"),
        "qwen3-8b-deployment",
        f"{PINS}: engines.vllm.image",
        "the same",
    ),
    "a chart's version": (
        PINS,
        ('k8s-device-plugin"\nversion = "0.20.0"', 'k8s-device-plugin"\nversion = "0.19.0"'),
        "addons-nvidia-device-plugin",
        f"{PINS}: charts.nvidia-device-plugin.version",
        "the same",
    ),
    "a price": (PRICES, ("nat_hour = 0.045", "nat_hour = 0.040"), "", f"{PRICES}: nat_hour", "more"),
    "code": (SERVER, ('_SCRAPE_INTERVAL = "15s"', '_SCRAPE_INTERVAL = "30s"'), "qwen3-8b-monitor", SERVER, "the same"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_program_changes_is_shown_separately(case: str, tmp_path: Path) -> None:
    file, texts, changed, fact, cost = CASES[case]
    compared = against(tmp_path, file, *texts)
    assert not compared.difference.settings
    same_names(compared.difference.resources.changed, changed)
    assert money(compared.difference) == cost
    assert compared.facts is not None
    assert list(compared.facts.changed) == [fact]
    effect = compared.facts.effect
    assert effect is not None
    assert (effect.resources, effect.cost) == (compared.difference.resources, compared.difference.cost)


def test_code_that_does_the_same_is_not_shown(tmp_path: Path) -> None:
    compared = against(tmp_path, SERVER, "_SCRAPE_INTERVAL", "_SCRAPED_EACH")
    assert not compared.difference
    assert compared.facts is None


@pytest.mark.parametrize(("context", "plans"), [(8192, 1), (4096, 2)])
def test_the_base_is_planned_by_both_programs_only_where_its_stack_file_differs(
    context: int, plans: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the stack file is the same, the new program's plan of it is the new plan, which was made already."""
    started = []

    def counted(*arguments: Any, **named: Any) -> Any:
        started.append(arguments)
        return planning(*arguments, **named)

    monkeypatch.setattr(comparing, "planning", counted)
    file, texts, changed, *_ = CASES["code"]
    compared = against(tmp_path, file, *texts, context=context)
    assert len(started) == plans
    assert bool(compared.difference.settings) == (context != 8192)
    assert compared.facts is not None
    assert compared.facts.effect is not None
    same_names(compared.facts.effect.resources.changed, changed)
