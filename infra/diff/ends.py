"""Which replicas end with a change, and how long their answers have."""

from collections.abc import Mapping
from typing import Any

from infra.diff.figures import deployment_of
from infra.diff.replicas import about, in_words
from infra.plan.words import count
from infra.services.serving.cold_start import AFTER_DRAIN
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
    deployment = deployment_of(side, name)
    time = about(_until_killed(deployment) - AFTER_DRAIN) if deployment else "time"
    return f"each pod takes no new requests, and has {time} for those that it is answering"


def _until_killed(deployment: Mapping[str, Any]) -> int:
    """Seconds, from when the gateway sends it nothing more."""
    pod = deployment["inputs"]["spec"]["template"]["spec"]
    sleeps = (each.get("lifecycle", {}).get("preStop", {}).get("sleep", {}) for each in pod["containers"])
    return pod["terminationGracePeriodSeconds"] - max(each.get("seconds", 0) for each in sleeps)
