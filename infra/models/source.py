"""Where a repository's files are read from: the hub, or a folder that holds a copy of them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from infra.models.weights import LENGTH_BYTES, header_length, read_header

COMMIT = re.compile(r"[0-9a-f]{40}")
Header = Mapping[str, tuple[str, tuple[int, ...], int]]


class CannotRead(Exception):
    """Why a repository can't be read, and what to do; no secret is in it."""

    def __init__(self, why: str, write: str, *, away: bool = False) -> None:
        super().__init__(why)
        self.why, self.write = why, write
        self.away = away  # nobody answered: another time it may be read


class Source(Protocol):
    """The files of one repository at one commit."""

    @property
    def origin(self) -> str:
        """For the lock: where the facts are from."""
        ...

    @property
    def revision(self) -> str | None:
        """The commit; None where the files don't tell it."""
        ...

    @property
    def gated(self) -> bool | None: ...
    @property
    def private(self) -> bool | None: ...
    @property
    def pipeline(self) -> str | None:
        """The hub's word for the task."""
        ...

    @property
    def files(self) -> Mapping[str, int | None]:
        """Name -> bytes, where that is known."""
        ...

    def text(self, file: str) -> str: ...
    def header(self, file: str) -> Header: ...


class Folder:
    """A copy of a repository's files; of the weights their first bytes are enough."""

    gated: bool | None = None
    private: bool | None = None
    origin = "a copy of its files"

    def __init__(self, folder: Path, revision: str | None) -> None:
        if not folder.is_dir():
            raise CannotRead(f"{folder}: no such folder", "name the folder that holds the model's config.json")
        self._folder = folder
        self.revision = revision if revision and COMMIT.fullmatch(revision) else _commit_of(folder)
        self.files: Mapping[str, int | None] = {
            str(path.relative_to(folder)): path.stat().st_size
            for path in sorted((*folder.glob("*"), *folder.glob("*/*")))
            if path.is_file()
        }

    @property
    def pipeline(self) -> str | None:
        """As the first lines of README.md say it."""
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
    """As the hub's own downloads keep it: beside the files, or as the name of a snapshot's folder."""
    if COMMIT.fullmatch(folder.resolve().name):
        return folder.resolve().name
    kept = folder / ".cache" / "huggingface" / "download" / "config.json.metadata"
    try:
        first = kept.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError):
        return None
    return first if COMMIT.fullmatch(first) else None
