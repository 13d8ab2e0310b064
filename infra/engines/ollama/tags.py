"""Tags of the Ollama library: those of the catalogue, and the same models in another quantization.

`llama3.1:70b-instruct-q4_K_M` is `llama3.1:70b` in Q4_K_M: its file is parameters x bits per weight.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from infra.catalog import ModelShape, load_catalog
from infra.catalog.load import DATA
from infra.catalog.table import Row, Table, without_mistakes

GIB = 2**30
_TAG = ("tag", "aliases", "params_b", "file_gb", "max_context", "task", "like", "source")
_GGUF = ("name", "bits_per_weight", "source")
_LIKE_A_QUANTIZATION = re.compile(r"(i?q\d|b?f\d|fp\d|mxfp\d)\w*", re.IGNORECASE)


@dataclass(frozen=True)
class Tag:
    """A model of the library."""

    tag: str
    params_b: float
    file_gib: float  # of the download, which is the quantized weights
    max_context: int
    task: Literal["chat", "embed"]
    like: str | None  # the model of the same shape
    quantization: str | None = None  # from which the size was computed; None: the size is published


@dataclass(frozen=True)
class Gguf:
    """A quantization of llama.cpp, which Ollama serves."""

    name: str
    bits_per_weight: float  # of a whole file, with the tensors that it keeps larger


class Tags(Mapping[str, Tag]):
    """Tags by name. It iterates over those of the catalogue, and also finds names that end in a quantization."""

    def __init__(self, tags: Mapping[str, Tag], gguf: Mapping[str, Gguf]) -> None:
        self._tags = tags
        self.methods = gguf

    def __getitem__(self, name: str) -> Tag:
        if name in self._tags:
            return self._tags[name]
        base, method = self._base(name), self.quantization(name)
        if base is None or method is None:
            raise KeyError(name)
        return dataclasses.replace(
            base, tag=name, file_gib=self.file_gib(base.params_b, method), quantization=method.name
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags)

    def __len__(self) -> int:
        return len(self._tags)

    def _base(self, name: str) -> Tag | None:
        """The tag `llama3.1:70b` of the name `llama3.1:70b-instruct-q4_K_M`."""
        while "-" in name.partition(":")[2]:
            name = name.rpartition("-")[0]
            if name in self._tags:
                return self._tags[name]
        return None

    def quantization(self, name: str) -> Gguf | None:
        """The quantization that a tag ends in."""
        wanted = _ending(name).lower()
        return next((method for method in self.methods.values() if method.name.lower() == wanted), None)

    def unknown_quantization(self, name: str) -> str | None:
        """The end of a tag, where it looks like a quantization and isn't a known one."""
        ending = _ending(name)
        return ending if _LIKE_A_QUANTIZATION.fullmatch(ending) and self.quantization(name) is None else None

    @staticmethod
    def file_gib(params_b: float, method: Gguf) -> float:
        return params_b * 1e9 * method.bits_per_weight / 8 / GIB


def _ending(name: str) -> str:
    return name.partition(":")[2].rpartition("-")[2]


@cache
def tags() -> Tags:
    """The tags of the catalogue's data."""
    return without_mistakes(lambda mistakes: read(DATA, load_catalog().models, mistakes))


def read(folder: Path, models: Mapping[str, ModelShape], mistakes: list[str]) -> Tags:
    """Tags by name and by alias: `llama3.2` is `llama3.2:3b`."""
    found: dict[str, Tag] = {}
    for row in Table(folder / "ollama.csv", _TAG, mistakes).rows():
        tag = _tag_of(row, models)
        for name in (tag.tag, *(row.text_or_none("aliases") or "").split()):
            if name in found:
                mistakes.append(f"{row.place}: {name} is there already")
            found[name] = tag
    return Tags(found, Table(folder / "gguf.csv", _GGUF, mistakes).by("name", _gguf_of))


def _gguf_of(row: Row) -> Gguf:
    return Gguf(row.text("name"), row.number("bits_per_weight"))


def _tag_of(row: Row, models: Mapping[str, ModelShape]) -> Tag:
    return Tag(
        tag=row.text("tag"),
        params_b=row.number("params_b"),
        file_gib=row.number("file_gb") * 1e9 / GIB,
        max_context=row.whole("max_context"),
        task=row.one_of("task", "chat", "embed"),
        like=row.known("like", models, "row of models.csv") if row.text_or_none("like") else None,
    )
