"""Why the weights of a model don't come: the Job that downloads them."""

import re
from collections.abc import Iterator
from dataclasses import replace

from infra.status.causes.containers import not_running
from infra.status.causes.nodes import without_node
from infra.status.causes.volumes import mounting
from infra.status.findings import Cause
from infra.status.seen import PREFETCH, Job, Pod
from infra.status.subject import Subject

_GATED = re.compile(r"not in the authorized list|GatedRepoError|Cannot access gated repo|403 Client Error")
_TOKEN = re.compile(r"401 Client Error|Invalid (?:credentials|user token|username or password)|Please log in")
_ABSENT = re.compile(
    r"Repository Not Found|RepositoryNotFoundError|Revision Not Found|RevisionNotFoundError|404 Client Error"
)
_FULL = re.compile(r"No space left on device|Disk quota exceeded")
_STALLED = re.compile(r"Stalled: nothing was written")
_AWAY = re.compile(
    r"name resolution|name or service not known|connection (?:refused|reset|aborted)|timed out|50[0234] ", re.IGNORECASE
)


def of_weights(subject: Subject) -> Iterator[Cause]:
    """Of a model whose weights aren't whole yet. Nothing where its Job is done, or is gone."""
    for job in subject.seen.jobs_of(subject.name, PREFETCH):
        if not job.done:
            yield from _of_job(replace(subject, component=PREFETCH), job)
    if subject.plan.cache.directory is not None:
        yield from _on_nodes(replace(subject, component=PREFETCH))


def _on_nodes(subject: Subject) -> Iterator[Cause]:
    """Of the pods that download onto each node, those that aren't done."""
    for pod in subject.pods:
        if not pod.ready and not pod.leaving:
            command = f"{subject.kubectl} logs {pod.name} -c {PREFETCH} --tail=20"
            where = pod.node or "a node"
            coming = Cause("download", f"its weights are downloaded onto {where}", "", command, stops=False)
            yield from list(_of_pod(subject, command, pod)) or [coming]


def _of_job(subject: Subject, job: Job) -> Iterator[Cause]:
    pods = [each for each in subject.pods if each.name.startswith(f"{job.name}-")]
    found = [cause for pod in pods[-1:] for cause in _of_pod(subject, _logs(subject, job), pod)]
    if job.failed is not None and not any(each.stops for each in found):
        found = [_failed(subject, job)]
    command = f"{subject.kubectl} logs job/{job.name} --tail=20"
    yield from found or [Cause("download", f"its weights are downloaded (Job {job.name})", "", command, stops=False)]


def _of_pod(subject: Subject, logs: str, pod: Pod) -> Iterator[Cause]:
    """`logs`: the command that shows them."""
    if pod.node is None:
        yield from without_node(replace(subject, model=None), pod)  # it needs no GPU
    yield from mounting(subject, pod)
    bad = next((each for each in pod.containers if each.ended_badly), None)
    if bad is None or bad.ended is None:
        yield from not_running(subject, pod)
    elif bad.ended.reason == "OOMKilled":
        yield _out_of_memory(subject, logs)
    else:
        yield _by_log(subject, logs, bad.ended.message) or next(not_running(subject, pod))


def _out_of_memory(subject: Subject, logs: str) -> Cause:
    prefetch = subject.model.prefetch if subject.model is not None else None
    limit = f" of {prefetch.memory_limit_gib:.0f} GiB" if prefetch is not None else ""
    said = f"the download needed more memory than its limit{limit} (OOMKilled)"
    return Cause("download-memory", said, f"run it again: pulumi up -s {subject.plan.stack}", logs)


def _by_log(subject: Subject, logs: str, message: str) -> Cause | None:
    model = subject.model
    what = model.model if model is not None else subject.name
    secret = f"pulumi config set --secret huggingFaceToken -s {subject.plan.stack}"
    again = f"pulumi up -s {subject.plan.stack}"
    if _TOKEN.search(message) and "not in the authorized list" not in message:
        said = f"the hub doesn't accept the token, or there is none (401): {what} needs one"
        return Cause("token", said, f"run: {secret}", again)
    if _GATED.search(message):
        said = f"the token's owner may not read {what} (403)"
        return Cause("licence", said, f"accept the licence at huggingface.co/{what} with the token's account", again)
    if _ABSENT.search(message):
        return Cause(
            "no-repository", f"the hub has no {what} in this revision (404)", f"{subject.path}.model, .revision", again
        )
    if _FULL.search(message):
        on_node = subject.plan.cache.directory is not None
        said = f"the {'disk of the node' if on_node else 'cache'} has no room for the weights"
        return Cause("cache-full", said, "cache.path" if on_node else "cache.size", again)
    if _STALLED.search(message):
        said = "the download wrote nothing for too long, and ended"
        return Cause("download-stalled", said, f"run it again; it goes on where it was: {again}", logs)
    if _AWAY.search(message):
        said = "the hub can't be reached from the cluster"
        return Cause("hub-away", said, "let pods of this Job reach it, or mirror", logs)
    return None


def _failed(subject: Subject, job: Job) -> Cause:
    assert job.failed is not None
    if job.failed.reason == "DeadlineExceeded":
        seconds = subject.model.timeouts.prefetch if subject.model is not None else 0
        said = f"the download took longer than its {seconds} s, and was ended"
        return Cause(
            "download-deadline",
            said,
            f"run it again; it goes on where it was: pulumi up -s {subject.plan.stack}",
            _logs(subject, job),
        )
    said = f"the download failed: {job.failed.message or job.failed.reason}"
    return Cause("download-failed", said, f"run it again: pulumi up -s {subject.plan.stack}", _logs(subject, job))


def _logs(subject: Subject, job: Job) -> str:
    return f"{subject.kubectl} logs job/{job.name}"
