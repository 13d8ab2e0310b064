"""How repositories are named after the way in which their weights are stored."""

import re
from collections.abc import Mapping

# A word of a name -> the catalogue's quantizations that it can mean, the usual one first; empty: none of them.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "fp8": ("fp8",),
    "nvfp4": ("nvfp4",),
    "fp4": ("nvfp4", "mxfp4"),
    "mxfp4": ("mxfp4",),
    "mxfp8": ("mxfp8",),
    "awq": ("awq",),
    "gptq": ("gptq", "gptq-int8"),
    "int4": ("compressed-tensors-w4a16", "int4", "awq", "gptq"),
    "w4a16": ("compressed-tensors-w4a16", "int4", "awq", "gptq"),
    "4bit": ("bitsandbytes", "compressed-tensors-w4a16", "int4", "awq", "gptq"),
    "int8": ("int8", "gptq-int8"),
    "w8a8": ("int8", "fp8"),
    "w8a16": ("int8", "fp8"),
    "8bit": ("gptq-int8", "int8"),
    "bnb": ("bitsandbytes",),
    "gguf": (),
    "exl2": (),
    "exl3": (),
    "mlx": (),
}
_SPLIT = re.compile(r"[-_./]")


def stored_by_name(repository: str) -> tuple[str, tuple[str, ...]] | None:
    """The words of a repository's name that say how its weights are stored, and the quantizations that fit all of them,
    or any where none fits all. None: the name says nothing."""
    words = [word for word in _SPLIT.split(repository.rpartition("/")[2].lower()) if word in _WORDS]
    if not words:
        return None
    meant = [_WORDS[word] for word in words]
    of_all = tuple(each for each in meant[0] if all(each in other for other in meant))
    of_any = tuple(dict.fromkeys(each for some in meant for each in some))
    return "-".join(words), of_all or of_any
