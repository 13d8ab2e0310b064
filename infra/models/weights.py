"""The header of a safetensors file: eight bytes with its length, then JSON with each tensor's dtype and place."""

import json
import math
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from infra.models.fields import NotSized

LENGTH_BYTES = 8
LARGEST_HEADER = 100_000_000  # the format's own limit
_POINTER = b"version "
# Types of weights that are counted one by one; others hold several in an element.
_WHOLE = {"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"}
# As the engine knows them: get_spec_layer_idx_from_weight_name, and what its models skip as they load.
_LAYER = re.compile(r"(?:model\.(?:language_model\.)?)?layers\.(\d+)\.")
_MTP = re.compile(r"(?:^|[._])mtp(?:[._]|$)")
_NAMES = {"BF16": "bf16", "F16": "fp16", "F32": "fp32", "F8_E4M3": "fp8", "F8_E5M2": "fp8"}


@dataclass(frozen=True)
class Tensors:
    """The sizes of the tensors in weight files, by the dtype in their headers."""

    gib_by_dtype: Mapping[str, float] = field(default_factory=dict)
    elements: int | None = None  # weights; None: some are packed
    # Those of layers that guess ahead, in GiB and in number; None: the names of the tensors aren't known.
    guessing_gib: float | None = None
    guessing: int = 0

    @property
    def gib(self) -> float:
        return sum(self.gib_by_dtype.values())

    @property
    def dtype(self) -> str | None:
        """The dtype of the largest number of bytes, under the catalogue's name."""
        maximum = max(self.gib_by_dtype, key=lambda name: self.gib_by_dtype[name], default="")
        return _NAMES.get(maximum)


def header_length(start: bytes, file: str) -> int:
    """The length of the JSON that follows the first eight bytes. Raises NotSized."""
    if start.startswith(_POINTER):
        why = "a pointer of Git LFS, and not the file: `git lfs pull`, or leave it out and keep the index"
        raise NotSized([(file, why)])
    if len(start) < LENGTH_BYTES:
        raise NotSized([(file, "too short for the header of a safetensors file")])
    length = struct.unpack("<Q", start[:LENGTH_BYTES])[0]
    if not 0 < length <= LARGEST_HEADER:
        raise NotSized([(file, f"says that its header has {length:,} bytes: no safetensors file")])
    return length


def read_header(text: bytes, file: str) -> Mapping[str, tuple[str, tuple[int, ...], int]]:
    """The dtype, shape and bytes of each tensor by its name. Raises NotSized."""
    try:
        said = json.loads(text)
        return {name: _tensor(each) for name, each in said.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotSized([(file, "its header isn't that of a safetensors file")]) from None


def _tensor(said: Mapping[str, object]) -> tuple[str, tuple[int, ...], int]:
    shape, offsets = said["shape"], said["data_offsets"]
    if not isinstance(shape, list) or not isinstance(offsets, list):
        raise TypeError
    start, end = map(int, offsets)
    if end < start:
        raise ValueError
    return str(said["dtype"]), tuple(map(int, shape)), end - start


def guesses(name: str, layers: int | None) -> bool:
    """Whether a tensor is of a layer that guesses ahead: one behind the last of `layers`, or of a part of that name.
    `layers`: None where config.json counts no layer that guesses."""
    found = _LAYER.match(name)
    return (layers is not None and found is not None and int(found[1]) >= layers) or _MTP.search(name) is not None


def counted(
    headers: Iterable[Mapping[str, tuple[str, tuple[int, ...], int]]], is_guessing: Callable[[str], bool]
) -> Tensors:
    """The tensors of all files together."""
    size: Counter[str] = Counter()
    elements, packed, guessing, guessing_bytes = 0, False, 0, 0
    for header in headers:
        for name, (dtype, shape, length) in header.items():
            size[dtype] += length
            number = math.prod(shape)
            elements += number
            packed = packed or (dtype not in _WHOLE and len(shape) > 1)
            if is_guessing(name):
                guessing, guessing_bytes = guessing + number, guessing_bytes + length
    by_dtype = {dtype: length / 2**30 for dtype, length in sorted(size.items())}
    return Tensors(by_dtype, None if packed else elements, guessing_bytes / 2**30, guessing)
