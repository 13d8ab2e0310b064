"""`python -m infra COMMAND`. Commands import what they need when they run, so that a light one stays light."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from infra.project import PROJECT


def _default_stacks() -> Path:
    """The project's own, as short as the folder that one is in allows."""
    stacks = PROJECT / "stacks"
    return stacks.relative_to(Path.cwd()) if stacks.is_relative_to(Path.cwd()) else stacks


def _folder(_context: click.Context, _option: click.Parameter, value: str | None) -> Path | None:
    """`Path("")` would be the folder that one is in."""
    if value == "":
        raise click.BadParameter("empty; name a folder")
    return None if value is None else Path(value)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Plans a stack of served models, offline: no cloud, no credentials, no Pulumi CLI."""


@main.command()
@click.argument("stack")
@click.option("--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.option(
    "--out",
    type=click.Path(),
    callback=_folder,
    help="Also write manifests/*.yaml, charts.json and resources.json there.",
)
@click.option(
    "--stacks",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=_default_stacks,
    show_default="stacks, of the project",
    help="Where the stack files are.",
)
@click.option("--pin", is_flag=True, help="Write what the program chose into the stack file; comments stay.")
def plan(stack: str, format_: str, out: Path | None, stacks: Path, pin: bool) -> None:
    """The whole plan of STACK: models on GPUs, resources, the bill, what to do before `pulumi up`.

    Exits 1 when the plan breaks a rule (it is printed all the same), 2 when the stack file itself is wrong.
    """
    from infra.cli.progress import waiting
    from infra.cli.terminal import terminal_width
    from infra.settings import BadStackFile, stack_path

    try:
        path = stack_path(stacks, stack)
        with waiting(f"planning {stack}"):
            from infra.cli import files
            from infra.cli.pin import pin_choices
            from infra.cli.render import render
            from infra.offline import plan_offline  # brings the SDKs, which take their time too

            planned = plan_offline(path)
    except BadStackFile as mistakes:
        click.echo(mistakes.render(terminal_width()), err=True, nl=False)
        sys.exit(2)
    if out:
        with _named("--out", "name a folder that can be written"):
            files.write(planned, out)
    _print(render(planned, format_))
    if pin:
        with _named("--pin", "the stack file has to be writable"):
            message = pin_choices(path, planned.plan)
        click.echo(message, err=True)
    sys.exit(1 if planned.plan.violations else 0)


@main.command()
@click.argument("stack")
@click.option("--base", required=True, help="A git ref, or the folder of another checkout.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def diff(stack: str, base: str, format_: str) -> None:
    """What the working tree changes in STACK: resources, the bill, what users notice.

    Where nothing changes, stdout stays empty (but for JSON) and a line on stderr says so.

    Exits 1 when a guarded resource is replaced or removed without `allow`, or a rule is broken (the budget is one);
    2 when the base or a stack file is wrong.
    """
    from infra.cli.signals import ended_by_signals

    with ended_by_signals():
        from infra.cli.progress import waiting
        from infra.cli.terminal import terminal_width
        from infra.diff.base import BadBase
        from infra.settings import BadStackFile

        try:
            with waiting(f"planning {stack} and its base"):
                from infra.cli.diff import run

                text, notes, code = run(stack, base, format_)
        except BadStackFile as mistakes:
            click.echo(mistakes.render(terminal_width()), err=True, nl=False)
            sys.exit(2)
        except BadBase as bad:
            click.echo(f"diff: {bad}", err=True)
            sys.exit(2)
        for note in notes:
            click.echo(note, err=True)
        _print(text)
    sys.exit(code)


@main.command()
@click.argument("model")
@click.option("--gpu", help="GPU; one that AWS doesn't have needs its memory too.")
@click.option("--gpu-memory-gib", help="Memory of one GPU, as the engine sees it.")
@click.option("--gpus", help="GPUs that share the model (1).")
@click.option("--instance-type", help="EC2 instance type; the fewest of its GPUs that serve the model.")
@click.option("--region", help="AWS region: its instance types and prices (every type, at prices of us-east-1).")
@click.option("--engine", help="vllm, tgi or ollama.")
@click.option("--max-model-len", help="Tokens of a request (the model's own).")
@click.option("--gpu-memory-utilization", help="Share of the memory that the engine may use (its default).")
@click.option("--quantization", help="How the weights are stored or loaded (as the repository has them).")
@click.option("--kv-cache-dtype", help="auto or fp8.")
@click.option("--max-num-seqs", help="Requests in a batch (the engine's default for the card).")
@click.option("--max-num-batched-tokens", help="Tokens in a batch (the engine's default for the card).")
@click.option("--engine-version", help="Of vLLM (the one that the platform pins).")
@click.option("--concurrency", help="Requests of that length that must fit at once (1).")
@click.option(
    "--api-price",
    help="Of a hosted API: dollars a million output tokens, prompts included; from how many a replica is cheaper.",
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def fit(model: str, format_: str, **given: str | None) -> None:
    """Whether MODEL fits a GPU and what that costs; with none named, every instance type that serves it.

    Exits 1 when it doesn't fit (in JSON 0), 2 when an argument is wrong.
    """
    from infra.catalog import load_catalog
    from infra.cli.fit import run
    from infra.cli.fit_input import BadInput
    from infra.cli.layout import Column, table
    from infra.cli.terminal import terminal_width

    options = {name.replace("_", "-"): value for name, value in given.items()}
    try:
        text, code = run(model, options, format_, load_catalog())
    except BadInput as bad:
        click.echo(f"fit: {len(bad.mistakes)} mistake{'s' if len(bad.mistakes) > 1 else ''}\n", err=True)
        click.echo("\n".join(table("", (Column(""),), bad.mistakes, terminal_width())), err=True)
        sys.exit(2)
    _print(text)
    sys.exit(code)


@main.command()
@click.argument("stack")
@click.option("--yes", is_flag=True, help="Don't ask.")
def repair(stack: str, yes: bool) -> None:
    """Take up what a `pulumi up` of STACK that was cut off left; shows what it found, and asks.

    Exits 1 when you said no or something is left to you, 2 when the stack file is wrong, 3 when the state or the
    cluster can't be read.
    """
    from infra.cli import repair as command
    from infra.cli.terminal import terminal_width
    from infra.live.commands import NotRead
    from infra.settings import BadStackFile, stack_path

    try:
        code = command.run(stack_path(_default_stacks(), stack), stack, yes=yes)
    except BadStackFile as mistakes:
        click.echo(mistakes.render(terminal_width()), err=True, nl=False)
        sys.exit(2)
    except NotRead as error:
        click.echo(f"repair: {error}", err=True)
        sys.exit(3)
    sys.exit(code)


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


@contextmanager
def _named(option: str, write: str) -> Iterator[None]:
    """A file that can't be written is wrong input, under the option that asked for it."""
    try:
        yield
    except OSError as error:
        raise click.BadParameter(f"{error.filename}: {error.strerror}; {write}", param_hint=option) from error


def _print(text: str) -> None:
    """To stdout; a full disk is not exit code 1, which says that a rule is broken."""
    try:
        click.echo(text, nl=False)
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader had enough
            raise
        with suppress(OSError):
            sys.stdout.close()  # or Python writes what is left at exit, and fails again
        click.echo(f"Error: stdout can't be written: {error.strerror}", err=True)
        sys.exit(2)
