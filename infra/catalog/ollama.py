"""Tags of the Ollama library: those of the catalogue, and the same models in another quantization.

`llama3.1:70b-instruct-q4_K_M` is `llama3.1:70b` in Q4_K_M: its file is parameters x bits a weight.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

GIB = 2**30
_LIKE_A_QUANTIZATION = re.compile(r"(i?q\d|b?f\d|fp\d|mxfp\d)\w*", re.IGNORECASE)


@dataclass(frozen=True)
class OllamaModel:
    """A tag of the Ollama library."""

    tag: str
    params_b: float
    file_gib: float  # the quantized weights, as downloaded
    max_context: int
    task: Literal["chat", "embed"]
    like: str | None  # the model of the same shape
    source: str
    quantization: str | None = None  # that the file was sized by; None: its size is published


@dataclass(frozen=True)
class Gguf:
    """A quantization of llama.cpp, which Ollama serves."""

    name: str
    bits_per_weight: float  # of a whole file, the tensors that are kept larger included
    source: str


class OllamaTags(Mapping[str, OllamaModel]):
    """By tag. Iterates over the catalogue's own, and finds those that end in a quantization too."""

    def __init__(self, tags: Mapping[str, OllamaModel], gguf: Mapping[str, Gguf]) -> None:
        self._tags = tags
        self._gguf = gguf

    def __getitem__(self, name: str) -> OllamaModel:
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

    def _base(self, name: str) -> OllamaModel | None:
        """`llama3.1:70b` of `llama3.1:70b-instruct-q4_K_M`."""
        while "-" in name.partition(":")[2]:
            name = name.rpartition("-")[0]
            if name in self._tags:
                return self._tags[name]
        return None

    def quantization(self, name: str) -> Gguf | None:
        """The method that a tag ends in."""
        wanted = _ending(name).lower()
        return next((method for method in self._gguf.values() if method.name.lower() == wanted), None)

    def unknown_quantization(self, name: str) -> str | None:
        """What a tag ends in, where it looks like a method and is none of those that are known."""
        ending = _ending(name)
        return ending if _LIKE_A_QUANTIZATION.fullmatch(ending) and self.quantization(name) is None else None

    @staticmethod
    def file_gib(params_b: float, method: Gguf) -> float:
        return params_b * 1e9 * method.bits_per_weight / 8 / GIB


def _ending(name: str) -> str:
    return name.partition(":")[2].rpartition("-")[2]
