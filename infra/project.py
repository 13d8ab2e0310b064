"""The project's folder. Paths in a stack file are relative to it, wherever the program runs."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def stacks_folder() -> Path:
    """The folder of the stack files; relative to the current folder, if that contains it."""
    stacks = PROJECT / "stacks"
    return stacks.relative_to(Path.cwd()) if stacks.is_relative_to(Path.cwd()) else stacks


class UnreadableFile(Exception):
    """A file can't be read. The message has its full path and the reason."""


def read_text(path: str | Path) -> str:
    """The text of a file of the project. Raises UnreadableFile."""
    full = PROJECT / path
    try:
        return full.read_text(encoding="utf-8")
    except FileNotFoundError:
        reason = "no such file"
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    except ValueError:
        reason = "not UTF-8 text"
    raise UnreadableFile(f"{full}: {reason}")
