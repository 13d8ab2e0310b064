"""`status`: what runs, and why not."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.options import format_option, print_error, print_text, prometheus_option, stacks_option

if TYPE_CHECKING:
    from infra.plan.plan import Plan
    from infra.status.look import Looked


@click.command(short_help="What runs of a stack, and why what doesn't run doesn't.")
@click.argument("stack")
@click.argument("model", required=False)
@click.option(
    "--context", metavar="NAME", help="Of your kubeconfig; default: the cluster of the stack file, as its state has it."
)
@prometheus_option()
@format_option("text", "json")
@stacks_option("the stack files")
def status(stack: str, model: str | None, context: str | None, prometheus: str, format_: str, stacks: Path) -> None:
    """How each model of STACK and the gateway are: ready, starting, pending, asleep, paused or failing, for how long
    against the plan, and why, with what to write and what to run next. With MODEL: all that is known of it.

    It reads the cluster by kubectl, and changes nothing; rights to view are enough, and what they don't reach is said.
    Prometheus says in which time first tokens come; a bearer token for it is read from the environment variable
    LLM_PLATFORM_PROMETHEUS_TOKEN.

    Exits 1 when something fails, takes longer than planned, or breaks a promise; 2 when the stack file or an argument
    is wrong; 3 when the cluster, or a promise, could not be checked.
    """
    from infra.cli.plans import read_or_exit
    from infra.cli.progress import waiting
    from infra.cli.usage import prometheus_at
    from infra.live.commands import NotRead
    from infra.registry import cloud_of
    from infra.status.look import look, with_context

    plan = with_context(read_or_exit(stack, stacks), context)
    if model is not None and model not in plan.models:
        raise click.BadParameter(
            f"{stack} has no model {model}; it has {', '.join(sorted(plan.models))}", param_hint="MODEL"
        )
    try:
        with waiting(f"looking at {plan.cluster.name}"):
            looked = look(plan, cloud_of(plan.settings), prometheus_at(prometheus), context)
    except NotRead as error:
        print_error(f"status: {error}\n  With a context of your kubeconfig: llm-platform status {stack} --context NAME")
        sys.exit(3)
    sys.exit(_print(looked, plan, model, format_))


def _print(looked: "Looked", plan: "Plan", model: str | None, format_: str) -> int:
    """The exit code."""
    import json

    from infra.cli import status as command
    from infra.cli.terminal import printable, terminal_width
    from infra.cli.usage import reach

    found = command.only(looked.status, plan, model)
    if format_ == "json":
        print_text(json.dumps(command.data(found, plan, looked.no_answer), indent=2) + "\n")
    else:
        lines = command.lines(found, plan, terminal_width(), whole=model is not None)
        notes = command.notes(found, looked.no_answer, reach(plan), terminal_width())
        print_text(printable("\n".join((*lines, *notes)) + "\n"))
    return command.exit_code(found, plan, looked.no_answer)
