"""The model that an unknown name was meant to be."""

import re
from collections.abc import Iterable, Mapping

from infra.settings.mistakes import nearest

_SIZELESS = 0.8  # how similar a name without a size has to be
_FEW = 4  # names that a message proposes
_TYPED = 0.8  # how similar a mistyped word is
_SIZE = re.compile(r"\d+(?:\.\d+)?[bm]\b")  # in a model's name
_ANY_CHAT = {"instruct", "chat", "it", "hf"}


def meant(name: str, known: Mapping[str, object], sample: str, otherwise: str = "") -> str:
    """What to write for an unknown name. A similar name with the same size and of the same words is probably meant;
    with another size it is another model."""
    same = next((each for each in known if _letters(each, name) == _letters(name, name)), None)
    same = same or _without_unit(name, known) or _without_dots(name, known)
    near = [same] if same else _near(name, known)
    others = [] if same else other_sizes(name, known)
    alike = [each for each in near if _sizes(each) == _sizes(name) and not _dropped(each, name)]
    close = same or min(alike, key=lambda each: _others(each, name), default=None)
    longer = [] if same or others or _sizes(name) else _longer(name, known)
    if len(longer) > 1:
        return f"write one of {', '.join(longer)}" + (f"; or {otherwise}" if otherwise else "")
    close = next(iter(longer), close)
    if close and not others:
        return f"did you mean {close}?" + (f" Else {otherwise}" if otherwise else "")
    if not (others or sample):
        return otherwise
    sizes = "its other sizes" if _sizes(name) else "its sizes"
    write = f"write one of {sizes}, {' or '.join(others)}" if others else f"write a known one, e.g. {sample}"
    return write + (f"; or {otherwise}" if otherwise else "")


def other_sizes(name: str, known: Iterable[str]) -> list[str]:
    """Known names that are the same but for the size that they say."""
    return [each for each in known if _sizes(each) != _sizes(name) and _family(each) == _family(name)]


def same_size(name: str, known: Iterable[str]) -> list[str]:
    """Known names of other models of the size that it says, the nearest name first."""
    found = [each for each in known if _sizes(each) == _sizes(name) and _sizes(name)]
    return sorted(found, key=lambda each: _others(each, name))


def _letters(known: str, name: str) -> str:
    """A known name without its marks, and without its owner where none was typed: llama3.2-3b is llama3.2:3b."""
    return re.sub(r"[^a-z0-9.]", "", (known if "/" in name else known.rpartition("/")[2]).lower())


def _longer(name: str, known: Iterable[str]) -> list[str]:
    """Known names of which a name is the first words, with its owner or without it, the shortest first; only that one
    where the others are the same with more said."""
    start = re.compile(rf"{re.escape(name)}(?![a-z0-9])", re.IGNORECASE)
    begin = (each for each in known if start.match(each if "/" in name else each.rpartition("/")[2]))
    found = sorted(begin, key=lambda each: len(each.rpartition("/")[2]))
    return found[:1] if all(each.startswith(found[0]) for each in found) else found[:_FEW]


def _near(name: str, known: Iterable[str]) -> list[str]:
    """A name without its owner is like the ends of others."""
    ends = {each.rpartition("/")[2] if "/" not in name else each: each for each in known}
    return [ends[each] for each in nearest(name, ends, len(ends), 0.55 if _sizes(name) else _SIZELESS)]


def _others(known: str, name: str) -> tuple[int, int]:
    """Words of a known name that nobody wrote, such as VL of another kind of model; then words that it lacks."""
    there, written = (re.split(r"[-/:]", each.lower()) for each in (known, name))
    return _not_among(there, written), _not_among(written, there)


def _dropped(known: str, name: str) -> set[str]:
    """Words that say which model it is, such as Coder, and that a known name lacks."""
    there, written = (re.split(r"[-:_]", each.lower().rpartition("/")[2]) for each in (known, name))
    return {each for each in written if not nearest(each, there, 1, _TYPED)} - _ANY_CHAT


def _not_among(words: list[str], others: list[str]) -> int:
    return sum(not nearest(each, others, 1, _TYPED) for each in words)


def _without_unit(name: str, known: Iterable[str]) -> str | None:
    """The shortest known name of which a name is the start, up to its size without the unit: llama3.2:1 of 1b."""
    start = re.compile(rf"{re.escape(name.lower())}[bm]\b") if name[-1:].isdigit() else None
    return min((each for each in known if start and start.match(each.lower())), key=len, default=None)


def _without_dots(name: str, known: Iterable[str]) -> str | None:
    """The one known name that a name is but for its dots: DeepSeek-V3-1 of V3.1. Qwen3-17B isn't 1.7B: a size is no
    mark."""
    plain = _letters(name, name).replace(".", "")
    found = [each for each in known if _letters(each, name).replace(".", "") == plain and _sizes(each) == _sizes(name)]
    return found[0] if len(found) == 1 else None


def _family(name: str) -> str:
    return _SIZE.sub("", name.lower()).rstrip("-:")


def _sizes(name: str) -> list[str]:
    return _SIZE.findall(name.lower())
