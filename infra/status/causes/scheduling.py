"""What the scheduler says of the nodes that are there."""

import re
from collections.abc import Iterator

from infra.plan.labels import GPU_RESOURCE
from infra.plan.pools import PoolPlan
from infra.plan.words import count
from infra.status.findings import Cause
from infra.status.seen import Node, Pod
from infra.status.subject import Subject

_TAINT = re.compile(r"(\d+) node\(s\) had (?:untolerated taint|taint) ?\{([^:}]*): ?([^}]*)\}")
_LACKING = re.compile(r"(\d+) Insufficient ([\w./-]*\w)")
_NO_LABELS = "didn't match Pod's node affinity/selector"
_OF_NODE = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/", "ToBeDeletedByClusterAutoscaler")
_ABOUT = {"cpu": "CPU", "memory": "memory", "ephemeral-storage": "disk", "pods": "pods", GPU_RESOURCE: "GPUs"}


def by_scheduler(subject: Subject, pod: Pod, said: str) -> Iterator[Cause]:
    """Where nobody makes nodes, or hasn't said anything yet. The part after `preemption:` is about other pods."""
    message = said.partition("preemption:")[0].strip()
    found = [*_taints(subject, pod, message), *_lacking(subject, pod, message)]
    if not found and _NO_LABELS in message:
        found = [_no_labels(subject, pod, message)]
    yield from found or [Cause("not-scheduled", f"the scheduler says: {message}", "", subject.describe(pod))]


def _nodes(number: int, one: str, many: str) -> str:
    return f"{count(number, 'node')} {one if number == 1 else many}"


def _taints(subject: Subject, pod: Pod, message: str) -> Iterator[Cause]:
    for number, key, value in _TAINT.findall(message):
        nodes = count(int(number), "node")
        if key.startswith(_OF_NODE):  # the node itself isn't ready, is full, or is being drained
            yield Cause("node-not-ready", f"{nodes} can't take pods now: {key}", "", subject.describe(pod))
        elif subject.pool is not None and subject.pool.existing and _of_pool(subject, subject.pool, key, value):
            pool = subject.pool.name
            said = f"{nodes} of pool {pool}: the pod doesn't tolerate the taint {key}={value}"
            fix = f"gpuPools.{pool}.existing.tolerations: [{{key: {key}, operator: Exists}}]"
            yield Cause("taint", said, fix, subject.describe(pod))


def _of_pool(subject: Subject, pool: PoolPlan, key: str, value: str) -> bool:
    """Whether a node with the pool's labels has the taint; also where nobody may read nodes."""
    mine = [each for each in subject.seen.nodes if pool.selector.items() <= each.labels.items()]
    return not subject.seen.nodes or any(each.startswith(f"{key}={value}:") for node in mine for each in node.taints)


def _lacking(subject: Subject, pod: Pod, message: str) -> Iterator[Cause]:
    lacking = {what: int(number) for number, what in _LACKING.findall(message)}
    gpu = subject.pool.resource if subject.pool is not None else GPU_RESOURCE
    if gpu in lacking:
        yield _no_free_gpu(subject, pod, lacking[gpu])
    for what in [each for each in lacking if each != gpu]:
        said = f"{_nodes(lacking[what], 'has', 'have')} too little {_ABOUT.get(what, what)} left"
        yield Cause("too-little-room", said, _room_fix(subject), subject.describe(pod))


def _no_free_gpu(subject: Subject, pod: Pod, nodes: int) -> Cause:
    pool, model = subject.pool, subject.model
    without = _without_gpus(subject)
    if without:
        said = f"{', '.join(without)} of pool {pool.name if pool else ''} offers no GPU"
        fix = "addons.nvidiaDevicePlugin, and the driver of the nodes' image"
        return Cause("device-plugin", said, fix, f"{subject.plan.cluster.kubectl} describe node {without[0]}")
    needed = model.gpus if model is not None else 1
    free = count(needed, f"free {pool.unit if pool else 'GPU'}")
    said = f"{_nodes(nodes, 'has', 'have')} fewer than {free}, which each replica needs"
    if pool is None:
        return Cause("no-free-gpu", said, "", subject.describe(pod))
    more = f"more nodes in pool {pool.name}" if pool.existing else f"gpuPools.{pool.name}.max: {pool.max + 1}"
    fix = f"{more}, or fewer replicas of a model there, or `paused: true` for one"
    return Cause("no-free-gpu", said, fix, f"{subject.plan.cluster.kubectl} describe nodes")


def _without_gpus(subject: Subject) -> list[str]:
    """Nodes of its pool that are ready and say that they have no GPU: the device plugin or the driver isn't there."""
    pool = subject.pool
    mine = (each for each in subject.seen.nodes if pool is not None and pool.selector.items() <= each.labels.items())
    return [each.name for each in mine if each.ready and not _has_gpus(pool, each)]


def _has_gpus(pool: PoolPlan | None, node: Node) -> bool:
    return node.offers.get(pool.resource if pool is not None else GPU_RESOURCE, "0") != "0"


def _room_fix(subject: Subject) -> str:
    pool = subject.pool
    if pool is None:
        return "larger or more nodes for pods without a GPU"
    return f"a larger instance type in gpuPools.{pool.name}.instanceTypes" if not pool.existing else "larger nodes"


def _no_labels(subject: Subject, pod: Pod, message: str) -> Cause:
    pool = subject.pool
    labels = pool.labels if pool is not None else ""
    whose = f"of pool {pool.name} ({labels})" if pool is not None else "that it may run on"
    fix = f"gpuPools.{pool.name}.existing.selector: the labels that its nodes have" if pool and pool.existing else ""
    command = f"{subject.plan.cluster.kubectl} get nodes -l {labels}" if labels else subject.describe(pod)
    return Cause("no-node-of-pool", f"no node {whose} is there: {message}", fix, command)
