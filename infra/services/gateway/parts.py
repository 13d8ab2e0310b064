"""Envoy's files as ConfigMaps, each of which holds 1 MiB at most."""

from collections.abc import Mapping

# The pods mount all of them, whether they are there or not: a file more changes no pod.
PARTS = tuple(f"files-{letter}" for letter in "abcdefgh")
_HOLDS = 1000 * 1024  # bytes of a part: its names and labels count too


class TooLarge(Exception):
    """The files don't fit, or one of them is larger than a part."""


def in_parts(files: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """Each file in the first part with room, so that a stack has one part as a rule."""
    parts: dict[str, dict[str, str]] = {}
    for name, text in sorted(files.items()):
        room = (part for part in PARTS if _size(parts.get(part, {})) + _size({name: text}) <= _HOLDS)
        part = next(room, None)
        if part is None:
            raise TooLarge(f"{name}: no ConfigMap has room for its {len(text.encode()):,} bytes")
        parts.setdefault(part, {})[name] = text
    return parts


def _size(texts: Mapping[str, str]) -> int:
    return sum(len(name) + len(text.encode()) for name, text in texts.items())
