"""What the users of a model find once `pulumi up` has ended."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.diff.answers import CERTAIN, answers_changed, is_unpinned
from infra.diff.clients import key_changed
from infra.diff.counted_on import abilities_changed, loss_changed
from infra.diff.fallbacks import fallback_changed, fallback_of
from infra.diff.load_balancer import reach
from infra.diff.older_engine import went_back
from infra.diff.replicas import number_changed, scaling_changed
from infra.diff.rollouts import (
    can_start,
    later_rollouts,
)
from infra.diff.schedules import schedule_changed
from infra.diff.speed import speed_changed
from infra.diff.spot import spot_changed
from infra.diff.versions import answering, share_changed
from infra.diff.windows import windows_changed
from infra.engines import ENGINES
from infra.engines.engine import Limits
from infra.plan.words import count
from infra.sides.types import Changes, Side
from infra.sizing.estimates import held, requests

_ANSWERS = {"repository": "another model answers", "revision": "other weights", CERTAIN: CERTAIN}


def afterwards(name: str, old: Side, new: Side) -> Iterator[str]:
    was, now = old.endpoint(name), new.endpoint(name)
    if now.get("paused") and not was.get("paused"):
        yield f"{_paused(name, new)} until it is unpaused"
    was_at, now_at = _addresses(name, old, new)
    for key, what in (("base_url", "URL"), ("base_url_in_cluster", "URL in the cluster")):
        yield from _url(what, was_at.get(key), now_at.get(key))
    if (reached := reach(new, name)) and reached != reach(old, name):
        alone = reach(old, name) is not None and not reached.public
        yield f"reached from {reached.where}{' alone' * alone}"
    yield from key_changed(name, old, new)
    before, after = (side.models[answering(side, name)] for side in (old, new))
    changed = answers_changed(old, new).get(name, {})
    yield from _answers({what: each for what, each in changed.items() if what != CERTAIN or after["fits"] is not False})
    yield from went_back(name, old, new)
    yield from fallback_changed(name, old, new)
    yield from abilities_changed(name, old, new)
    yield from share_changed(old, new, name)
    if before["fits"] and after["fits"] is False:
        yield "doesn't fit any more"
    if before["max_model_len"] != after["max_model_len"]:
        longer = "; longer ones are refused" if refuses_more(old, new, name) else ""
        yield f"a request has up to {after['max_model_len']:,} tokens, was {before['max_model_len']:,}{longer}"
    whole = after.get("whole_answer_seconds")
    yield from windows_changed(name, old, new)
    yield from spot_changed(_capacity_of(old, name), _capacity_of(new, name), whole)
    yield from _capacity(before, after)
    yield from speed_changed(before, after)
    yield from number_changed(name, old, new)
    yield from scaling_changed(name, old, new)
    if not now.get("paused"):
        yield from schedule_changed(name, old, new)
    if not now.get("paused") and can_start(name, old) and can_start(name, new):
        yield from later_rollouts(name, old, new)
        yield from loss_changed(name, old, new)
    if was.get("timeout_seconds") != now.get("timeout_seconds"):
        yield f"an answer may take {now.get('timeout_seconds')} s, was {was.get('timeout_seconds')} s"


def _paused(name: str, side: Side) -> str:
    found = fallback_of(side, name)
    return f"{found[0]} answers all its requests" if found else "answers 503"


def _addresses(name: str, old: Side, new: Side) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The one URL of the gateway; each model's own where the base is of version 1, whose callers have only that."""
    if gateway_of(old) and gateway_of(new):
        return gateway_of(old), gateway_of(new)
    return old.endpoint(name), new.endpoint(name)


def gateway_of(side: Side) -> Mapping[str, Any]:
    return side.outputs.get("gateway") or {}


def _url(what: str, was: str | None, now: str | None) -> Iterator[str]:
    """A model without one, because there is no gateway, is still reached in the cluster."""
    if was and now and was != now:
        yield f"another {what}: {now}; {was} stops answering"
    elif was and not now:
        yield f"reached in the cluster alone: {was} stops answering"
    elif now and not was:
        yield f"reached from outside the cluster too: {now}"


def _answers(changed: Changes) -> Iterator[str]:
    """What answers under the same name, if it isn't the same. Revision and shape are those of the repository."""
    for what, change in changed.items():
        if what in {"revision", "shape like"} and "repository" in changed:
            continue
        perhaps = "perhaps " * (what == "revision" and is_unpinned(change))
        yield f"{perhaps}{_ANSWERS.get(what, f'another {what}')}: {_said(change.new)}, was {_said(change.old)}"


def _said(value: object) -> str:
    return {True: "yes", False: "no", None: "none"}[value] if value in (True, False, None) else str(value)


def _capacity(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What its cache holds; without one on both sides, what its engine takes. An older program doesn't say that."""
    (was, takes_was), (now, takes) = (
        (side.get("max_concurrency"), side.get("takes_at_once")) for side in (before, after)
    )
    if was is not None and now is not None:
        if requests(was) != requests(now):
            yield f"a replica holds {held(now, 'full-length request')} at once, was {requests(was)}"
    elif takes_was and takes and takes_was != takes and after["fits"] is not False:
        yield f"a replica takes {count(takes, 'request')} at once, was {takes_was}"


def refuses_more(old: Side, new: Side, name: str) -> bool:
    """Whether requests that were answered are too long now; some engines cut a prompt instead."""
    limits = ENGINES[engine].limits if (engine := new.models[name]["engine"]) in ENGINES else Limits()
    before, after = (side.models[answering(side, name)]["max_model_len"] for side in (old, new))
    return after < before and not limits.truncates_prompts


def _capacity_of(side: Side, name: str) -> Sequence[str]:
    """The kinds of nodes that its pool may have."""
    return (side.pools.get(side.models[name].get("pool") or "", {}).get("capacity") or "").split(", ")
