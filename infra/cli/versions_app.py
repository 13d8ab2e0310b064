"""`llm-platform promote` and `rollback`, as typed; `infra.cli.versions` does what they say."""

import sys
from pathlib import Path
from typing import Literal

import click

from infra.cli.client_app import client_errors
from infra.cli.options import format_option, print_text, stacks_option

_stacks = stacks_option("the stack files")
_format = format_option("text", "json")
_replicas = click.option(
    "--replicas",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="How many must be ready before all requests come; default: as many as the model may have.",
)
_no_up = click.option("--no-up", is_flag=True, help="Only write the next step, and say what applies it.")


@click.command(short_help="A model's next version takes its place, step by step and without a lost request.")
@click.argument("stack")
@click.argument("model")
@_stacks
@_replicas
@_no_up
@_format
def promote(stack: str, model: str, stacks: Path, replicas: int | None, no_up: bool, format_: str) -> None:
    """Give MODEL of STACK the settings of its next version: the stack file changes step by step, and each step is
    applied before the next one is written. Cut off, it goes on where the file stands when it is run again.

    The next version gets the replicas that all requests need; all requests go to it; MODEL gets its settings meanwhile;
    all requests come back; the second server goes. Nothing is written unless the plan of each step keeps every rule.

    Exits 1 when the plan of a step breaks a rule, 2 when a name is wrong or there is no next version (nothing is
    written), 3 when a step can't be applied (no Pulumi CLI, or `pulumi up` fails).
    """
    _run("promote", stack, model, stacks, replicas, no_up, format_)


@click.command(short_help="A model's next version goes, and its own server answers all requests again.")
@click.argument("stack")
@click.argument("model")
@_stacks
@_replicas
@_no_up
@_format
def rollback(stack: str, model: str, stacks: Path, replicas: int | None, no_up: bool, format_: str) -> None:
    """Take the next version of MODEL out of STACK: all requests go to the model's own server again, which first gets
    the replicas for them, then the second server goes. Each step is applied before the next one is written. Cut off, it
    goes on when it is run again.

    Exits 1 when the plan of a step breaks a rule, 2 when a name is wrong or there is nothing to take back (nothing is
    written), 3 when a step can't be applied (no Pulumi CLI, or `pulumi up` fails).
    """
    _run("rollback", stack, model, stacks, replicas, no_up, format_)


def _run(
    action: Literal["promote", "rollback"],
    stack: str,
    model: str,
    stacks: Path,
    replicas: int | None,
    no_up: bool,
    format_: str,
) -> None:
    from infra.cli.client import NotApplied
    from infra.cli.progress import waiting
    from infra.cli.stack_text import ChangedMeanwhile
    from infra.cli.versions import Step, change, run, write_next
    from infra.cli.versions.words import as_json, as_text, step_said
    from infra.stack_file import stack_path

    with client_errors(action), waiting(f"planning the steps of {model}"):
        found = change(action, stack_path(stacks, stack), model, replicas)
    done: list[int] = []
    not_applied = None

    def said(number: int, step: Step) -> None:
        done.append(number)
        click.echo(step_said(found, number, step), err=True)

    try:
        if no_up:
            done.append(write_next(found))
            raise NotApplied("--no-up", found.whole())
        run(found, said)
    except NotApplied as error:
        not_applied = error
    except ChangedMeanwhile as error:
        again = f"see what it says now (git diff), and run `llm-platform {action} {stack} {model}` again"
        click.echo(f"{action}: {error}; nothing more was written: {again}", err=True)
        sys.exit(3)
    except OSError as error:
        click.echo(f"{action}: {error.filename}: {error.strerror}", err=True)
        sys.exit(2)
    print_text((as_json if format_ == "json" else as_text)(found, done, not_applied))
    sys.exit(not_applied.code if not_applied else 0)
