"""What the users of each model notice: while `pulumi up` runs, and afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from infra.diff.adapters import adapters_changed
from infra.diff.answers import CERTAIN, answers_changed, is_unpinned
from infra.diff.clients import key_changed
from infra.diff.counted_on import abilities_changed, loss_changed
from infra.diff.engine_keys import refuse_the_new_key
from infra.diff.events import AWAY, ELSEWHERE, FEWER, GONE, MOVES, NEW, NOTHING, ROLLOUT
from infra.diff.fallbacks import answers_meanwhile, fallback_changed, fallback_of
from infra.diff.figures import rollout
from infra.diff.load_balancer import reach, recreated
from infra.diff.names import said_by
from infra.diff.nodes import group_of, leaves_the_old, restarts_nodes
from infra.diff.replicas import about, fewer_of, finishes, first_waits, number_changed, scaling_changed, without_scaler
from infra.diff.rollouts import (
    can_start,
    cold_start,
    during_rollout,
    later_rollouts,
    running,
    while_awake,
    without_servers,
)
from infra.diff.schedules import schedule_changed
from infra.diff.services import ground
from infra.diff.spot import spot_changed
from infra.diff.versions import answering, comes, goes, model_of, share_changed
from infra.diff.waiting import Wait, waits, while_waiting
from infra.engines import ENGINES
from infra.engines.engine import Limits
from infra.owner import CLAIM
from infra.plan.words import NO_START, minutes
from infra.registry import owner_of
from infra.services.serving.service import SERVING
from infra.services.weights.service import WEIGHTS
from infra.sides.types import Changes, ResourceChanges, Side, name_of, type_of
from infra.sizing.estimates import held, requests

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_SERVICE = "kubernetes:core/v1:Service"
_ANSWERS = {"repository": "another model answers", "revision": "other weights", CERTAIN: CERTAIN}

_NEVER = f"a new pod {NO_START}: the model doesn't fit, and `pulumi up` refuses the plan"


@dataclass(frozen=True)
class Notice:
    """What one model's users notice."""

    model: str
    event: str
    during: str
    afterwards: tuple[str, ...]
    seconds: int | None = None  # how long it may be away
    starts: bool = True  # False: a new pod doesn't, because the model doesn't fit
    waits: Wait | None = None  # for GPUs that old pods hold
    answered_by: str | None = None  # a model elsewhere, while it has no servers


def notices(old: Side, new: Side, resources: ResourceChanges) -> list[Notice]:
    """Of every model that is there before or after; `nothing` included."""
    found = (_notice(name, old, new, resources) for name in sorted(old.models.keys() | new.models.keys()))
    waiting = waits(old, new, resources)
    return [_answered(_waiting(each, waiting.get(each.model), old, new), old, new) for each in found]


def _waiting(notice: Notice, wait: Wait | None, old: Side, new: Side) -> Notice:
    if wait is None:
        return notice
    instead = answers_meanwhile(old, new, notice.model)
    during = while_waiting(wait, notice.during, instead)
    if not wait.certain:
        return replace(notice, during=during, waits=wait)
    gone = AWAY if instead is None else ELSEWHERE
    event = notice.event if wait.answers or notice.event == NEW else gone
    return replace(notice, event=event, during=during, seconds=None, waits=wait)


def _answered(notice: Notice, old: Side, new: Side) -> Notice:
    """With the model elsewhere that answers for its time without servers."""
    away = notice.event == ELSEWHERE or (notice.event == MOVES and notice.seconds is not None)
    return replace(notice, answered_by=answers_meanwhile(old, new, notice.model)) if away else notice


def noticed(notice: Notice) -> bool:
    return notice.event != NOTHING or bool(notice.afterwards)


def _notice(name: str, old: Side, new: Side, resources: ResourceChanges) -> Notice:
    if name not in new.models and model_of(old, name):
        during, then = goes(old, new, name)
        return Notice(name, NOTHING, during, (then,))
    if name not in old.models and model_of(new, name):
        during, then = comes(new, name, minutes(cold_start(new, name)))
        return Notice(name, NEW, during, (then,), starts=not _never_starts(name, new))
    if name not in new.models:
        instead = renamed(old, new).get(name)
        gone = f"the same model answers as {instead}" if instead else "it is gone"
        other = said_by(name, new)
        during = f"its own servers end: {other} answers" if other else "nothing answers"
        return Notice(name, GONE, f"{during} under its name{'' if other else ' any more'}", (gone,))
    if name not in old.models:
        paused = new.endpoint(name).get("paused")
        first = f"paused: no pod runs{_instead(name, new)}" if paused else _first(name, new)
        return Notice(name, NEW, first, tuple(_offers(new, name)), starts=not _never_starts(name, new))
    event, during, seconds = _during(name, old, new, resources)
    adapters = tuple(adapters_changed(name, old, new, restarts=event not in (NOTHING, FEWER)))
    if adapters and event == NOTHING and not new.endpoint(name).get("paused"):
        during = "nothing restarts"
    starts = event in (NOTHING, FEWER) or not _never_starts(name, new)
    if not starts:
        during, seconds = _NEVER, None
    return Notice(name, event, during, (*_afterwards(name, old, new), *adapters), seconds, starts)


def _instead(name: str, side: Side) -> str:
    """Who answers all requests of a paused model."""
    found = fallback_of(side, name)
    return f": {found[0]} answers in its place" if found else ""


def renamed(old: Side, new: Side) -> dict[str, str]:
    """Models that are gone, and the model of the same settings that is new; where several have them, nobody can say."""
    was, now = (dict(side.platform.get("models") or {}) for side in (old, new))
    gone, come = (
        {name: models[name] for name in models.keys() - others} for models, others in ((was, now), (now, was))
    )
    same = {name: [other for other, each in come.items() if each == settings] for name, settings in gone.items()}
    alone = {name: others[0] for name, others in same.items() if len(others) == 1}
    return {name: other for name, other in alone.items() if [*alone.values()].count(other) == 1}


def _first(name: str, side: Side) -> str:
    if _never_starts(name, side):
        return _NEVER
    if side.models[name]["replicas"]["min"] == 0:
        return f"no replica runs until somebody asks: who comes first waits {first_waits(name, side)}"
    return f"first answers after {about(cold_start(side, name))}"


def _never_starts(name: str, side: Side) -> bool:
    return not can_start(name, side) and not side.endpoint(name).get("paused")


def _during(name: str, old: Side, new: Side, resources: ResourceChanges) -> tuple[str, str, int | None]:
    was, stays = old.endpoint(name).get("paused"), new.endpoint(name).get("paused")
    if was and stays:
        return NOTHING, "nothing: it is paused", None
    cold = cold_start(new, name)
    if was:
        return NEW, f"starts again: {_first(name, new)}", None
    if stays:
        url = _instead(name, new) or ", so its URL answers 503"
        return AWAY, f"paused{url}, and its pods end; {finishes(name, old)}", None
    if fallen := ground(resources):
        what = ", ".join(sorted({type_of(urn).rpartition(":")[2] for urn in fallen}))
        return AWAY, f"down while {what} and every pod are recreated; {about(cold)} once that is done", cold
    deployment = _of(resources, DEPLOYMENT, f"{name}-deployment")
    if any(type_of(urn) == CLAIM and owner_of(urn) is WEIGHTS for urn in resources.replaced):
        text = f"its Deployment and its claim are recreated; {about(cold)} once its weights are downloaded again"
        return *without_servers(name, old, new, f"down: {text}"), None
    if deployment in resources.replaced:
        event, text = without_servers(name, old, new, f"down for {about(cold)}: its Deployment is recreated")
        return event, while_awake(name, old, new, text), cold
    if deployment in resources.removed:
        return *without_servers(name, old, new, "down: its Deployment is removed"), None
    if _of(resources, _SERVICE, f"{name}-service") in resources.replaced:
        return *without_servers(name, old, new, "down for a moment: its Service is recreated"), None
    if (away := _nodes(name, old, new, resources, cold)) is not None:
        event, during, seconds = away
        return event, while_awake(name, old, new, during), seconds
    if refused := refuse_the_new_key(name, old, new, cold):
        return AWAY, while_awake(name, old, new, refused), cold
    if _restarts(resources.changed.get(deployment or "", {})):
        return during_rollout(name, old, new, cold)
    if all(side.endpoint(name).get("base_url") for side in (old, new)) and recreated(old, new, resources):
        return (
            AWAY,
            "unreachable from outside until DNS follows: its load balancer is recreated at another address",
            None,
        )
    fewer = fewer_of(name, old, new)
    return (FEWER, fewer, None) if fewer else (NOTHING, without_scaler(name, old, new) or "nothing", None)


def _nodes(
    name: str, old: Side, new: Side, resources: ResourceChanges, cold: int
) -> tuple[str, str, int | None] | None:
    """What happens to the nodes that the model is on, if it stays there. Without a GPU it is on the system nodes."""
    pool = old.models[name].get("pool")
    if pool != new.models[name].get("pool"):
        return None  # moved by a rollout, before the old nodes go
    touched = (*resources.replaced, *resources.changed, *resources.removed)
    groups = {urn: group for urn in touched if (group := group_of(urn, pool)) is not None}
    one = running(old, name) == 1
    swapped = [group for urn, group in groups.items() if urn in resources.replaced or urn in resources.removed]
    if swapped:
        _, unavailable = rollout(new, name)
        if pool is not None and leaves_the_old(name, old, new) and not unavailable:
            return (
                MOVES,
                f"moves to a new node group without a gap: the new pod starts first, {about(cold)} per replica",
                None,
            )
        made = any(group_of(urn, pool) for urn in (*resources.replaced, *resources.added))
        where = "the new node group is created first" if made else "its other node groups stay"
        text = (
            f"may be down for {about(cold)}, until a new replica is ready: {where}, but {swapped[0].ended_by} doesn't"
            " wait for the replica before it drains and ends the nodes of the old group"
        )
        return MOVES, without_servers(name, old, new, text)[1], cold
    if any(restarts_nodes(urn, resources.changed.get(urn, {})) for urn in groups):
        text = f"its nodes are replaced one by one, if any run: {about(cold)} for each replica"
        down = f"down for {about(cold)}: {text}"
        return (*without_servers(name, old, new, down), cold) if one else (ROLLOUT, text, None)
    return None


def _restarts(changes: Changes) -> bool:
    return any(path.startswith("spec.template.") for path in changes)


def _afterwards(name: str, old: Side, new: Side) -> Iterator[str]:
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
    yield from fallback_changed(name, old, new)
    yield from abilities_changed(name, old, new)
    yield from share_changed(old, new, name)
    if before["fits"] and after["fits"] is False:
        yield "doesn't fit any more"
    if before["max_model_len"] != after["max_model_len"]:
        longer = "; longer ones are refused" if refuses_more(old, new, name) else ""
        yield f"a request has up to {after['max_model_len']:,} tokens, was {before['max_model_len']:,}{longer}"
    whole = after.get("whole_answer_seconds")
    yield from spot_changed(_capacity_of(old, name), _capacity_of(new, name), whole)
    yield from _capacity(before.get("max_concurrency"), after.get("max_concurrency"))
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
    if _gateway(old) and _gateway(new):
        return _gateway(old), _gateway(new)
    return old.endpoint(name), new.endpoint(name)


def _gateway(side: Side) -> Mapping[str, Any]:
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


def _capacity(before: float | None, after: float | None) -> Iterator[str]:
    if before is None or after is None or int(before * 10) == int(after * 10):
        return
    yield f"a replica holds {held(after, 'full-length request')} at once, was {requests(before)}"


def _offers(side: Side, name: str) -> Iterator[str]:
    endpoint = _gateway(side) or side.endpoint(name)
    yield f"at {endpoint.get('base_url') or endpoint.get('base_url_in_cluster')}"


def is_of_a_model(urn: str, type_: str, name: str) -> bool:
    """Whether it is the resource of that type and name that belongs to the models' servers."""
    return type_of(urn) == type_ and name_of(urn) == name and owner_of(urn) is SERVING


def _of(resources: ResourceChanges, type_: str, name: str) -> str | None:
    touched = (*resources.replaced, *resources.changed, *resources.removed)
    return next((urn for urn in touched if is_of_a_model(urn, type_, name)), None)


def refuses_more(old: Side, new: Side, name: str) -> bool:
    """Whether requests that were answered are too long now; some engines cut a prompt instead."""
    limits = ENGINES[engine].limits if (engine := new.models[name]["engine"]) in ENGINES else Limits()
    before, after = (side.models[answering(side, name)]["max_model_len"] for side in (old, new))
    return after < before and not limits.truncates_prompts


def _capacity_of(side: Side, name: str) -> Sequence[str]:
    """The kinds of nodes that its pool may have."""
    return (side.pools.get(side.models[name].get("pool") or "", {}).get("capacity") or "").split(", ")
