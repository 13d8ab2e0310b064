"""`python -m infra COMMAND`. Commands import what they need when they run, so that a light one stays light."""

import atexit
import gc
import sys
from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Plans a stack of served models, offline: no cloud, no credentials, no Pulumi CLI."""


@main.command()
@click.argument("stack")
@click.option("--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Also write manifests/*.yaml, charts.json and resources.json there."
)
@click.option(
    "--stacks",
    type=click.Path(path_type=Path),
    default=Path("stacks"),
    show_default=True,
    help="Where the stack files are.",
)
@click.option("--pin", is_flag=True, help="Write what the program chose into the stack file; comments stay.")
def plan(stack: str, format_: str, out: Path | None, stacks: Path, pin: bool) -> None:
    """The whole plan of STACK: models on GPUs, resources, the bill, what to do before `pulumi up`.

    Exits 1 when the plan breaks a rule (it is printed all the same), 2 when the stack file itself is wrong.
    """
    _never_collect()
    from infra.cli import files, render
    from infra.cli.pin import pin_choices
    from infra.offline import plan_offline
    from infra.settings import BadStackFile

    path = stacks / f"Pulumi.{stack}.yaml"
    try:
        planned = plan_offline(path)
    except BadStackFile as mistakes:
        click.echo(str(mistakes), err=True)
        sys.exit(2)
    if out:
        try:
            files.write(planned, out)
        except OSError as error:
            raise click.BadParameter(
                f"{error.filename}: {error.strerror}; name a folder that can be written", param_hint="--out"
            ) from error
    click.echo(render.render(planned, format_), nl=False)
    if pin:
        click.echo(pin_choices(path, planned.plan), err=True)
    sys.exit(1 if planned.plan.violations else 0)


@main.command()
@click.argument("what", type=click.Choice(["stack", "outputs"]))
def schema(what: str) -> None:
    """The JSON Schema of the whole stack file, for editors, or of the stack's outputs."""
    import json

    if what == "stack":
        from infra.settings.schema import stack_file_schema

        content = stack_file_schema()
    else:
        from infra.outputs import PlatformOutputs

        content = PlatformOutputs.model_json_schema()
    click.echo(json.dumps(content, indent=2))


def _never_collect() -> None:
    """A short run frees next to nothing, and collecting took a third of its time, most of that at exit."""
    gc.disable()
    atexit.register(gc.freeze)
