"""The source of a repository's files: the hub, or a folder with a copy of them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from infra.models.weights import LENGTH_BYTES, header_length, read_header

COMMIT = re.compile(r"[0-9a-f]{40}")
Header = Mapping[str, tuple[str, tuple[int, ...], int]]


class CannotRead(Exception):
    """Why a repository can't be read, and what to do. It never contains a secret."""

    def __init__(self, why: str, write: str, *, away: bool = False) -> None:
        super().__init__(why)
        self.why, self.write = why, write
        self.away = away  # nobody answered, so a later attempt may succeed


class Source(Protocol):
    """The files of one repository at one commit."""

    @property
    def origin(self) -> str:
        """Where the facts come from, as the lock states it."""
        ...

    @property
    def revision(self) -> str | None:
        """The commit; None if the files don't state it."""
        ...

    @property
    def gated(self) -> bool | None: ...
    @property
    def private(self) -> bool | None: ...
    @property
    def pipeline(self) -> str | None:
        """The hub's word for the model's task."""
        ...

    @property
    def files(self) -> Mapping[str, int | None]:
        """The size of each file in bytes by its name, if it is known."""
        ...

    def text(self, file: str) -> str: ...
    def header(self, file: str) -> Header: ...


class Folder:
    """A folder with a copy of a repository's files. Of the weight files it needs only the first bytes."""

    gated: bool | None = None
    private: bool | None = None
    origin = "a copy of its files"

    def __init__(self, folder: Path, revision: str | None) -> None:
        if not folder.is_dir():
            raise CannotRead(f"{folder}: no such folder", "name the folder that contains the model's config.json")
        self._folder = folder
        self.revision = revision if revision and COMMIT.fullmatch(revision) else _commit_of(folder)
        self.files: Mapping[str, int | None] = {
            str(path.relative_to(folder)): path.stat().st_size
            for path in sorted((*folder.glob("*"), *folder.glob("*/*")))
            if path.is_file()
        }

    @property
    def pipeline(self) -> str | None:
        """The hub's word for the task, from the first lines of README.md."""
        if "README.md" not in self.files:
            return None
        top = self.text("README.md").split("\n---", 1)[0]
        found = re.search(r"^pipeline_tag:\s*([\w-]+)\s*$", top, re.MULTILINE)
        return found[1] if found else None

    def text(self, file: str) -> str:
        try:
            return (self._folder / file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise CannotRead(f"{self._folder / file}: {reason}", "copy the file from the repository") from None

    def header(self, file: str) -> Header:
        try:
            with (self._folder / file).open("rb") as opened:
                length = header_length(opened.read(LENGTH_BYTES), file)
                return read_header(opened.read(length), file)
        except OSError as error:
            raise CannotRead(f"{self._folder / file}: {error.strerror}", "copy the file from the repository") from None


def _commit_of(folder: Path) -> str | None:
    """The commit, where the hub's own downloads store it: in a file next to the others, or as the name of the
    snapshot's folder."""
    if COMMIT.fullmatch(folder.resolve().name):
        return folder.resolve().name
    kept = folder / ".cache" / "huggingface" / "download" / "config.json.metadata"
    try:
        first = kept.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError):
        return None
    return first if COMMIT.fullmatch(first) else None
