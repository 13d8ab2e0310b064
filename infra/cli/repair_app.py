"""`repair`: what a `pulumi up` that was cut off left."""

import sys

import click

from infra.cli.options import bad_file_exits
from infra.project import stacks_folder


@click.command(short_help="Takes up what a `pulumi up` that was cut off left.")
@click.argument("stack")
@click.option("--yes", is_flag=True, help="Don't ask.")
def repair(stack: str, yes: bool) -> None:
    """Take up what a `pulumi up` of STACK that was cut off left; shows what it found, and asks.

    Exits 1 when you said no or something is left to you, 2 when the stack file is wrong, 3 when the state or the
    cluster can't be read.
    """
    from infra.cli import repair as command
    from infra.live.commands import NotRead
    from infra.stack_file import stack_path

    try:
        with bad_file_exits():
            code = command.run(stack_path(stacks_folder(), stack), stack, yes=yes)
    except NotRead as error:
        click.echo(f"repair: {error}", err=True)
        sys.exit(3)
    sys.exit(code)
