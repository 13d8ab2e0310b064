"""`llm-platform simulate`, as typed; `infra.cli.simulate` does what it says."""

import sys
from pathlib import Path

import click

from infra.cli.options import format_option, print_mistakes, print_text, stacks_option


@click.command(short_help="Traffic on a plan, before `pulumi up`: replicas, waits, lost requests, dollars.")
@click.argument("stack")
@click.option("--traffic", type=click.Path(), metavar="FILE", help="Requests to play: a CSV file, see below.")
@click.option("--model", metavar="NAME", help="Model of all rows of FILE, which then needs no column model.")
@click.option("--pattern", metavar="NAME", help="Instead of FILE: steady, daily or burst; default: daily.")
@click.option("--rate", metavar="R", help="Of a pattern: requests per second in the peak hour, of all models together.")
@click.option("--days", metavar="N", help="Of a pattern: how long; default: 1.")
@click.option("--rollout", "rollouts", multiple=True, metavar="MODEL@HOUR", help="A new version of MODEL at this hour.")
@click.option("--interrupt", "interrupted", multiple=True, metavar="POOL@HOUR", help="A spot node is taken back then.")
@click.option("--seeds", metavar="N", help="Runs, each with other chances; default: 5.")
@format_option("text", "json", "markdown", "svg")
@stacks_option("the stack files")
def simulate(
    stack: str,
    format_: str,
    stacks: Path,
    rollouts: tuple[str, ...],
    interrupted: tuple[str, ...],
    **given: str | None,
) -> None:
    """What callers of STACK would wait, and what its GPUs would cost, under the traffic of a file or a pattern: an
    estimate, before `pulumi up`.

    FILE has the columns time (seconds from the start, or dates), model, input_tokens and output_tokens, and one row
    per request. The columns of Azure's traces (TIMESTAMP, ContextTokens, GeneratedTokens) are read too, with --model.
    HOUR counts from the start of the run; --rollout and --interrupt may be written several times.

    Exits 1 when the plan breaks a rule, 2 when the stack file, the traffic or an option is wrong, 3 when no request is
    for a model with an estimate of its speed.
    """
    from infra.cli import simulate as command
    from infra.cli.document import rendered
    from infra.cli.plans import planned_or_exit
    from infra.cli.progress import waiting
    from infra.cli.simulate_data import data
    from infra.cli.simulate_input import BadQuestion, asked_of
    from infra.planning.planner import trial_of
    from infra.stack_file import load_file, stack_path

    plan = planned_or_exit(stack, stacks)
    try:
        asked = asked_of(given, plan, rollouts, interrupted)
    except BadQuestion as bad:
        print_mistakes("simulate", bad.mistakes)
        sys.exit(2)
    with waiting(f"simulating {stack}"):
        found = command.answer(plan, asked, trial_of(load_file(stack_path(stacks, stack)), plan))
    drawn = command.picture_of(plan, asked, found) if format_ == "svg" else ""
    print_text(
        drawn or rendered(format_, lambda: data(plan, asked, found), lambda: command.document(plan, asked, found))
    )
    sys.exit(0 if found.summary is not None and any(each.requests for each in found.summary.models) else 3)
