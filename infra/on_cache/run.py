"""Starts the Job, waits for it, reads what it printed, and deletes it."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.live.cluster import ReachedCluster
from infra.live.commands import NotRead
from infra.on_cache.job import SECONDS

_PAUSE = 1.0  # seconds between two looks
_STARTS_SECONDS = 180  # a small image is pulled and a node has room, or something is wrong


def answer_of(cluster: ReachedCluster, job: Mapping[str, Any]) -> dict[str, Any]:
    """Raises NotRead."""
    namespace = job["metadata"]["namespace"]
    with _started(cluster, job, namespace) as name:
        _wait(cluster, name, namespace)
        printed = cluster.run("logs", f"job/{name}", "-n", namespace)
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if not lines:
        raise NotRead(f"the Job {name} printed no answer: {printed.strip()[-200:] or 'nothing'}")
    return json.loads(lines[-1])


@contextmanager
def _started(cluster: ReachedCluster, job: Mapping[str, Any], namespace: str) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "job.json"
        path.write_text(json.dumps(job), encoding="utf-8")
        name = cluster.run("create", "-f", str(path), "-o", "name").strip().rpartition("/")[2]
    try:
        yield name
    finally:
        cluster.run("delete", "job", name, "-n", namespace, "--wait=false", "--ignore-not-found")


def _wait(cluster: ReachedCluster, name: str, namespace: str) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < SECONDS:
        status = (cluster.get("job", name, namespace) or {}).get("status") or {}
        ended = {each["type"]: each for each in status.get("conditions") or () if each["status"] == "True"}
        if "Complete" in ended:
            return
        if "Failed" in ended:
            raise NotRead(f"the Job {name} failed: {_last_words(cluster, name, namespace, ended['Failed'])}")
        if time.monotonic() - begun > _STARTS_SECONDS and not status.get("ready"):
            raise NotRead(f"the Job {name} hasn't started in {_STARTS_SECONDS} s: {_why(cluster, name, namespace)}")
        time.sleep(_PAUSE)
    raise NotRead(f"the Job {name} isn't done after {SECONDS} s")


def _pods(cluster: ReachedCluster, name: str, namespace: str) -> list[dict[str, Any]]:
    return cluster.list("pods", "-n", namespace, "-l", f"batch.kubernetes.io/job-name={name}")


def _last_words(cluster: ReachedCluster, name: str, namespace: str, failed: Mapping[str, Any]) -> str:
    for pod in _pods(cluster, name, namespace):
        for each in pod.get("status", {}).get("containerStatuses") or ():
            said = (each.get("state") or {}).get("terminated", {}).get("message") or ""
            if said.strip():
                return said.strip().splitlines()[-1]
    return str(failed.get("message") or failed.get("reason") or "no reason given")


def _why(cluster: ReachedCluster, name: str, namespace: str) -> str:
    """Of a pod that waits."""
    for pod in _pods(cluster, name, namespace):
        status = pod.get("status") or {}
        waits = [(each.get("state") or {}).get("waiting") or {} for each in status.get("containerStatuses") or ()]
        said = [each.get("message") or each.get("reason") or "" for each in (*waits, *(status.get("conditions") or ()))]
        if any(said):
            return next(each for each in said if each)
    return f"`kubectl -n {namespace} get events` may say why"
