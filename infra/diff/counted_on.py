"""What applications and people on call count on: what a model's answers can have, and what the loss of a node does."""

from collections.abc import Iterator

from infra.diff.fallbacks import fallback_of
from infra.diff.rollouts import can_start
from infra.sides.types import Side

# By the key of an endpoint: what is said where the model has it no longer, and where it has it now.
_ABILITIES = {
    "tools": ("its answers have no tool calls any more", "its answers can have tool calls"),
    "reasoning": ("thoughts are no longer taken out of its answers", "thoughts are taken out of its answers"),
    "vision": ("it takes no images any more", "it takes images"),
    "json_schema": ("its answers no longer follow a JSON schema", "its answers can follow a JSON schema"),
}
_LOSSES = {
    "serves": "its other replicas go on",
    "restarts": "down until it has started on free GPUs",
    "may_wait": "down until it has started on free GPUs or, where others take those, until the node is back",
    "waits": "down until the node is back",
}

_STOPPED = {  # the loss of a node, a worse one after the other
    "serves": "",
    "restarts": "for a while",
    "may_wait": "perhaps until it is back",
    "waits": "until it is back",
}


def abilities_changed(name: str, old: Side, new: Side) -> Iterator[str]:
    was, now = old.endpoint(name), new.endpoint(name)
    for key, (lost, gained) in _ABILITIES.items():
        if None not in (was.get(key), now.get(key)) and was[key] != now[key]:
            yield gained if now[key] else lost


def loss_changed(name: str, old: Side, new: Side) -> Iterator[str]:
    before, after = _loss(name, old), _loss(name, new)
    if before and after and before != after:
        yield f"if its node is lost: {_said(after, name, new)}, was {_said(before, name, old)}"


def stopped_by_a_loss(name: str, old: Side, new: Side) -> str:
    """For how long the loss of a node stops a model, where that is worse from now on and nobody else answers for it."""
    before, after = _loss(name, old), _loss(name, new)
    if not (before and after and can_start(name, old) and can_start(name, new)) or fallback_of(new, name):
        return ""
    order = list(_STOPPED)
    return _STOPPED[after] if order.index(after) > order.index(before) else ""


def _said(loss: str, name: str, side: Side) -> str:
    back = fallback_of(side, name)
    if back is None or loss == "serves":
        return _LOSSES[loss]
    return f"own servers {_LOSSES[loss]}, and {back[0]} answers"


def _loss(name: str, side: Side) -> str | None:
    """On nodes that exist; an older program may not say it."""
    pool = side.pools.get(side.models[name].get("pool") or "") or {}
    return (pool.get("lose_one") or {}).get(name)
