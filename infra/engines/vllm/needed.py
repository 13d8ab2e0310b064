"""Arguments without which models of a family don't start, or answer wrong (needed.csv)."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from infra.catalog.load import DATA
from infra.catalog.table import Row, Table, without_mistakes
from infra.engines.model import Dimensions
from infra.engines.vllm.facts import FOLDER

NEEDED = ("pattern", "task", "architectures", "arguments", "template", "dimensions")
TASKS = ("chat", "embed", "rerank")
OWN_FORMAT = "--load-format"  # of Mistral: another copy of the weights
OVERRIDES = "--hf-overrides"


@dataclass(frozen=True)
class Need:
    """What a family needs for a task."""

    pattern: str
    task: str
    architectures: tuple[str, ...]  # of the arguments; empty: any
    arguments: tuple[str, ...]
    template: str | None  # by which a pair becomes the text that the model was trained with
    dimensions: Dimensions | None

    def fits(self, repository: str) -> bool:
        name = repository.lower()
        return fnmatchcase(name if "/" in self.pattern else name.rpartition("/")[2], self.pattern)


@cache
def needs() -> tuple[Need, ...]:
    """In the order of the file."""
    return tuple(without_mistakes(lambda mistakes: read(DATA, mistakes)).values())


@cache
def need_of(repository: str, like: str | None, task: str) -> Need | None:
    """The need of a repository, or else of the known model that it is like."""
    of_task = [each for each in needs() if each.task == task]
    own = (each for each in of_task if each.fits(repository))
    likes = (each for each in of_task if like is not None and "/" not in each.pattern and each.fits(like))
    return next(own, None) or next(likes, None)


def arguments_of(need: Need | None, architecture: str | None, given: Sequence[str]) -> Iterator[str]:
    """Those that the stack file doesn't give itself; `given`: its flags. `architecture`: None where it isn't known."""
    if need is None:
        return
    if not need.architectures or architecture is None or architecture in need.architectures:
        for argument in _flags(need.arguments):
            if argument[0] not in given:
                yield from argument
    if need.template is not None and "--chat-template" not in given:
        yield from ("--chat-template", need.template)


def with_overrides(arguments: Sequence[str], more: Mapping[str, object]) -> list[str]:
    """The engine takes one --hf-overrides, the last: so two become one."""
    if not more:
        return list(arguments)
    flags = dict(_flags(arguments))
    merged = json.dumps({**json.loads(flags.get(OVERRIDES, "{}")), **more})
    return [word for argument in {**flags, OVERRIDES: merged}.items() for word in argument]


def _flags(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each flag of the table has one value."""
    return zip(arguments[::2], arguments[1::2], strict=True)


def read(folder: Path, mistakes: list[str]) -> Mapping[str, Need]:
    def parse(row: Row) -> Need:
        return Need(
            row.text("pattern"),
            row.one_of("task", *TASKS),
            tuple((row.text_or_none("architectures") or "").split()),
            tuple(shlex.split(row.text_or_none("arguments") or "")),
            _template(folder, row),
            _dimensions(row),
        )

    return Table(folder / FOLDER / "needed.csv", NEEDED, mistakes).by("pattern", parse)


def _template(folder: Path, row: Row) -> str | None:
    name = row.text_or_none("template")
    if name is None:
        return None
    path = folder / FOLDER / "templates" / f"{name}.jinja"
    if not path.is_file():
        row.wrong("template", "names no file of templates")
        return None
    return path.read_text(encoding="utf-8")


def _dimensions(row: Row) -> Dimensions | None:
    said = row.text_or_none("dimensions")
    if said is None:
        return None
    sizes = tuple(int(each) for each in said.removesuffix("-").split())
    return Dimensions(sizes, every=said.endswith("-"))
