"""What commands share: options, their order, how a text gets to stdout, and what a bad stack file ends with."""

import errno
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from infra.project import stacks_folder

_PROMETHEUS = "http://127.0.0.1:9090"


def folder_of(_context: click.Context, _option: click.Parameter, value: str | None) -> Path | None:
    """`Path("")` would be the folder that one is in."""
    if value == "":
        raise click.BadParameter("empty; name a folder")
    return None if value is None else Path(value)


def format_option(*formats: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--format", "format_", type=click.Choice(formats), default="text", help="Of what is printed; default: text."
    )


def stacks_option(what: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--stacks",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=stacks_folder,
        metavar="DIR",
        help=f"Where {what} are; default: stacks/ of the project.",
    )


def prometheus_option(help_: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """With another `help_` nothing is asked where the option is absent."""
    anywhere = f"Where Prometheus answers; default: {_PROMETHEUS}, for `kubectl port-forward`."
    return click.option(
        "--prometheus",
        default=None if help_ else _PROMETHEUS,
        callback=_url_of,
        metavar="URL",
        help=help_ or anywhere,
    )


def _url_of(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.startswith(("http://", "https://")):
        raise click.BadParameter(f"{value!r} is no URL; write {_PROMETHEUS}", param_hint="--prometheus")
    return value


class InOrder(click.Group):
    """Commands in the order in which they are needed, not by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def print_text(text: str) -> None:
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


def print_error(text: str) -> None:
    """To stderr. Lines that are too long are wrapped; the others keep their columns."""
    from infra.cli.layout import wrapped
    from infra.cli.terminal import terminal_width

    width, lines = terminal_width(), text.splitlines()
    parts = (part for line in lines for part in (wrapped(line, width) if len(line) > width else [line]))
    click.echo("\n".join(parts), err=True)


def print_mistakes(command: str, mistakes: Sequence[tuple[str, ...]], then: str = "") -> None:
    """To stderr: what was written, and what is wrong with it. `then`: what follows from them."""
    from infra.cli.layout import Column, table
    from infra.cli.terminal import terminal_width

    click.echo(f"{command}: {len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}{then}\n", err=True)
    click.echo("\n".join(table("", (Column(""),), mistakes, terminal_width())), err=True)


@contextmanager
def bad_file_exits() -> Iterator[None]:
    """Exits 2 with every mistake of a stack file."""
    from infra.cli.terminal import terminal_width
    from infra.settings.mistakes import BadStackFile

    try:
        yield
    except BadStackFile as mistakes:
        click.echo(mistakes.render(terminal_width()), err=True, nl=False)
        sys.exit(2)
