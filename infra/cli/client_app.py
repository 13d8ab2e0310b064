"""`llm-platform client add`, `rotate` and `revoke`, as typed; `infra.cli.client` does what they say."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from infra.cli.options import InOrder, format_option, print_text, stacks_option


@click.group(cls=InOrder, short_help="Clients of the gateway: each with keys, models and limits that no other shares.")
def client() -> None:
    """Clients of the gateway in a stack file; what belongs to clients is applied at once, and nothing else.

    A key is never shown: the commands say in which Secret it is.
    """


_stacks = stacks_option("the stack files")
_format = format_option("text", "json")
_no_up = click.option("--no-up", is_flag=True, help="Only write the stack file, and say what applies it.")


def _names(_context: click.Context, _option: click.Parameter, value: str) -> Any:
    return value if value == "all" else [each for part in value.split(",") if (each := part.strip())]


@client.command(name="add", short_help="A new client, with its own key.")
@click.argument("stack")
@click.argument("name")
@click.option("--models", metavar="NAMES", default="all", callback=_names, help="Such as a,b; default: all.")
@click.option("--team", metavar="TEAM", help="Who answers for it.")
@click.option("--namespace", metavar="NAME", help="Where its pods run; a Secret with its key is there too.")
@click.option("--requests-per-minute", type=int, metavar="N", help="Default: chosen; plan says why.")
@click.option("--concurrent-requests", type=int, metavar="N", help="Requests at once; default: chosen.")
@_stacks
@_no_up
@_format
def client_add(stack: str, name: str, stacks: Path, no_up: bool, format_: str, **wanted: Any) -> None:
    """Add the client NAME to STACK: its key is made at random, unless the secret clientKey-NAME-1 is set.

    Exits 1 when the plan breaks a rule, 2 when a name or value is wrong (nothing is written), 3 when `pulumi up`
    fails: then the file has the client, and the command to go on is printed.
    """
    _run("add", stack, name, stacks, no_up, format_, _as_written(wanted))


@client.command(name="rotate", short_help="A second key beside the first; the next time, the first one goes.")
@click.argument("stack")
@click.argument("name")
@_stacks
@_no_up
@_format
def client_rotate(stack: str, name: str, stacks: Path, no_up: bool, format_: str) -> None:
    """Give the client NAME of STACK a new key, beside its present key. Run again once its applications have taken the
    new key from the Secret: then the old key goes.

    Exits 1 when the plan breaks a rule, 2 when a name is wrong (nothing is written), 3 when `pulumi up` fails.
    """
    _run("rotate", stack, name, stacks, no_up, format_, {})


@client.command(name="revoke", short_help="The client and all its keys go.")
@click.argument("stack")
@click.argument("name")
@_stacks
@_no_up
@_format
def client_revoke(stack: str, name: str, stacks: Path, no_up: bool, format_: str) -> None:
    """Take the client NAME out of STACK: its keys aren't valid any more.

    Exits 1 when the plan breaks a rule, 2 when a name is wrong or it is the only client (nothing is written), 3 when
    `pulumi up` fails.
    """
    _run("revoke", stack, name, stacks, no_up, format_, {})


def _as_written(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """By the keys of a stack file, in their order there."""
    from infra.services.gateway.section import Client

    known = {field.alias or name: wanted.get(name) for name, field in Client.model_fields.items()}
    return {key: value for key, value in known.items() if value is not None}


def _run(
    action: str, stack: str, name: str, stacks: Path, no_up: bool, format_: str, wanted: Mapping[str, Any]
) -> None:
    from infra.cli import client as command
    from infra.cli.client.edits import NotDone
    from infra.cli.client.words import as_json, as_text
    from infra.cli.layout import Column, table
    from infra.cli.progress import waiting
    from infra.cli.terminal import terminal_width
    from infra.settings.mistakes import BadStackFile
    from infra.stack_file import stack_path

    try:
        with waiting(f"planning {stack} with the change"):
            changed = command.change(action, stack_path(stacks, stack), name, wanted)
        command.write(changed)
    except BadStackFile as mistakes:
        click.echo(mistakes.render(terminal_width()), err=True, nl=False)
        sys.exit(2)
    except NotDone as not_done:
        mistakes = not_done.mistakes
        title = f"client {action}: {len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}; nothing was written\n"
        click.echo(title, err=True)
        click.echo("\n".join(table("", (Column(""),), mistakes, terminal_width())), err=True)
        sys.exit(not_done.code)
    except OSError as error:
        click.echo(f"client {action}: {error.filename}: {error.strerror}; nothing was written", err=True)
        sys.exit(2)
    why_not = "--no-up" if no_up else command.why_not_applied(changed)
    failed = why_not is None and command.apply(changed) != 0
    if failed:
        why_not = "`pulumi up` failed, and the stack file is changed"
    print_text((as_json if format_ == "json" else as_text)(changed, why_not))
    sys.exit(3 if failed else 0)
