"""The region that a stack file means where it names none, or one that isn't known."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from infra.settings.mistakes import alike

_NAME = re.compile(r"(?<![a-z0-9-])([a-z]{2}(?:-[a-z]+)+-\d)[a-z]?(?![a-z0-9-])")  # or of one of its zones
_CLOSE = 0.06  # in similarity: `eu-central` may be each of two regions


def regions_meant(
    region: str | None, platform: Any, regions: Mapping[str, Sequence[str]], others: Collection[str] = ()
) -> list[str]:
    """The likeliest first; several where nothing distinguishes them. Of regions that are spelled about as what was
    typed, the one is meant that ARNs, addresses or zone ids in the file name. `others`: regions that exist, and of
    which nothing is known: none is meant instead."""
    if region in regions:
        return [str(region)]
    if region in others:
        return []
    named = [each for each, _ in Counter(_named(platform, regions)).most_common()]
    near = alike(region or "", regions, 0.6)
    best = max(near.values(), default=0.0)
    close = [each for each in named if near.get(each, 0.0) >= best - _CLOSE]
    return close[:1] or [each for each in near if near[each] == best] or named[:1]


def _named(value: Any, regions: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if isinstance(value, str):
        yield from (each for each in _NAME.findall(value) if each in regions)
        yield from (each for each, zones in regions.items() if value in zones)
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _named(each, regions)
