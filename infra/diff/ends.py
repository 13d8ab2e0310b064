"""Which replicas end with a change, and how long their answers have."""

from infra.diff.replicas import about, in_words
from infra.plan.words import count
from infra.sides.types import Side


def fewer_of(name: str, old: Side, new: Side) -> str:
    """Replicas above the new maximum end at once, with a scaler or without one; others end only once few requests come,
    as on every day."""
    was, now = old.models[name]["replicas"], new.models[name]["replicas"]
    surely = was["min"] - now["max"]
    if was["max"] <= now["max"]:
        return ""
    if surely <= 0:
        return f"if more than {count(now['max'], 'replica')} run, the others end; {finishes(name, old)}"
    of = f"{'at least ' * (was['min'] != was['max'])}{surely} of {in_words(was)} replicas"
    return f"{of} end{'s' * (surely == 1)}; {finishes(name, old)}"


def finishes(name: str, side: Side) -> str:
    """What a pod does that ends, as its server was started. Nobody takes its node away, so it has as long on spot."""
    seconds = side.models[name].get("drain_seconds")
    time = about(seconds) if seconds else "time"
    return f"each pod takes no new requests, and has {time} for those that it is answering"
