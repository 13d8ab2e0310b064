"""How fast a replica is at full load, on both sides: an estimate, so that a small change of it is none."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.versions import answering
from infra.plan.words import number
from infra.sides.types import Side

TOKENS, DOLLARS = "tokens_per_second", "usd_per_million_output_tokens"
SMALL = 0.1  # of the figure


def speed_of(model: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing of a plan of older code, which doesn't say it; None where nobody knows."""
    full = model.get("speed_full_load")
    tokens = {TOKENS: full["tokens_per_second"][1] if full else None} if "speed_full_load" in model else {}
    return tokens | ({DOLLARS: model[DOLLARS]} if DOLLARS in model else {})


def is_new(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a figure of the speed differs enough to be shown; every other figure is."""
    if key not in (TOKENS, DOLLARS):
        return True
    if key not in before or key not in after:
        return False
    was, now = (each if isinstance(each, list) else [each] for each in (before[key], after[key]))
    if None in (*was, *now):
        return was != now
    return not all(math.isclose(a, b, rel_tol=SMALL) for a, b in zip(was, now, strict=True))


def slower(old: Side, new: Side) -> list[str]:
    """Models whose replicas make fewer tokens per second at full load, and still start."""
    both = {
        name: [side.models[answering(side, name)] for side in (old, new)]
        for name in old.models.keys() & new.models.keys()
    }
    return sorted(name for name, (was, now) in both.items() if now.get("fits") is not False and _is_slower(was, now))


def speed_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    was, now = speed_of(before), speed_of(after)
    if was.get(TOKENS) and now.get(TOKENS) and is_new(TOKENS, was, now):
        yield f"about {number(now[TOKENS])} tokens per second at full load, was {number(was[TOKENS])}"


def _is_slower(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    was, now = speed_of(before), speed_of(after)
    return bool(was.get(TOKENS) and now.get(TOKENS)) and is_new(TOKENS, was, now) and now[TOKENS] < was[TOKENS]
