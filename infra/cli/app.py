"""`llm-platform COMMAND`. Commands import what they need when they run, so that a light one stays light."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.client_app import client
from infra.cli.engine_help import EngineHelp
from infra.cli.model_app import model
from infra.cli.options import (
    InOrder,
    folder_of,
    format_option,
    print_error,
    print_text,
    prometheus_option,
    stacks_option,
)
from infra.cli.simulate_app import simulate
from infra.cli.smoke_app import smoke
from infra.cli.status_app import status
from infra.cli.try_app import try_
from infra.cli.versions_app import promote, rollback
from infra.cli.weights_app import weights
from infra.project import stacks_folder

if TYPE_CHECKING:
    from infra.catalog import Catalog


@click.group(
    name="llm-platform",
    cls=InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
def main() -> None:
    """LLM Platform: what a stack file of served models makes, needs and costs, before `pulumi up`.

    plan, fit, diff, try and schema work offline: no cloud, no credentials, no Pulumi CLI. Each command has its own
    --help, with its exit codes; 0 is always: done.
    """


@main.command(short_help="The whole plan of a stack: models on GPUs, resources, the bill.")
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
    from infra.cli.terminal import terminal_width
    from infra.settings.mistakes import BadStackFile
    from infra.stack_file import stack_path

    try:
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
        asked = why(planned, why_key) if why_key is not None else None
    except BadStackFile as mistakes:
        click.echo(mistakes.render(terminal_width()), err=True, nl=False)
        sys.exit(2)
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


@main.command(cls=EngineHelp, short_help="Whether a model fits a GPU, what it costs there, and what would make it fit.")
@click.argument("model")
@click.option("--gpu", metavar="NAME", help="GPU, such as L4; one that isn't in the catalogue needs its memory too.")
@click.option("--gpu-memory-gib", metavar="GIB", help="Memory of one GPU, as the engine sees it.")
@click.option("--gpus", metavar="N", help="GPUs that share the model; default: 1.")
@click.option("--instance-type", metavar="TYPE", help="Instance type, instead of a GPU.")
@click.option(
    "--region",
    metavar="REGION",
    help="Region of the cloud: its instance types and prices; default: every type, us-east-1's prices.",
)
@click.option("--engine", metavar="ENGINE", help="{engines}.")
@click.option(
    "--max-model-len",
    metavar="TOKENS",
    help="Of the longest request; default: the longest that the model can take{lengths}.",
)
@click.option("--gpu-memory-utilization", metavar="SHARE", help="Of the memory, 0 to 1; default: the engine's own.")
@click.option(
    "--quantization", metavar="METHOD", help="Such as fp8 or awq; default: as the repository has the weights."
)
@click.option("--kv-cache-dtype", metavar="TYPE", help="Such as fp8; default: auto.")
@click.option("--max-num-seqs", metavar="N", help="Requests in a batch; default: the engine's own for the GPU.")
@click.option("--max-num-batched-tokens", metavar="N", help="Tokens in a batch; default: the engine's own for the GPU.")
@click.option("--adapters", metavar="N", help="LoRA adapters that are served beside the model; default: none.")
@click.option("--adapter-rank", metavar="R", help="The highest rank among the adapters; default: 64.")
@click.option("--speculative-model", metavar="MODEL", help="A small model that proposes tokens; default: none.")
@click.option("--speculative-tokens", metavar="N", help="Tokens that it proposes at once.")
@click.option("--rope-factor", metavar="F", help="Positions stretched by yarn: times the tokens of the training.")
@click.option("--rope-original", metavar="TOKENS", help="Tokens of the training; known of Qwen2.5 and Qwen3.")
@click.option(
    "--engine-version", metavar="VERSION", help="Version of the engine; default: the version that the platform pins."
)
@click.option("--like", metavar="MODEL", help="A known model of the same shape, for an unknown repository.")
@click.option("--concurrency", metavar="N", help="Requests of --max-model-len that must fit at once; default: 1.")
@click.option(
    "--api-price",
    metavar="USD",
    help="Price of a hosted API per million output tokens, prompts included: also says from how many tokens per month"
    " a replica costs less than that API.",
)
@stacks_option("the stack files and the lock of models")
@format_option("text", "json")
def fit(model: str, format_: str, stacks: Path, **given: str | None) -> None:
    """Whether MODEL fits a GPU and what it costs there; with no GPU named, the instance types that serve it,
    the lowest price per replica (its share of a node's GPUs) first.

    MODEL is a repository of Hugging Face, such as Qwen/Qwen3-8B{libraries}.

    Exits 1 when it doesn't fit and 3 when nobody can say, because the engine has no memory model (with --format json
    0: the answer says so); 2 when an argument is wrong.
    """
    from infra.catalog import load_catalog
    from infra.cli.fit import run
    from infra.cli.fit_input import BadInput
    from infra.cli.layout import Column, table
    from infra.cli.terminal import terminal_width

    options = {name.replace("_", "-"): value for name, value in given.items()}
    try:
        text, code = run(model, options, format_, _known(load_catalog(), stacks))
    except BadInput as bad:
        click.echo(f"fit: {len(bad.mistakes)} mistake{'s' if len(bad.mistakes) > 1 else ''}\n", err=True)
        click.echo("\n".join(table("", (Column(""),), bad.mistakes, terminal_width())), err=True)
        sys.exit(2)
    print_text(text)
    sys.exit(code)


main.add_command(model)
main.add_command(client)
main.add_command(promote)
main.add_command(rollback)


@main.command(short_help="What the working tree changes in a stack, against another version.")
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
        from infra.cli.terminal import terminal_width
        from infra.diff.base import BadBase
        from infra.settings.mistakes import BadStackFile

        try:
            with waiting(f"planning {stack} and its base"):
                from infra.cli.diff import run

                text, notes, code = run(stack, base, format_, stacks)
        except BadStackFile as mistakes:
            click.echo(mistakes.render(terminal_width()), err=True, nl=False)
            sys.exit(2)
        except BadBase as bad:
            print_error(f"diff: {bad}")
            sys.exit(2)
        for note in notes:
            click.echo(note, err=True)
        print_text(text)
    sys.exit(code)


main.add_command(simulate)
main.add_command(try_)
main.add_command(smoke)
main.add_command(status)
main.add_command(weights)


@main.command(short_help="Takes up what a `pulumi up` that was cut off left.")
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
    from infra.settings.mistakes import BadStackFile
    from infra.stack_file import stack_path

    try:
        code = command.run(stack_path(stacks_folder(), stack), stack, yes=yes)
    except BadStackFile as mistakes:
        click.echo(mistakes.render(terminal_width()), err=True, nl=False)
        sys.exit(2)
    except NotRead as error:
        click.echo(f"repair: {error}", err=True)
        sys.exit(3)
    sys.exit(code)


@main.command(short_help="Who used what: requests, tokens and dollars by client, team and model.")
@click.argument("stack")
@click.option(
    "--since", default="7d", metavar="PERIOD", help="Hours, days or weeks until now: 12h, 7d, 4w; default: 7d."
)
@prometheus_option()
@format_option("text", "json", "markdown")
@stacks_option("the stack files")
def usage(stack: str, since: str, prometheus: str, format_: str, stacks: Path) -> None:
    """Who used what of STACK: requests, tokens and dollars by client, team and model, what was idle, and the pace
    against the budget.

    It asks the Prometheus that scrapes the platform. A bearer token for it is read from the environment variable
    LLM_PLATFORM_PROMETHEUS_TOKEN.

    Exits 2 when the stack file or the period is wrong, 3 when Prometheus can't be asked.
    """

    from infra.cli import usage as command
    from infra.cli.document import rendered
    from infra.cli.progress import waiting
    from infra.cli.terminal import terminal_width
    from infra.program import plan_of
    from infra.settings.mistakes import BadStackFile
    from infra.stack_file import load_file, stack_path
    from infra.usage.prometheus import NoAnswer

    hours = command.hours_of(since)
    if hours is None:
        raise click.BadParameter(
            f"{since!r} is no period of at most 366 days; write 12h, 7d or 4w", param_hint="--since"
        )
    try:
        planned = plan_of(load_file(stack_path(stacks, stack)))
    except BadStackFile as mistakes:
        click.echo(mistakes.render(terminal_width()), err=True, nl=False)
        sys.exit(2)
    try:
        with waiting(f"asking {prometheus}"):
            found = command.usage_of(planned, command.prometheus_at(prometheus), hours)
    except NoAnswer as error:
        click.echo(f"usage: {error}", err=True)
        click.echo(f"  {command.reach(planned)}", err=True)
        sys.exit(3)
    print_text(rendered(format_, lambda: command.data(found, planned), lambda: command.document(found, planned, hours)))


@main.command(short_help="The JSON Schema of the stack file, or of the outputs.")
@click.argument("what", type=click.Choice(["stack", "outputs"]))
def schema(what: str) -> None:
    """The JSON Schema of the whole stack file, for editors, or of the stack's outputs."""
    import json

    if what == "stack":
        from infra.stack_file import stack_file_schema

        content = stack_file_schema()
    else:
        from infra.outputs import PlatformOutputs

        content = PlatformOutputs.model_json_schema()
    click.echo(json.dumps(content, indent=2))


def _known(catalog: "Catalog", stacks: Path) -> "Catalog":
    """With the models of the lock. Raises BadInput."""
    from infra.cli.fit_input import BadInput
    from infra.models.lock import BadLock, with_lock

    try:
        return with_lock(catalog, stacks)
    except BadLock as bad:
        raise BadInput([(f"{bad.path}: {path}", got) for path, got in bad.mistakes]) from None


@contextmanager
def _named(option: str, write: str) -> Iterator[None]:
    """A file that can't be written is wrong input, under the option that asked for it."""
    try:
        yield
    except OSError as error:
        raise click.BadParameter(f"{error.filename}: {error.strerror}; {write}", param_hint=option) from error
