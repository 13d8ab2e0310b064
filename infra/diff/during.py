"""What the users of a model notice while `pulumi up` runs."""

from infra.diff.ends import fewer_of, finishes
from infra.diff.engine_keys import refuse_the_new_key
from infra.diff.events import AWAY, FEWER, MOVES, NEW, NOTHING, ROLLOUT
from infra.diff.fallbacks import fallback_of
from infra.diff.figures import rollout
from infra.diff.load_balancer import recreated
from infra.diff.no_node import if_a_node_is_free
from infra.diff.nodes import group_of, leaves_the_old, restarts_nodes
from infra.diff.replicas import about, first_waits, without_scaler
from infra.diff.rollouts import (
    can_start,
    during_rollout,
    running,
    starts_in,
    while_awake,
    without_servers,
)
from infra.diff.services import ground
from infra.diff.windows import at, closed_until, seconds_until
from infra.owner import CLAIM
from infra.plan.words import NO_START
from infra.registry import owner_of
from infra.services.serving.service import SERVING
from infra.services.weights.service import WEIGHTS
from infra.sides.types import Changes, ResourceChanges, Side, name_of, type_of

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_SERVICE = "kubernetes:core/v1:Service"
NEVER = f"a new pod {NO_START}: the model doesn't fit, and `pulumi up` refuses the plan"


def instead_of(name: str, side: Side) -> str:
    """Who answers all requests of a paused model."""
    found = fallback_of(side, name)
    return f": {found[0]} answers in its place" if found else ""


def first_answer(name: str, old: Side, side: Side) -> str:
    if never_starts(name, side):
        return NEVER
    if begins := closed_until(name, side):
        return f"no node before its Capacity Block begins, {at(begins)} UTC: {_waits_in_vain(name, side)}"
    if side.models[name]["replicas"]["min"] == 0:
        return f"no replica runs until somebody asks: who comes first waits {first_waits(name, side)}"
    return f"first answers after {about(starts_in(name, old, side))}{if_a_node_is_free(name, old, side)}"


def _waits_in_vain(name: str, side: Side) -> str:
    """What comes of a pod that has no node for days."""
    if side.models[name]["replicas"]["min"] == 0:
        return "nobody is answered until then"
    return "`pulumi up` waits in vain for its pod until then, and fails"


def never_starts(name: str, side: Side) -> bool:
    return not can_start(name, side) and not side.endpoint(name).get("paused")


def during_up(name: str, old: Side, new: Side, resources: ResourceChanges) -> tuple[str, str, int | None]:
    """The event, what is said of it, and for how many seconds the model may be away."""
    was, stays = old.endpoint(name).get("paused"), new.endpoint(name).get("paused")
    if was and stays:
        return NOTHING, "nothing: it is paused", None
    cold = starts_in(name, old, new)
    if was:
        return NEW, f"starts again: {first_answer(name, old, new)}", None
    if stays:
        url = instead_of(name, new) or ", so its URL answers 503"
        return AWAY, f"paused{url}, and its pods end; {finishes(name, old)}", None
    if begins := closed_until(name, new):
        return _without_nodes(name, old, new, begins)
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


def _without_nodes(name: str, old: Side, new: Side, begins: str) -> tuple[str, str, int | None]:
    """Of a model whose pool has no node until its Capacity Block begins."""
    if closed_until(name, old):
        return NOTHING, f"nothing: it has no node now, and none until {at(begins)} UTC", None
    if old.models[name].get("pool") != new.models[name].get("pool") and not rollout(new, name)[1]:
        vain = _waits_in_vain(name, new)
        return ROLLOUT, f"its new pod has no node until {at(begins)} UTC: {vain}; its old pods answer meanwhile", None
    text = f"down until {at(begins)} UTC, when its Capacity Block begins: it has no node before that"
    return *without_servers(name, old, new, text), seconds_until(begins)


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


def is_of_a_model(urn: str, type_: str, name: str) -> bool:
    """Whether it is the resource of that type and name that belongs to the models' servers."""
    return type_of(urn) == type_ and name_of(urn) == name and owner_of(urn) is SERVING


def _of(resources: ResourceChanges, type_: str, name: str) -> str | None:
    touched = (*resources.replaced, *resources.changed, *resources.removed)
    return next((urn for urn in touched if is_of_a_model(urn, type_, name)), None)
