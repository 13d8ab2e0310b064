"""`diff`: what the working tree changes in a stack."""

import sys
from pathlib import Path

import click

from infra.cli.options import bad_file_exits, format_option, print_error, print_text, stacks_option


@click.command(short_help="What the working tree changes in a stack, against another version.")
@click.argument("stack")
@click.option("--base", required=True, metavar="REF_OR_DIR", help="A git ref, or the folder of another checkout.")
@format_option("text", "json", "markdown")
@stacks_option("the stack files and the lock of models")
def diff(stack: str, base: str, format_: str, stacks: Path) -> None:
    """What the working tree changes in STACK: resources, the bill, what users notice.

    The base has its stack files at the same place of the project as --stacks. If that folder is in a separate git
    repository, REF is one of that repository; any other folder is compared with stacks/ of the base.

    Where nothing changes, stdout stays empty (but for JSON) and a line on stderr says so.

    Exits 1 when a guarded resource is replaced or removed without `allow`, or a rule is broken (the budget is one);
    2 when the base or a stack file is wrong.
    """
    from infra.cli.signals import ended_by_signals

    with ended_by_signals():
        from infra.cli.progress import waiting
        from infra.diff.base import BadBase

        try:
            with bad_file_exits(), waiting(f"planning {stack} and its base"):
                from infra.cli.diff import run

                text, notes, code = run(stack, base, format_, stacks)
        except BadBase as bad:
            print_error(f"diff: {bad}")
            sys.exit(2)
        for note in notes:
            click.echo(note, err=True)
        print_text(text)
    sys.exit(code)
