"""The start of a GGUF file: what its makers say of the model, before the words of its tokenizer."""

import struct
from collections.abc import Mapping
from typing import Any

from infra.models.fields import NotSized

_MAGIC = b"GGUF"
# Type numbers of the format: of one value, by its struct letter; a text and a list have numbers of their type.
_PLAIN = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
_LONGEST = 2**16  # values of a list that is kept; the tokenizer's words are more, and are left out


class _Ended(Exception):
    """The bytes that were read end inside a value."""


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def plain(self, letter: str) -> Any:
        size = struct.calcsize(f"<{letter}")
        return struct.unpack(f"<{letter}", self.bytes(size))[0]

    def bytes(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._content):
            raise _Ended
        found, self._at = self._content[self._at : end], end
        return found

    def text(self) -> str:
        return self.bytes(self.plain("Q")).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind in _PLAIN:
            return self.plain(_PLAIN[kind])
        if kind == _TEXT:
            return self.text()
        if kind != _LIST:
            raise NotSized([("GGUF", f"a value of type {kind}, which the format doesn't have")])
        inner, count = self.plain("I"), self.plain("Q")
        found = [self.value(inner) for _ in range(count)]
        return found if count <= _LONGEST else count


def read_start(content: bytes) -> Mapping[str, Any]:
    """Key -> value, as far as the bytes go; of a long list only how many it has. Raises NotSized."""
    if content[: len(_MAGIC)] != _MAGIC:
        raise NotSized([("GGUF", "the file doesn't begin as a GGUF file does")])
    reader, found = _Reader(content[len(_MAGIC) :]), {}
    try:
        reader.plain("I")  # the format's version
        reader.plain("Q")  # tensors
        for _ in range(reader.plain("Q")):
            key = reader.text()
            found[key] = reader.value(reader.plain("I"))
    except _Ended:
        return found
    return found
