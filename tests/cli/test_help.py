"""`--help` of each command: full sentences, every option explained, as wide as the terminal."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from infra.cli import main
from infra.engines.ollama.library import CONTEXT
from infra.project import PROJECT
from tests.cli.running import run

COMMANDS = list(main.commands)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_without_a_command_the_commands_are_shown(arguments: list[str]) -> None:
    shown = run(*arguments).output
    assert shown.startswith("Usage: llm-platform [OPTIONS] COMMAND")
    assert "..." not in shown.partition("Commands:\n")[2]
    listed = [line.split()[0] for line in shown.splitlines() if re.match(r"  [a-z]+  ", line)]
    assert listed == COMMANDS


COMMAND = (str(Path(sys.executable).with_name("llm-platform")),)  # as it is installed
LONG_FORM = (sys.executable, "-m", "infra")


@pytest.mark.programs
@pytest.mark.parametrize("command", [COMMAND, LONG_FORM], ids=["llm-platform", "python -m infra"])
def test_the_command_and_its_long_form_are_one_program(command: tuple[str, ...]) -> None:
    done = subprocess.run([*command, "plan", "--help"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: llm-platform plan [OPTIONS] STACK\n")
    assert done.stdout.split() == run("plan", "--help").stdout.split()


@pytest.mark.parametrize("columns", [60, 80, 110])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_explains_each_option(command: str, columns: int) -> None:
    context = click.Context(main.commands[command], info_name=command, terminal_width=columns)
    shown = context.get_help()
    assert max(len(line) for line in shown.splitlines()) <= columns
    for parameter in main.commands[command].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert f"  {parameter.opts[0]} " in shown


def test_the_default_of_a_tag_is_the_tag_that_is_used() -> None:
    assert f"{CONTEXT} with Ollama" in " ".join(run("fit", "--help").stdout.split())
