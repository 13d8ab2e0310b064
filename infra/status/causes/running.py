"""Where a pod is in its start, where nothing is known to stop it."""

from collections.abc import Iterator

from infra.status.findings import Cause
from infra.status.seen import Pod
from infra.status.subject import Subject


def starting(subject: Subject, pod: Pod) -> Iterator[Cause]:
    node = next((each for each in subject.seen.nodes if each.name == pod.node), None)
    if node is not None and not node.ready:
        command = f"{subject.plan.cluster.kubectl} describe node {node.name}"
        yield Cause("node-not-ready", f"its node {node.name} isn't ready", "", command)
        return
    if any(each.waiting for each in pod.containers) or not pod.containers:
        newest = next(iter(subject.seen.about("Pod", pod.name)), None)
        what = "its image is pulled" if newest is not None and newest.reason == "Pulling" else "its pod is being made"
        yield Cause("starting", what, "", subject.describe(pod), stops=False)
    else:
        yield Cause("starting", "the server loads the weights and gets ready", "", subject.logs(pod), stops=False)
