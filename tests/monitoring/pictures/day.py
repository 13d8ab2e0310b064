"""The course of six hours of a platform with three incidents in it. Nobody measured it: it is made so that a reader of
the pictures sees what each panel is for. Hours are of the clock."""

import math
import random
from functools import cache

NOW = 15.0
# A second replica of llama-70b finds no node; a rollout of helper has an image that doesn't exist; the
# queue of llama-8b isn't measured any more.
NO_CAPACITY, BAD_ROLLOUT, NO_METRIC = (10.2, 11.1), (12.0, 12.4), (13.3, 14.0)
_LARGE, _FAILING, _SILENT = "llama-70b", "helper", "llama-8b"


def load(model: str, hour: float) -> float:
    """Of the highest: little at night, the highest at one o'clock, a little different each minute."""
    daily = 0.15 + 0.8 * math.exp(-(((hour % 24 - 13) / 4) ** 2))
    by_minute = _walk(model)
    return daily * (0.6 if model == _LARGE else 1) * by_minute[round(hour * 60) % len(by_minute)]


@cache
def _walk(seed: str) -> list[float]:
    dice, found = random.Random(seed), [1.0]
    for _ in range(24 * 60):
        found.append(1 + 0.93 * (found[-1] - 1) + dice.uniform(-0.03, 0.03))
    return found


def late(model: str, hour: float) -> float:
    """How many times as long as usual a first token takes."""
    begin, end = NO_CAPACITY
    return 1 + 9 * min(1.0, (hour - begin) / 0.5) if model == _LARGE and begin <= hour < end + 0.1 else 1.0


def waiting(model: str, hour: float) -> float | None:
    if model == _SILENT and within(NO_METRIC, hour):
        return None
    return round(1.5 * late(model, hour)) if late(model, hour) > 1 else round(max(0.0, 12 * load(model, hour) - 8))


def wanted(model: str, hour: float) -> int:
    return 2 if model == _LARGE and hour >= NO_CAPACITY[0] else 1


def ready(model: str, hour: float) -> int:
    if model == _FAILING and within(BAD_ROLLOUT, hour):
        return 0
    return 2 if model == _LARGE and hour >= NO_CAPACITY[1] else 1


def held(model: str, hour: float) -> float:
    """That wait at the gateway for a first replica."""
    return 0 if ready(model, hour) else round(60 * min(1.0, (hour - BAD_ROLLOUT[0]) / 0.2))


def status_shares(model: str, hour: float) -> dict[str, float]:
    failed = 0.002 if ready(model, hour) else 0.7
    return {"503": failed, "429": 0.01, "200": 1 - 0.01 - failed}


def within(hours: tuple[float, float], hour: float) -> bool:
    return hours[0] <= hour < hours[1]
