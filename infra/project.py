"""The project's folder: what the paths of a stack file are relative to, wherever the program is run from."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def stacks_folder() -> Path:
    """Of the stack files; as short as the folder that one is in allows."""
    stacks = PROJECT / "stacks"
    return stacks.relative_to(Path.cwd()) if stacks.is_relative_to(Path.cwd()) else stacks


class UnreadableFile(Exception):
    """The full path that was looked for, and why it can't be read."""


def read_text(path: str | Path) -> str:
    """A text file of the project. Raises UnreadableFile."""
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
