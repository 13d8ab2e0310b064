"""The sizing library can be used alone: without the stack file's readers, the planner and any SDK."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[2]
# What a program that only asks "does it fit?" need not install, and the rooms above sizing.
BLOCKED = [
    *("pydantic", "pydantic_core", "ruamel", "yaml", "pulumi", "click", "rich"),
    *("infra.settings", "infra.planning", "infra.plan", "infra.cli", "infra.program"),
]
IMPORT_ALL = """
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({blocked}))
import infra.sizing
found = [importlib.import_module(f"infra.sizing.{{each.name}}") for each in pkgutil.iter_modules(infra.sizing.__path__)]
"""
ESTIMATE = """
from infra.catalog import load_catalog
from infra.engines import ENGINES
from infra.sizing.question import Question
catalog = load_catalog()
shape = catalog.models["Qwen/Qwen3-8B"]
question = Question(shape.id, shape, 8192, shape.max_context, ENGINES["vllm"])
fit = ENGINES["vllm"].memory(question, catalog.gpus["L40S"], 1, catalog).fit
print(len(found), fit.fits, fit.certain, round(fit.weights_gib, 1))
"""


def _run(code: str, blocked: list[str]) -> "subprocess.CompletedProcess[str]":
    program = IMPORT_ALL.format(blocked=blocked) + code
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)


def test_it_computes_an_estimate_without_pydantic_ruamel_settings_and_the_planner() -> None:
    ran = _run(ESTIMATE, BLOCKED)
    assert ran.returncode == 0, ran.stderr
    modules, *said = ran.stdout.split()
    assert int(modules) == len(list((ROOT / "infra/sizing").glob("*.py"))) - 1
    assert said == ["True", "True", "15.3"]


@pytest.mark.parametrize("needed", ["infra.catalog", "tomllib"])
def test_a_module_that_is_blocked_is_noticed(needed: str) -> None:
    """The block works: the program fails if a module is blocked that sizing does need."""
    assert needed in _run(ESTIMATE, [needed]).stderr
