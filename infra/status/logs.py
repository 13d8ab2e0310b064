"""The ends of logs: why a server ended stands before the last lines, which Kubernetes keeps with the pod."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from infra.live.commands import NotRead
from infra.status.seen import Container, Pod

_LINES = 300


def with_logs(pods: Sequence[Pod], run: Callable[..., str], namespace: str) -> tuple[Sequence[Pod], Mapping[str, str]]:
    """The pods, with the log of one container per Deployment or Job that ended badly; and what couldn't be read."""
    not_read: dict[str, str] = {}
    read: dict[str, Pod] = {}
    for pod in _one_of_each(pods):
        try:
            read[pod.name] = _with_log(pod, run, namespace)
        except NotRead as error:
            not_read["logs of what ended"] = str(error)
    return [read.get(each.name, each) for each in pods], not_read


def in_words(text: str) -> str:
    """A log whose lines are JSON, as one of plain text has them: the message, and below it the traceback."""
    return "\n".join(_of_line(line) for line in text.splitlines())


def _of_line(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        return line
    if not isinstance(found, dict) or not isinstance(found.get("message"), str):
        return line
    return "\n".join(str(found[key]) for key in ("message", "exc_info") if found.get(key))


def _one_of_each(pods: Sequence[Pod]) -> Iterator[Pod]:
    found = {(each.of, each.component): each for each in pods if any(one.ended_badly for one in each.containers)}
    yield from found.values()


def _with_log(pod: Pod, run: Callable[..., str], namespace: str) -> Pod:
    def log(each: Container) -> Container:
        if not each.ended_badly or each.ended is None:
            return each
        previous = ("--previous",) if each.waiting else ()  # it will be started again
        text = run("logs", pod.name, "-n", namespace, "-c", each.name, f"--tail={_LINES}", *previous)
        return replace(each, ended=replace(each.ended, message=f"{text}\n{each.ended.message}"))

    return replace(pod, containers=[log(each) for each in pod.containers])
