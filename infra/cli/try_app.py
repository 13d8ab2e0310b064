"""`try`: the planned gateway on this machine."""

import gc
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.options import print_error, stacks_option
from infra.cli.signals import until_a_signal
from infra.project import stacks_folder

if TYPE_CHECKING:
    from infra.plan.plan import Plan


@click.command("try", short_help="The planned gateway on this machine, before stand-ins of the models.")
@click.argument("stack")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, metavar="N", help="Of the gateway; default: 8080; 0: any."
)
@stacks_option("the stack files")
def try_(stack: str, port: int, stacks: Path) -> None:
    """Start the gateway of STACK on this machine: the real Envoy with the plan's configuration, before stand-ins that
    answer at the planned speed. It needs no cluster and no GPU, and is reached from this machine only.

    Prints the address, a client's key and commands to paste. Ctrl-C ends it.

    Exits 0 when it was ended, 1 when the plan breaks a rule, 2 when the stack file is wrong, 3 when Envoy can't run
    here.
    """
    from infra.cli.plans import planned_or_exit
    from infra.tryout.envoy import NotStarted

    gc.enable()  # it runs for hours
    try:
        with until_a_signal():
            _run(planned_or_exit(stack, stacks), port, stacks)
    except NotStarted as error:
        print_error(f"try: {error}")
        sys.exit(3)
    click.echo("\nEnded: Envoy, the stand-ins and their files are gone.")


def _run(plan: "Plan", port: int, stacks: Path) -> None:
    from infra.tryout.run import trying
    from infra.tryout.said import said

    with trying(plan, port) as tried:
        options = (
            "" if stacks.resolve() == stacks_folder().resolve() else f" --stacks {shlex.quote(str(stacks.resolve()))}"
        )
        click.echo(said(plan, tried, options))
        tried.wait()
