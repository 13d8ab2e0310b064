"""How many replicas run, and whether a scaler sets their number."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.plan.words import first_wait, minutes
from infra.sides.types import Side
from infra.sizing.estimates import span

# By whether a scaler set the number before, and sets it now.
_SCALED_OBJECT, _IN_FLIGHT = "kubernetes:keda.sh/v1alpha1:ScaledObject", "in-flight"
_TTFT = "ttftP95Seconds"
_SCALER = {(True, False): "; no scaler changes their number any more", (False, True): "; a scaler sets their number"}


def number_changed(name: str, old: Side, new: Side) -> Iterator[str]:
    before, after = old.models[name]["replicas"], new.models[name]["replicas"]
    if before != after:
        replicas, scaler = in_words(after), _SCALER.get((is_scaled(old.models[name]), is_scaled(new.models[name])), "")
        yield f"{replicas} replica{'s' * (replicas != '1')}, was {in_words(before)}{scaler}"
    now, held = new.endpoint(name).get("held_seconds"), old.endpoint(name).get("held_seconds")
    if now and not held and not new.models[name].get("schedule"):  # else its hours say it
        waits, otherwise = first_waits(name, new), _instead(name, new)
        yield f"while nobody asks it has no replica: who comes first waits {waits} for one to start, or {otherwise}"
    elif held and not now and not new.endpoint(name).get("paused"):
        yield "a replica always runs: nobody waits for one to start"


def scaling_changed(name: str, old: Side, new: Side) -> Iterator[str]:
    """Where the stack file says it: at how many requests another replica starts, and the promise of first tokens."""
    was, now = (_scaling(name, side) for side in (old, new))
    if was == now or not (is_scaled(old.models[name]) and is_scaled(new.models[name])):
        return
    before, after = (_threshold(name, side) for side in (old, new))
    if before and after and before != after:
        yield f"another replica starts when each has more than {after} requests, was {before}"
    seconds, until_now = now.get(_TTFT), was.get(_TTFT)
    if seconds and seconds != until_now:
        yield f"promised: 95 of 100 first tokens within {seconds} s{f', was {until_now} s' if until_now else ''}"
    elif until_now and not seconds:
        yield f"no promise of first tokens any more; it was {until_now} s for 95 of 100"


def _scaling(name: str, side: Side) -> Mapping[str, Any]:
    return ((side.platform.get("models") or {}).get(name) or {}).get("scaling") or {}


def _threshold(name: str, side: Side) -> str | None:
    scaler = side.resource(_SCALED_OBJECT, f"{name}-scaler-scaled-object")
    triggers = scaler["inputs"]["spec"]["triggers"] if scaler else []
    return next((each["metadata"]["threshold"] for each in triggers if each.get("name") == _IN_FLIGHT), None)


def first_waits(name: str, side: Side) -> str:
    """As the plan says it."""
    wakes = side.models[name]["wakes_seconds"] or 0
    return first_wait(side.models[name].get("held_seconds") or wakes, wakes)


def _instead(name: str, side: Side) -> str:
    """What becomes of a request that isn't held that long."""
    fallback = (side.platform.get("models", {}).get(name) or {}).get("fallback")
    to = fallback["to"] if isinstance(fallback, Mapping) else fallback
    return f"is answered by {to}" if to else "gets 503"


def without_scaler(name: str, old: Side, new: Side) -> str:
    """Replicas that a scaler added stay where the stack file has a number that is as large."""
    was, now = old.models[name], new.models[name]
    if not is_scaled(was) or is_scaled(now):
        return ""
    return f"no replica ends: those that run stay, and others start until there are {now['replicas']['max']}"


def is_scaled(model: Mapping[str, Any]) -> bool:
    """An older program doesn't say it."""
    replicas = model["replicas"]
    return model.get("scaled", replicas["min"] < replicas["max"])


def in_words(replicas: Mapping[str, int]) -> str:
    return span(str(replicas["min"]), str(replicas["max"]))


def about(seconds: int) -> str:
    return f"about {minutes(seconds)}"
