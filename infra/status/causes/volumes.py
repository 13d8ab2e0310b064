"""Why a pod waits for its volume."""

from collections.abc import Iterator

from infra.status.findings import Cause
from infra.status.seen import Pod
from infra.status.subject import Subject

_OTHER_ZONE = (
    "volume node affinity conflict",
    "didn't match PersistentVolume's node affinity",
    "no available volume zone",
    "had no available volume zone",
)


def unbound(subject: Subject, pod: Pod) -> Iterator[Cause]:
    """Claims that have no volume, although nothing but the volume is missing for one."""
    for claim in subject.seen.claims:
        if claim.name in pod.claims and claim.phase != "Bound":
            yield from _of_claim(subject, claim.name, claim.phase)


def _of_claim(subject: Subject, name: str, phase: str) -> Iterator[Cause]:
    events = subject.seen.about("PersistentVolumeClaim", name)
    newest = events[0] if events else None
    if newest is not None and newest.reason == "WaitForFirstConsumer":
        return  # the volume comes with the pod's node
    command = f"{subject.kubectl} describe persistentvolumeclaim {name}"
    if phase == "Lost":
        said = f"the volume of the claim {name} is gone"
        yield Cause("volume-lost", said, f"run: llm-platform repair {subject.plan.stack}", command)
        return
    why = f": {newest.message}" if newest is not None else ""
    fix = "cache.storageClass: a storage class of the cluster" if subject.plan.cache.kind == "storageClass" else ""
    yield Cause("volume-unbound", f"the claim {name} has no volume yet{why}", fix, command)


def of_message(subject: Subject, message: str) -> Iterator[Cause]:
    """What the scheduler says of volumes."""
    command = f"{subject.kubectl} get persistentvolumeclaims"
    if any(each in message for each in _OTHER_ZONE):
        yield Cause(
            "volume-zone",
            "the volume with the weights is in another zone than the nodes that could run the pod",
            "cache.kind: one that every zone reads, or a pool whose instance types are offered in the volume's zone",
            f"{subject.plan.cluster.kubectl} get persistentvolumes -o wide",
        )
    elif "unbound immediate PersistentVolumeClaims" in message:
        yield Cause("volume-unbound", "its claim has no volume yet", "", command)
    elif 'persistentvolumeclaim "' in message and "not found" in message:
        fix = f"run: pulumi up -s {subject.plan.stack}"
        yield Cause("volume-lost", f"its claim is gone: {message}", fix, command)
    elif "exceed max volume count" in message:
        yield Cause("volume-count", "the nodes have as many volumes as they can have", "", command)


def mounting(subject: Subject, pod: Pod) -> Iterator[Cause]:
    """Of a pod that has a node, and whose containers haven't been made yet."""
    if all(each.waiting in ("ContainerCreating", "PodInitializing") for each in pod.containers):
        for event in subject.seen.about("Pod", pod.name, "FailedMount", "FailedAttachVolume")[:1]:
            yield _not_mounted(subject, pod, event.message)


def _not_mounted(subject: Subject, pod: Pod, message: str) -> Cause:
    if "Multi-Attach error" in message:
        said = "another node still has the volume with the weights, which only one at a time can use"
        return Cause(
            "volume-in-use", said, "wait six minutes, or cache.kind: one that all nodes read", subject.describe(pod)
        )
    if "secret" in message and "not found" in message:
        said = f"a Secret that the pod mounts isn't there: {message}"
        return Cause("no-secret", said, f"run: pulumi up -s {subject.plan.stack}", subject.describe(pod))
    return Cause("volume-not-mounted", f"its volume can't be mounted: {message}", "", subject.describe(pod))
