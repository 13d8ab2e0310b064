"""How each server of a plan is, from what was seen."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from infra.engines import ENGINES
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.status.causes.containers import not_running
from infra.status.causes.nodes import without_node
from infra.status.causes.prefetch import of_weights
from infra.status.causes.running import starting
from infra.status.causes.scaling import NEED_A_REPLICA, of_scaling
from infra.status.causes.volumes import mounting
from infra.status.findings import Cause, FirstToken, ServerStatus, State, Status, once
from infra.status.seen import GATEWAY, MODEL, Pod, Seen, Server, condition
from infra.status.subject import CloudWords, Subject

_GATEWAY = "gateway"  # the name of its Deployment


def assess(plan: Plan, seen: Seen, cloud: CloudWords, first_tokens: Mapping[str, FirstToken]) -> Status:
    """`first_tokens` by server; what isn't there wasn't measured."""
    models = [
        replace(_status(_of_model(plan, seen, cloud, each)), first_token=first_tokens.get(name))
        for name, each in sorted(plan.models.items())
    ]
    gateway = Subject(_GATEWAY, GATEWAY, "gateway", plan, seen, None, cloud)
    by_why = dict.fromkeys(seen.not_read.values())
    not_checked = [f"{', '.join(what for what, why in seen.not_read.items() if why == one)}: {one}" for one in by_why]
    return Status(plan.stack, seen.now, models, _status(gateway), not_checked)


def _of_model(plan: Plan, seen: Seen, cloud: CloudWords, model: ModelPlan) -> Subject:
    words = ENGINES[model.engine].last_words
    return Subject(model.name, MODEL, model.path, plan, seen, model, cloud, words)


def _status(subject: Subject) -> ServerStatus:
    server = subject.seen.server(subject.name)
    if server is None:
        return _without_server(subject)
    if server.wanted == 0:
        return _without_replicas(subject, server)
    return _with_replicas(subject, server)


def _without_server(subject: Subject) -> ServerStatus:
    """`pulumi up` makes a model's Deployment after its weights are there."""
    if subject.seen.not_read.get("Deployments"):
        return ServerStatus(subject.name, "UNKNOWN", 0, _minimum(subject))
    causes = once(of_weights(subject))
    state: State = "FAILING" if any(each.stops for each in causes) else "STARTING" if causes else "ABSENT"
    up = f"pulumi up -s {subject.plan.stack}"
    absent = Cause("absent", "the stack file has it, and the cluster doesn't", f"run: {up}", up)
    return ServerStatus(subject.name, state, 0, _minimum(subject), causes=causes or [absent])


def _without_replicas(subject: Subject, server: Server) -> ServerStatus:
    model = subject.model
    causes = once([*of_weights(subject), *of_scaling(subject)])
    status = ServerStatus(subject.name, "PAUSED", 0, 0, causes=causes)
    if model is not None and model.paused:
        return status
    if model is not None and model.scaling is not None and model.scaling.wakes_seconds:
        return replace(status, state="ASLEEP", wakes_seconds=model.scaling.wakes_seconds)
    return replace(status, state="FAILING", causes=[_too_few(subject, server), *causes])


def _too_few(subject: Subject, server: Server) -> Cause:
    said = f"its Deployment asks for {server.wanted}, and the plan for at least {_minimum(subject)}: changed by hand?"
    command = f"{subject.kubectl} scale deployment {subject.name} --replicas={_minimum(subject)}"
    return Cause("too-few", said, f"run: pulumi up -s {subject.plan.stack}, or the command below", command)


def _minimum(subject: Subject) -> int:
    """The replicas that the plan has at all hours, a model that sleeps 0."""
    return subject.model.replicas.min if subject.model is not None else subject.plan.traffic.replicas


def _with_replicas(subject: Subject, server: Server) -> ServerStatus:
    waiting = _waiting(subject, server)
    by_pod = {each.name: list(_of_pod(subject, each)) for each in waiting}
    of_pods = (cause for each in by_pod.values() for cause in each)
    scaling = (each for each in of_scaling(subject) if server.ready or each.kind not in NEED_A_REPLICA)
    others = (*of_weights(subject), *scaling)
    causes = once((*_of_server(subject, server), *of_pods, *others))
    state = _state(subject, server, waiting, by_pod)
    status = ServerStatus(subject.name, state, server.ready, server.wanted, causes=causes)
    if state == "READY":
        available = condition(server.conditions, "Available")
        return _since(subject, status, available.since if available is not None else None)
    return _timed(subject, status, waiting[0].created if waiting else server.created)


def _waiting(subject: Subject, server: Server) -> list[Pod]:
    """Pods that aren't ready. One that its node put out stays in the list for days beside the pod in its place."""
    found = [each for each in subject.pods if not each.ready and each.phase != "Succeeded"]
    there = [each for each in found if each.phase != "Failed"]
    return there if there or server.ready >= server.wanted else found


def _state(subject: Subject, server: Server, waiting: list[Pod], by_pod: Mapping[str, list[Cause]]) -> State:
    if server.ready >= server.wanted:
        return "READY"
    if subject.seen.not_read.get("pods"):
        return "UNKNOWN"
    with_node = [each for each in waiting if each.node is not None]
    if not waiting or any(cause.stops for each in with_node for cause in by_pod[each.name]):
        return "FAILING"
    return "STARTING" if len(with_node) == len(waiting) else "PENDING"


def _of_server(subject: Subject, server: Server) -> Iterator[Cause]:
    """What its Deployment says itself: that it may make no pods, or that fewer are asked for than planned."""
    refused = condition(server.conditions, "ReplicaFailure")
    if refused is not None and refused.true:
        yield Cause(
            "no-pod",
            f"the cluster makes no pod: {refused.message}",
            "",
            f"{subject.kubectl} describe deployment {server.name}",
        )
    if subject.model is not None and subject.model.paused:
        yield Cause("not-paused", "the stack file pauses it, and it runs", f"run: pulumi up -s {subject.plan.stack}")
    elif server.wanted < _minimum(subject):
        yield _too_few(subject, server)


def _of_pod(subject: Subject, pod: Pod) -> Iterator[Cause]:
    if pod.node is None:
        yield from without_node(subject, pod)
        return
    stopped = [*mounting(subject, pod), *not_running(subject, pod)]
    yield from stopped or starting(subject, pod)


def _since(subject: Subject, status: ServerStatus, since: datetime | None) -> ServerStatus:
    seconds = round((subject.seen.now - since).total_seconds()) if since is not None else None
    return replace(status, since=since, seconds=seconds)


def _timed(subject: Subject, status: ServerStatus, since: datetime) -> ServerStatus:
    """Against the plan's cold start; only a start that is late is looked at by somebody."""
    status = _since(subject, status, since)
    if subject.model is None or status.state not in ("STARTING", "PENDING"):
        return status
    cold = subject.model.cold_start
    late = (status.seconds or 0) > cold.high
    return replace(status, planned_seconds=cold.seconds, late=late)
