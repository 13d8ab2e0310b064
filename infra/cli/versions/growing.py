"""The server that is about to get all requests first has the replicas for them."""

from dataclasses import dataclass
from typing import Any, Literal

from infra.plan.versions import ALL, ENOUGH, NEXT, server_of_next
from infra.services.serving.next import READY, next_of, says_nothing
from infra.services.serving.replicas_section import Replicas
from infra.services.serving.section import Model

Action = Literal["promote", "rollback"]


@dataclass(frozen=True)
class Growth:
    """A server, and how many of its replicas are ready before more requests come."""

    server: str
    replicas: int


def weight_of(model: Model) -> int:
    return (model.rollout.weight or 0) if model.rollout is not None else 0


def is_empty(model: Model) -> bool:
    """Whether no request can reach the next version: by its share, its client or its header."""
    rollout = model.rollout
    return rollout is None or not (rollout.weight or rollout.clients or rollout.trials)


def growth_of(action: Action, name: str, model: Model) -> Growth | None:
    """What the file says that is grown before requests move."""
    found = _getting(action, model)
    if found is None or found.ready is None:
        return None
    return Growth(server_of_next(name) if action == "promote" else name, found.ready)


def grown(action: Action, model: Model, wanted: int | None) -> tuple[tuple[str, ...], Any] | None:
    """Where the replicas of the server that gets all requests are written, and what is written there; None: it has them
    already. `wanted`: how many are enough; None: as many as it may have."""
    now = _getting(action, model)
    if now is None or now.ready is not None:
        return None
    low, high = _range(action, model)
    ready = min(max(wanted or high, low, 1), high)
    if now.min >= ready or (wanted is None and _answers_enough(action, model) and now.max >= high):
        return None
    if action == "rollback":
        return ("replicas", READY), ready
    return (NEXT, "replicas"), {"min": low, "max": high, READY: ready}


def _getting(action: Action, model: Model) -> Replicas | None:
    """Of the server that gets all requests; None: it has them, or all are promised to it already. While the next
    version answers everything, the model itself scales by the requests of both."""
    if is_empty(model) and action == "rollback":
        return None
    if weight_of(model) == ALL or says_nothing(model):
        return None
    return next_of(model).replicas if action == "promote" else model.replicas


def _range(action: Action, model: Model) -> tuple[int, int]:
    """Between which numbers it scales: all requests need as many replicas as the model may have."""
    own = model.replicas
    if action == "rollback":
        return own.min, own.max
    coming = next_of(model).replicas
    return (coming.min, coming.max) if coming.min >= own.min and coming.max >= own.max else (own.min, own.max)


def _answers_enough(action: Action, model: Model) -> bool:
    if action == "promote":
        return weight_of(model) >= ENOUGH or next_of(model).replicas.min > model.replicas.min
    return ALL - weight_of(model) >= ENOUGH
