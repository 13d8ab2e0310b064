"""`llm-platform model add`, `update` and `list`, as typed; `infra.cli.model` does what they say."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from infra.cli.options import InOrder, folder_of, format_option, print_mistakes, print_text, stacks_option


@click.group(cls=InOrder, short_help="Facts of models, from their own files into the lock beside the stack files.")
def model() -> None:
    """Facts of models, from their own files into models.lock beside the stack files; plans read it, offline.

    Reads the hub as huggingface_hub does: HF_ENDPOINT names a mirror of it, HF_TOKEN reads private and gated models.
    """


_stacks = stacks_option("the stack files and the lock")


@model.command(name="add", short_help="Reads one model into the lock, at one commit.")
@click.argument("name", metavar="ORG/NAME[@REVISION]")
@click.option("--from", "folder", type=click.Path(), metavar="DIR", callback=folder_of, help="A copy of its files.")
@_stacks
@format_option("text", "json")
def model_add(name: str, folder: Path | None, stacks: Path, format_: str) -> None:
    """Read the model ORG/NAME into the lock: its shape, the size and dtype of its weights, its gate, its commit.

    Of the weights only the headers are read. --from DIR reads a folder where the hub can't be reached: config.json,
    and the safetensors files or their index.

    Exits 2 when the model can't be read or sized (nothing is written), 3 when the hub doesn't answer.
    """
    from infra.cli import model as command

    repository, _, revision = name.partition("@")
    with _model_errors("model add", f"reading {repository}"):
        text = command.add(repository, revision or None, folder, stacks, as_json=format_ == "json")
    print_text(text)


@model.command(name="update", short_help="Reads models again, and shows what changed.")
@click.argument("names", metavar="[ORG/NAME]...", nargs=-1)
@_stacks
def model_update(names: tuple[str, ...], stacks: Path) -> None:
    """Read models of the lock again, all of them or those that are named, at the newest commit of each.

    Exits 2 when one can't be read or sized (nothing is written), 3 when the hub doesn't answer.
    """
    from infra.cli import model as command

    with _model_errors("model update", "reading models"):
        text = command.update(names, stacks)
    print_text(text)


@model.command(name="list", short_help="Models of the lock, and where their facts are from.")
@_stacks
@format_option("text", "json")
def model_list(stacks: Path, format_: str) -> None:
    """The models of the lock, and where the facts of each are from."""
    from infra.cli import model as command
    from infra.cli.terminal import terminal_width

    with _model_errors("model list", "reading the lock"):
        text = command.listed(stacks, terminal_width(), as_json=format_ == "json")
    print_text(text)


@contextmanager
def _model_errors(command: str, doing: str) -> Iterator[None]:
    """What can't be read or sized, on stderr and as an exit code."""
    from infra.cli.progress import waiting
    from infra.models.fields import NotServed, NotSized
    from infra.models.lock import BadLock
    from infra.models.source import CannotRead

    mistakes, code = [], 2
    try:
        with waiting(doing):
            yield
    except CannotRead as error:
        mistakes, code = [(error.why, error.write)], 3 if error.away else 2
    except NotServed as error:
        mistakes = [(field, f"{got}; {error.kind.way('NAME', 'REPOSITORY')}") for field, got in error.mistakes]
    except NotSized as error:
        mistakes = error.mistakes
    except BadLock as error:
        mistakes = [(f"{error.path}: {path}", got) for path, got in error.mistakes]
    except OSError as error:
        mistakes = [(str(error.filename or "the lock"), f"{error.strerror}; nothing was written")]
    if mistakes:
        print_mistakes(command, mistakes)
        sys.exit(code)
