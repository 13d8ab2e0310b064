"""`llm-platform client add`, `rotate` and `revoke`, as typed; `infra.cli.client` does what they say."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from infra.cli.options import InOrder, bad_file_exits, format_option, print_mistakes, print_text, stacks_option


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
@click.option("--tokens-per-minute", type=int, metavar="N", help="Of prompts and answers; default: not limited.")
@click.option("--concurrent-requests", type=int, metavar="N", help="Requests at once; default: chosen.")
@_stacks
@_no_up
@_format
def client_add(stack: str, name: str, stacks: Path, no_up: bool, format_: str, **wanted: Any) -> None:
    """Add the client NAME to STACK: its key is made at random, unless the secret clientKey-NAME-1 is set.

    Exits 1 when the plan breaks a rule, 2 when a name or value is wrong (nothing is written), 3 when it can't be
    applied (no Pulumi CLI, or `pulumi up` fails): then the file has the client, and the command to go on is printed.
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

    Exits 1 when the plan breaks a rule, 2 when a name is wrong (nothing is written), 3 when it can't be applied (no
    Pulumi CLI, or `pulumi up` fails).
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

    Exits 1 when the plan breaks a rule, 2 when a name is wrong or the stack needs a client (nothing is written), 3
    when it can't be applied (no Pulumi CLI, or `pulumi up` fails).
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
    from infra.cli.client import NotApplied, apply, change, write
    from infra.cli.client.words import as_json, as_text
    from infra.cli.progress import waiting
    from infra.stack_file import stack_path

    with client_errors(f"client {action}"):
        with waiting(f"planning {stack} with the change"):
            changed = change(action, stack_path(stacks, stack), name, wanted)
        write(changed)
    not_applied = None
    try:
        if no_up:
            raise NotApplied("--no-up", changed.command())
        apply(changed)
    except NotApplied as error:
        not_applied = error
    print_text((as_json if format_ == "json" else as_text)(changed, not_applied))
    sys.exit(not_applied.code if not_applied else 0)


@contextmanager
def client_errors(command: str) -> Iterator[None]:
    """What is wrong, on stderr and as an exit code; then nothing was written."""
    from infra.cli.client.edits import NotDone
    from infra.cli.stack_text import ChangedMeanwhile

    try:
        with bad_file_exits():
            yield
    except NotDone as not_done:
        print_mistakes(command, not_done.mistakes, "; nothing was written")
        sys.exit(not_done.code)
    except ChangedMeanwhile as error:
        click.echo(f"{command}: {error}; nothing was written: run it again", err=True)
        sys.exit(3)
    except OSError as error:
        click.echo(f"{command}: {error.filename}: {error.strerror}; nothing was written", err=True)
        sys.exit(2)
