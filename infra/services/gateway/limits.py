"""How many requests a client may have at once and per minute, where the stack file doesn't say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil

from infra.plan.models import ModelPlan
from infra.plan.words import count

MIN_AT_ONCE = 16  # so that callers of a small model can wait for it instead of being refused
ALONE, SHARED = 2.0, 0.5  # of the requests that the models take at once
PER_PLACE = 60  # requests per minute for each at once: as if each took a second


@dataclass(frozen=True)
class Default:
    value: int
    reason: str


def places(model: ModelPlan) -> int:
    """Requests that it computes at once with its maximum of replicas."""
    return max(1, model.takes_at_once or model.concurrency or 1) * max(1, model.replicas.max)


def at_once_of(model: ModelPlan, sharers: int) -> int:
    """Its part of the sum."""
    return max(MIN_AT_ONCE, ceil(places(model) * (SHARED if sharers > 1 else ALONE)))


def at_once(models: Iterable[ModelPlan], sharers: Mapping[str, int]) -> Default:
    """The sum over its models. `sharers`: by model, how many clients may use it."""
    used = sorted(models, key=lambda each: each.name)
    taken = sum(places(each) * (SHARED if sharers.get(each.name, 1) > 1 else ALONE) for each in used)
    value = max(MIN_AT_ONCE, ceil(taken))
    terms = " + ".join(_term(each, sharers.get(each.name, 1)) for each in used)
    if not used:
        return Default(
            MIN_AT_ONCE, "its models are elsewhere, or it has none: what its servers take at once isn't known"
        )
    minimum = f", at least {MIN_AT_ONCE}" if value == MIN_AT_ONCE and taken < MIN_AT_ONCE else ""
    return Default(value, f"{terms}{minimum}: {_why(sharers.get(each.name, 1) > 1 for each in used)}")


def _term(model: ModelPlan, sharers: int) -> str:
    factor = "half of" if sharers > 1 else "twice"
    return f"{factor} the {count(places(model), 'request')} that {model.name} takes at once"


def _why(shared: Iterable[bool]) -> str:
    found = set(shared)
    said = {
        True: "so no client of a shared model takes all of it",
        False: "as many wait as are answered, where no other client asks",
    }
    return "; ".join(said[each] for each in sorted(found, reverse=True))


def per_minute(concurrent: int) -> Default:
    return Default(concurrent * PER_PLACE, f"{PER_PLACE} for each of {concurrent} at once: as if each took a second")
