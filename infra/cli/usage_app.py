"""`usage`: who used what."""

import sys
from pathlib import Path

import click

from infra.cli.options import bad_file_exits, format_option, print_text, prometheus_option, stacks_option


@click.command(short_help="Who used what: requests, tokens and dollars by client, team and model.")
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
    from infra.program import plan_of
    from infra.stack_file import load_file, stack_path
    from infra.usage.prometheus import NoAnswer

    hours = command.hours_of(since)
    if hours is None:
        raise click.BadParameter(
            f"{since!r} is no period of at most 366 days; write 12h, 7d or 4w", param_hint="--since"
        )
    with bad_file_exits():
        planned = plan_of(load_file(stack_path(stacks, stack)))
    try:
        with waiting(f"asking {prometheus}"):
            found = command.usage_of(planned, command.prometheus_at(prometheus), hours)
    except NoAnswer as error:
        click.echo(f"usage: {error}", err=True)
        click.echo(f"  {command.reach(planned)}", err=True)
        sys.exit(3)
    print_text(rendered(format_, lambda: command.data(found, planned), lambda: command.document(found, planned, hours)))
