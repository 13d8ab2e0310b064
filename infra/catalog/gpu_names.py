"""A GPU by what people and NVIDIA's own labels call it: `A100-80GB`, `nvidia-a100-80gb`, `NVIDIA-A100-SXM4-80GB`."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.catalog.hardware import Gpu

# Words of a product's name that don't distinguish cards of this catalogue.
_NOISE = (
    *("nvidia", "tesla", "geforce", "tensor", "core", "gpu", "generation", "blackwell", "server", "edition"),
    *("se", "shared", "sxm", "sxm2", "sxm3", "sxm4", "sxm5", "sxm6", "ac", "hbm2", "hbm2e", "hbm3", "hbm3e", "rtx"),
)
_MEMORY = re.compile(r"(?<=\w)[\s_-](\d{2,3})\s?g(?:i?b)?(?![a-z0-9])")  # 80GB, 80G; A10G is a name
_BARE_MEMORY = re.compile(r"(?<=\d)[\s_-](16|32|40|48|64|80|96|141)(?!\d)")  # A100-80
# What an engine sees, as part of the memory in the name: 79.2 GiB of 80 GB, 14.7 of 16 with error correction.
_SEEN_MIN, _SEEN_MAX = 0.90, 1.02
# `NVIDIA-A100-SXM4-80GB-MIG-3g.40gb`: the label of nodes whose cards MIG has cut, all alike.
_SLICE = re.compile(r"(?<![a-z0-9])(?:mig(?![a-z])[\s_-]*)?(?:\d+g\.(\d+)gb|(?<=mig))", re.IGNORECASE)
_WITHOUT_PCIE = ("a100", "a30", "l4", "p100", "t4", "v100")  # cards whose forms differ in nothing that is sized here


@dataclass(frozen=True)
class Slice:
    """A share of a card's memory, compute and bandwidth, as MIG cuts it."""

    name: str  # as it is written
    card: Gpu | None  # what it is cut of; None: not known here
    gb: int | None  # the memory in its name; an engine sees a little less


def slice_named(text: str, gpus: Mapping[str, Gpu]) -> Slice | None:
    """The slice that a text names; None: it names whole cards."""
    found = _SLICE.search(text)
    if found is None:
        return None
    cards = gpus_named(text[: found.start()], gpus)
    return Slice(text, cards[0] if cards else None, int(found[1]) if found[1] else None)


def is_shared(text: str) -> bool:
    """Whether a label is that of nodes that offer each card several times, such as `NVIDIA-L4-SHARED`."""
    return text.strip().lower().endswith("-shared")


def card_of_memory(name: str | None, gib: float | None, known: Gpu | None, source: str) -> Gpu:
    """A card known by its memory alone. Nobody knows its speed; its kernels can do what those of `known` can."""
    return Gpu(
        name=name or f"{gib:g} GiB GPU",
        engine_gib=gib,
        bandwidth_gb_s=None,
        bf16_tflops=None,
        fp8_tflops=None,
        compute_capability=known.compute_capability if known else None,
        bf16=known.bf16 if known else True,
        fp8=known.fp8 if known else True,
        source=source,
    )


def gpu_named(text: str, gpus: Mapping[str, Gpu]) -> Gpu | None:
    """The card that a text names; None: no card has that name, cards of several sizes have it, or it is a slice."""
    if slice_named(text, gpus) is not None:
        return None
    if text in gpus:
        return gpus[text]
    found = gpus_named(text, gpus)
    return found[0] if len(found) == 1 else None


def gpus_named(text: str, gpus: Mapping[str, Gpu]) -> list[Gpu]:
    """The cards with the name in a text, and with its memory if the text contains one."""
    name, gib = _parts(text)
    return [gpu for gpu in gpus.values() if _parts(gpu.name)[0] == name and _has(gpu, gib)]


_COUNTED = (
    re.compile(r"(?P<number>\d{1,2})(?:\s*[x×*]\s*|\s+)(?P<name>\D.*)", re.IGNORECASE),  # 2xL4, 2 x L4, 2 L4
    re.compile(r"(?P<name>.*\w)\s*[x×*]\s*(?P<number>\d{1,2})", re.IGNORECASE),  # L4 x2
    re.compile(r"(?P<name>.*\w)\s*\(\s*(?P<number>\d{1,2})x?\s*\)", re.IGNORECASE),  # L4 (2)
)


def counted(text: str, gpus: Mapping[str, Gpu]) -> tuple[int, str] | None:
    """The number and the name of a text such as `2xL4`; None: it has no number of cards, or no known card."""
    if gpus_named(text, gpus):
        return None
    found = (each.fullmatch(text.strip()) for each in _COUNTED)
    pairs = ((int(each["number"]), each["name"].strip()) for each in found if each)
    return next(((number, name) for number, name in pairs if number and gpus_named(name, gpus)), None)


def same_chip(text: str, gpus: Mapping[str, Gpu]) -> Gpu | None:
    """The card that a text names, or one that has its name with another memory: both run the same kernels."""
    named = gpu_named(text, gpus)
    return named or next((gpu for gpu in gpus.values() if _parts(gpu.name)[0] == _parts(text)[0]), None)


_LETTER = re.compile(r"(?<=\d)o")  # A4O: a letter where the zero is


def similar_gpus(text: str, gpus: Mapping[str, Gpu]) -> list[str]:
    """Names that could be written instead: of cards with the memory in the text, or else with the same number in the
    name."""
    name, gib = _parts(text)
    if any(_parts(gpu.name)[0] == name for gpu in gpus.values() if gpu.engine_gib is None):
        return []  # it names that card, whose memory isn't known
    known = [gpu for gpu in gpus.values() if gpu.engine_gib is not None]
    same = [gpu.name for gpu in known if _parts(gpu.name)[0] == name]
    zero = _LETTER.sub("0", name)
    meant = [gpu.name for gpu in known if zero != name and _parts(gpu.name)[0] == zero]
    close = difflib.get_close_matches(name, {_parts(gpu.name)[0] for gpu in known}, n=3, cutoff=0.7)
    return same or meant + [
        gpu.name
        for gpu in known
        if _parts(gpu.name)[0] in close and _has(gpu, gib) and (gib or _number(gpu.name) == _number(text))
    ]


def with_memory(names: Sequence[str], gpus: Mapping[str, Gpu]) -> str:
    """The names to write, each with its memory, because the same name with another memory is another card."""
    if len(names) == 1:
        return f"{names[0]} if it has {gpus[names[0]].engine_gib:.0f} GiB"
    return f"one of {', '.join(f'{name} ({gpus[name].engine_gib:.0f} GiB)' for name in names)}"


def _number(text: str) -> list[str]:
    """The numbers in a name: H800 and H100 are different cards, but A10 for A10G may be a typing mistake."""
    return re.findall(r"\d+", _parts(text)[0])


def _has(gpu: Gpu, gib: int | None) -> bool:
    """A card whose memory isn't known has what its name says; a name without a number says nothing against it."""
    if gib is None:
        return True
    if gpu.engine_gib is None:
        return _parts(gpu.name)[1] in (None, gib)
    return _SEEN_MIN * gib <= gpu.engine_gib <= _SEEN_MAX * gib


def _parts(text: str) -> tuple[str, int | None]:
    """The name without brand words, and the memory that is written beside it."""
    text = text.strip().lower()
    memory = _MEMORY.search(text) or _BARE_MEMORY.search(text)
    if memory is not None:
        text = f"{text[: memory.start()]} {text[memory.end() :]}"
    words = [word for word in re.split(r"[^a-z0-9]+", text) if word not in _NOISE]
    name = re.sub(r"^(nvidia|tesla|geforce)?(rtx)?", "", "".join(words))
    name = re.sub(r"^quadro(rtx)?(?=a\d)", "", name)  # a Quadro RTX 6000 is another card than an RTX A6000
    bare = name.removesuffix("pcie")
    return (bare if bare in _WITHOUT_PCIE else name), int(memory[1]) if memory else None
