"""`plan`: the whole plan of a stack."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from infra.cli.options import bad_file_exits, folder_of, format_option, print_text, stacks_option


@click.command(short_help="The whole plan of a stack: models on GPUs, resources, the bill.")
@click.argument("stack")
@format_option("text", "json", "markdown")
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    callback=folder_of,
    help="Also write manifests/*.yaml (as kubectl takes them), charts.json and resources.json into this folder.",
)
@stacks_option("the stack files")
@click.option("--pin", is_flag=True, help="Also write what the program chose into the stack file; its comments stay.")
@click.option(
    "--why",
    "why_key",
    metavar="KEY",
    help="Instead: why a value or resource is there, what follows and what it costs. KEY: a path (models.chat.gpus), a"
    " name, or a resource's name, type or URN. With --format json: in the plan's key `why`.",
)
def plan(stack: str, format_: str, out: Path | None, stacks: Path, pin: bool, why_key: str | None) -> None:
    """The whole plan of STACK: models on GPUs, resources, the bill, what to do before `pulumi up`.

    STACK is the name of a stack file: `prod` for stacks/Pulumi.prod.yaml. The text is as wide as the terminal.

    Exits 1 when the plan breaks a rule (the whole plan is printed all the same), 2 when the stack file itself is
    wrong: each mistake is named with its line, and nothing is planned.
    """
    from infra.cli.progress import waiting
    from infra.stack_file import stack_path

    with bad_file_exits():
        path = stack_path(stacks, stack)
        with waiting(f"planning {stack}"):
            from infra.cli import files
            from infra.cli.as_json import document
            from infra.cli.document import rendered
            from infra.cli.pin import pin_choices
            from infra.cli.report import report
            from infra.cli.report.why import why_data, why_document
            from infra.cli.why import why
            from infra.offline import plan_offline  # brings the SDKs, which take their time too

            planned = plan_offline(path)
    try:
        asked = why(planned, why_key) if why_key is not None else None
    except KeyError as unknown:
        raise click.BadParameter(unknown.args[0], param_hint="--why") from None
    written = ""
    if out:
        with _named("--out", "name a folder that can be written"):
            written = files.write(planned, out)
    print_text(
        rendered(
            format_,
            lambda: {**document(planned), **({"why": why_data(asked)} if asked else {})},
            lambda: why_document(planned.plan, asked) if asked else report(planned),
        )
    )
    if out:
        click.echo(written, err=True)
    if pin:
        with _named("--pin", "the stack file has to be writable"):
            message = pin_choices(path, planned.plan)
        click.echo(message, err=True)
    sys.exit(1 if planned.plan.violations else 0)


@contextmanager
def _named(option: str, write: str) -> Iterator[None]:
    """A file that can't be written is wrong input, under the option that asked for it."""
    try:
        yield
    except OSError as error:
        raise click.BadParameter(f"{error.filename}: {error.strerror}; {write}", param_hint=option) from error
