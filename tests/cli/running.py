"""`llm-platform`, run in this process."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from infra.cli import main
from tests.conftest import STACKS


def run(*arguments: str, encoding: str = "utf-8", environment: Mapping[str, str] | None = None) -> Result:
    """An exception that the command doesn't catch is a traceback for the user, so the test raises it too."""
    runner = CliRunner(charset=encoding, env={"COLUMNS": "120", **(environment or {})})
    return runner.invoke(main, arguments, catch_exceptions=False)


def plan(
    stack: str,
    *options: str,
    stacks: Path = STACKS,
    encoding: str = "utf-8",
    environment: Mapping[str, str] | None = None,
) -> Result:
    return run("plan", stack, "--stacks", str(stacks), *options, encoding=encoding, environment=environment)


@cache
def plan_json(stack: str) -> dict[str, Any]:
    """The JSON of a stack of stacks/."""
    return json.loads(plan(stack, "--format", "json").stdout)


def fit_json(*arguments: str) -> Any:
    result = run("fit", *arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def write_stack(folder: Path, text: str, name: str = "dev") -> Path:
    path = folder / f"Pulumi.{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path
