"""Why a pod that has a node doesn't become ready: its image, its settings, or how its containers ended."""

import re
from collections.abc import Iterator

from infra.engines.last_words import OF_ANY
from infra.status.findings import Cause
from infra.status.logs import in_words
from infra.status.seen import Container, Pod
from infra.status.subject import Subject

_NOT_PULLED = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
_NOT_MADE = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
_MEANING = {
    r"toomanyrequests|429 Too Many Requests": "the registry has no more pulls for this address: log in, or a mirror",
    r"not found|manifest unknown|does not exist": "the registry has no such image or tag",
    r"unauthorized|denied|401|403": "the registry wants a login",
    r"no such host|i/o timeout|connection refused|TLS handshake": "the node doesn't reach the registry",
    r"no space left": "the node's disk is full",
    r"no match for platform": "the image isn't built for the node's processor",
}
_LONGEST = 300  # characters of what somebody else says


def not_running(subject: Subject, pod: Pod) -> Iterator[Cause]:
    for each in pod.containers:
        if each.waiting in _NOT_PULLED:
            yield _image(subject, pod, each)
        elif each.waiting in _NOT_MADE:
            yield _not_made(subject, pod, each)
        elif each.ended_badly:
            yield _ended(subject, pod, each)
    if pod.phase == "Failed" and pod.reason:
        yield Cause(pod.reason.lower(), f"{pod.reason}: {pod.message}".strip(": "), "", subject.describe(pod))


def _image(subject: Subject, pod: Pod, each: Container) -> Cause:
    events = subject.seen.about("Pod", pod.name, "Failed")
    texts = [event.message for event in events if event.message.startswith("Failed to pull image")]
    said = next(iter(texts), each.message or each.waiting)
    meaning = next((what for pattern, what in _MEANING.items() if re.search(pattern, said)), "it can't be pulled")
    fix = f"{subject.path}.image, or mirror" if subject.model is not None else "mirror"
    return Cause("image", f"the image: {meaning} ({_short(said)})", fix, subject.describe(pod))


def _not_made(subject: Subject, pod: Pod, each: Container) -> Cause:
    if "secret" in each.message and "not found" in each.message:
        fix = f"run: pulumi up -s {subject.plan.stack}"
        return Cause("no-secret", f"a Secret that it reads isn't there: {each.message}", fix, subject.describe(pod))
    return Cause("not-made", f"{each.waiting}: {_short(each.message)}", "", subject.describe(pod))


def _ended(subject: Subject, pod: Pod, each: Container) -> Cause:
    assert each.ended is not None
    times = f", {each.restarts} restarts" if each.restarts else ""
    command = subject.logs(pod, before=each.restarts > 0)
    text = in_words(each.ended.message)
    words = next((one for one in (*subject.last_words, *OF_ANY) if re.search(one.pattern, text)), None)
    if words is not None:
        said = f"{words.said}{times}: {_line(text, words.pattern)}"
        return Cause(words.kind, said, f"{subject.path}: {words.fix}", command)
    if each.ended.reason == "OOMKilled":
        return _out_of_memory(subject, each, times, command)
    if _probe_failed(subject, pod):
        return _too_slow(subject, times, command)
    last = _last_line(text)
    said = f"it ends with code {each.ended.code}{times}{f': {last}' if last else ''}"
    return Cause("crash", said, "", command)


def _out_of_memory(subject: Subject, each: Container, times: str, command: str) -> Cause:
    model = subject.model
    limit = f" of {model.resources.memory_gib:.0f} GiB" if model is not None else ""
    said = f"the node's memory that it may use{limit} was too small (OOMKilled, not the GPU's{times})"
    pool = subject.pool
    fix = f"gpuPools.{pool.name}.instanceTypes: types with more memory" if pool and not pool.existing else ""
    return Cause("memory", said, fix or f"{subject.path}: smaller, or nodes with more memory", command)


def _probe_failed(subject: Subject, pod: Pod) -> bool:
    killed = subject.seen.about("Pod", pod.name, "Killing")
    return any("failed startup probe" in each.message or "failed liveness probe" in each.message for each in killed)


def _too_slow(subject: Subject, times: str, command: str) -> Cause:
    model = subject.model
    allowed = f" within {model.timeouts.startup_probe} s" if model is not None else ""
    said = f"it didn't answer its probe{allowed} and was ended{times}"
    return Cause("probe", said, "a cache that is read faster, or a smaller model; see what it waited for", command)


def _line(message: str, pattern: str) -> str:
    """The line with the words, which says with which numbers."""
    line = next((each for each in message.splitlines() if re.search(pattern, each)), message)
    return _short(line.strip())


def _last_line(message: str) -> str:
    lines = [each.strip() for each in message.splitlines() if each.strip()]
    return _short(lines[-1]) if lines else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
