"""Why a pod has no node: what the scheduler says of the nodes that are there, and what the cluster autoscaler or
Karpenter says of those that aren't yet."""

import re
from collections.abc import Iterator, Mapping

from infra.plan.words import count
from infra.status.causes.scheduling import by_scheduler
from infra.status.causes.volumes import of_message, unbound
from infra.status.findings import Cause
from infra.status.seen import Event, NodeGroup, Pod
from infra.status.subject import Subject

_SCHEDULER, _AUTOSCALER, _KARPENTER = "default-scheduler", "cluster-autoscaler", "karpenter"
_NO_CAPACITY = "InsufficientCapacityError"
_SOON = 60  # seconds
_SETUP = re.compile(r"pod triggered scale-up: \[(.*)\]")


def without_node(subject: Subject, pod: Pod) -> Iterator[Cause]:
    """Of a pod that waits for one."""
    claims = list(unbound(subject, pod))
    yield from claims or _why_no_node(subject, pod)


def _why_no_node(subject: Subject, pod: Pod) -> Iterator[Cause]:
    scheduler = next(iter(subject.seen.about("Pod", pod.name, "FailedScheduling", source=_SCHEDULER)), None)
    said = scheduler.message if scheduler else _condition_of(pod)
    if not said:
        yield Cause("no-event", "it has no node, and no event says why", command=subject.describe(pod))
        return
    by_volume = list(of_message(subject, said))
    found = by_volume or [*_by_autoscaler(subject, pod), *_by_karpenter(subject, pod)]
    if not found and _is_young(subject, pod):
        yield Cause(
            "node-coming",
            "no node has room, and no autoscaler has said anything yet",
            "",
            subject.describe(pod),
            stops=False,
        )
        return
    yield from found or by_scheduler(subject, pod, said)


def _is_young(subject: Subject, pod: Pod) -> bool:
    """Where somebody makes nodes, who may not have looked yet."""
    pool = subject.pool
    return pool is not None and not pool.existing and (subject.seen.now - pod.created).total_seconds() < _SOON


def _condition_of(pod: Pod) -> str:
    """Events are kept for 60 minutes; the condition stays."""
    return next((each.message for each in pod.conditions if each.type == "PodScheduled" and each.true is False), "")


def _by_autoscaler(subject: Subject, pod: Pod) -> Iterator[Cause]:
    events = subject.seen.about("Pod", pod.name, "NotTriggerScaleUp", "TriggeredScaleUp", source=_AUTOSCALER)
    groups = _groups_of(subject)
    if groups:
        yield from (_refused(subject, each.message or each.code, each.name) for each in groups)
    elif events:
        yield from _event_of_autoscaler(subject, events[0], pod)


def _groups_of(subject: Subject) -> list[NodeGroup]:
    """The groups of its pool that wait after a failure."""
    pool = subject.pool.name if subject.pool is not None else None
    return [each for each in subject.seen.groups if pool is not None and _pool_of(each.name, subject) == pool]


def _pool_of(group: str, subject: Subject) -> str | None:
    """A group's name has the pool's in it; the longest counts, where one pool's name begins with another's."""
    words = f"-{group}-"
    return max((each for each in subject.plan.pools if f"-{each}-" in words), key=len, default=None)


def _event_of_autoscaler(subject: Subject, event: Event, pod: Pod) -> Iterator[Cause]:
    pool = subject.pool
    if event.reason == "TriggeredScaleUp":
        found = _SETUP.search(event.message)
        yield Cause(
            "node-coming",
            f"a node is being made ({found[1] if found else event.message})",
            "",
            subject.describe(pod),
            stops=False,
        )
    elif "in backoff after failed scale-up" in event.message:
        yield _refused(subject, "", "")
    elif "max node group size reached" in event.message and pool is not None:
        yield _at_maximum(subject)
    elif "max cluster" in event.message:
        said = f"the cluster autoscaler's own limit is reached: {event.message}"
        fix = "raise its --max-nodes-total, --cores-total, --memory-total or --gpu-total"
        yield Cause("autoscaler-limit", said, fix, subject.describe(pod))
    else:
        yield from _no_group_would_do(subject, event, pod)


def _at_maximum(subject: Subject) -> Cause:
    pool = subject.pool
    assert pool is not None
    return Cause(
        "pool-maximum",
        f"pool {pool.name} has its maximum of {count(pool.max, 'node')}",
        f"gpuPools.{pool.name}.max: {pool.max + 1}, or a smaller maximum of replicas of a model there",
        f"llm-platform plan {subject.plan.stack}",
    )


def _no_group_would_do(subject: Subject, event: Event, pod: Pod) -> Iterator[Cause]:
    """What the autoscaler says of the nodes that it could make is what the scheduler says of those that are there."""
    said = event.message.partition(":")[2].strip()
    if not said:
        yield Cause(
            "no-node-group",
            "the cluster autoscaler knows no group of nodes: its cluster name and the groups' tags differ",
            "for nodes that this stack makes: `pulumi up` sets both; else the tags of the group",
            f"{subject.plan.cluster.kubectl} -n {subject.plan.addons['clusterAutoscaler'].namespace} get configmap"
            " cluster-autoscaler-status -o yaml",
        )
        return
    yield Cause(
        "no-node-would-do",
        f"the cluster autoscaler makes no node, because the pod would not run on it: {said}",
        _pool_fix(subject),
        subject.describe(pod),
    )


def _pool_fix(subject: Subject) -> str:
    pool = subject.pool
    if pool is None:
        return "larger nodes for pods without a GPU"
    if pool.existing:
        return f"gpuPools.{pool.name}.existing: selector, tolerations and gpusPerNode have to be those of its nodes"
    return f"run `pulumi up -s {subject.plan.stack}`: the group's labels, taints and type may be older than the plan"


def _by_karpenter(subject: Subject, pod: Pod) -> Iterator[Cause]:
    failed = _refusals_of_karpenter(subject, pod)
    event = next(iter(subject.seen.about("Pod", pod.name, "FailedScheduling", "Nominated", source=_KARPENTER)), None)
    if failed is not None and (event is None or failed.last >= event.last or event.reason == "Nominated"):
        yield _refused(subject, failed.message, "")
    elif event is not None and event.reason == "Nominated":
        yield Cause("node-coming", f"a node is being made ({event.message})", "", subject.describe(pod), stops=False)
    elif event is not None:
        yield _declined(subject, event, pod)


def _refusals_of_karpenter(subject: Subject, pod: Pod) -> Event | None:
    """The newest failure to make a node, since there is the pod. The object that it is about is gone by then, and
    nobody knows for which pod it was: one counts that speaks of the pool's instance types, or names none."""
    types = subject.pool.instance_types if subject.pool is not None else ()
    found = (each for each in reversed(subject.seen.events) if each.reason == _NO_CAPACITY and each.last >= pod.created)
    return next((each for each in found if not types or _speaks_of(each.message, types)), None)


def _speaks_of(message: str, types: tuple[str, ...]) -> bool:
    named = re.findall(r"\b[a-z]\w*\d\w*\.(?:\d*xlarge|metal|large|medium)\b", message)
    return not named or any(each in types for each in named)


def _declined(subject: Subject, event: Event, pod: Pod) -> Cause:
    if "exceed limits for nodepool" in event.message or "limits have been exhausted" in event.message:
        said = f"Karpenter's own limit of the node pool is reached: {event.message}"
        return Cause("autoscaler-limit", said, "raise spec.limits of that NodePool", subject.describe(pod))
    said = f"Karpenter makes no node: {event.message}"
    return Cause("no-node-would-do", said, _pool_fix(subject), subject.describe(pod))


def _refused(subject: Subject, message: str, group: str) -> Cause:
    """The cloud made no node: for want of capacity, for a quota, or nobody here knows for which of them."""
    words: Mapping[str, str] = subject.cloud.refusals
    kind = next((kind for word, kind in words.items() if word in message), "no-node")
    every = f"{subject.plan.cluster.kubectl} get events -A --field-selector type=Warning"
    command = (subject.cloud.command(group) if group else "") or every
    said = f": {message.strip()}" if message.strip() else ""
    pool, where = subject.pool, _where(subject)
    if kind == "quota":
        return Cause(
            kind, f"the account's quota has no room for another node of {where}{said}", _quota_fix(subject), command
        )
    if kind == "no-capacity":
        return Cause(kind, f"the cloud has no capacity for {where}{said}", _capacity_fix(subject), command)
    name = pool.name if pool is not None else "the pods' nodes"
    both = f"no node of {name} could be made ({where}): no capacity, or a quota; the autoscaler doesn't say which{said}"
    return Cause(kind, both, _capacity_fix(subject), command)


def _where(subject: Subject) -> str:
    pool = subject.pool
    if pool is None:
        return "its nodes"
    what = ", ".join(pool.instance_types) or f"pool {pool.name}"
    spot = f" ({' to '.join(pool.kinds)})" if pool.steps else " on spot" if pool.capacity == "spot" else ""
    return f"{what}{spot} in {', '.join(pool.zone_ids)}" if pool.zone_ids else f"{what}{spot}"


def _capacity_fix(subject: Subject) -> str:
    pool = subject.pool
    if pool is None:
        return "wait, or nodes of another type"
    other = f"a second pool with another instance type, and {subject.path}.pool with its name"
    if pool.existing or "on-demand" in pool.kinds:
        return f"{other}, or wait"
    room = f" with gpuPools.{pool.name}.max: {pool.max_for_steps}" if pool.max_for_steps is not None else ""
    return f"on-demand as a further step of gpuPools.{pool.name}.capacity, such as [spot, on-demand]{room}, or {other}"


def _quota_fix(subject: Subject) -> str:
    quotas = (each for each in subject.plan.quotas if each.system == (subject.pool is None))
    wanted = [f"{each.name} ({each.code}) in {each.region}: {each.needed} {each.unit}" for each in quotas]
    return f"have the quota raised to what the plan needs: {'; '.join(wanted)}" if wanted else "have the quota raised"
