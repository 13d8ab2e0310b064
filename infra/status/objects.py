"""Kubernetes' objects, as kubectl writes them, read into plain data. A field that is absent is no error: an object is
seen at any moment of its life."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import yaml

from infra.status.seen import Claim, Condition, Container, Ended, Event, Job, Node, NodeGroup, Pod, Scaler, Server

Object = Mapping[str, Any]
_NAME, _COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def server(found: Object) -> Server:
    spec, status = _part(found, "spec"), _part(found, "status")
    wanted = spec.get("replicas", 1)
    ready = status.get("readyReplicas") or 0
    return Server(_name(found), _created(found), wanted, ready, conditions(status))


def pod(found: Object) -> Pod:
    spec, status = _part(found, "spec"), _part(found, "status")
    seen = conditions(status)
    volumes = (each.get("persistentVolumeClaim") or {} for each in spec.get("volumes") or ())
    return Pod(
        name=_name(found),
        of=_label(found, _NAME),
        component=_label(found, _COMPONENT),
        created=_created(found),
        phase=status.get("phase") or "",
        reason=status.get("reason") or "",
        message=status.get("message") or "",
        node=spec.get("nodeName"),
        leaving=bool(found["metadata"].get("deletionTimestamp")),
        ready=any(each.type == "Ready" and each.true for each in seen),
        conditions=seen,
        containers=[_container(each) for each in _containers(status)],
        claims=[each["claimName"] for each in volumes if "claimName" in each],
    )


def event(found: Object) -> Event:
    """In the old form and in the one of events.k8s.io: kubectl shows both."""
    about = found.get("involvedObject") or {}
    source = found.get("reportingComponent") or _part(found, "source").get("component") or ""
    series = _part(found, "series")
    times = (series.get("lastObservedTime"), found.get("lastTimestamp"), found.get("eventTime"))
    last = next((each for each in map(_time, times) if each is not None), None)
    return Event(
        kind=about.get("kind") or "",
        name=about.get("name") or "",
        reason=found.get("reason") or "",
        message=(found.get("message") or "").removeprefix("(combined from similar events): "),
        source=source,
        last=last or _created(found),
    )


def job(found: Object) -> Job:
    status = _part(found, "status")
    seen = {each.type: each for each in conditions(status) if each.true}
    failed = seen.get("Failed") or seen.get("FailureTarget")
    done = "Complete" in seen
    name, component = _label(found, _NAME), _label(found, _COMPONENT)
    return Job(_name(found), name, component, _created(found), status.get("active") or 0, done, failed)


def scaler(found: Object) -> Scaler:
    of = _part(_part(found, "spec"), "scaleTargetRef").get("name") or ""
    return Scaler(found.get("kind") or "", _name(found), of, conditions(_part(found, "status")))


def claim(found: Object) -> Claim:
    return Claim(_name(found), _part(found, "status").get("phase") or "")


def node(found: Object) -> Node:
    taints = _part(found, "spec").get("taints") or ()
    return Node(
        name=_name(found),
        labels=found["metadata"].get("labels") or {},
        taints=[f"{each['key']}={each.get('value', '')}:{each.get('effect', '')}" for each in taints],
        ready=any(each.type == "Ready" and each.true for each in conditions(_part(found, "status"))),
        offers=_part(_part(found, "status"), "allocatable"),
    )


def node_groups(found: Object | None) -> Iterator[NodeGroup]:
    """Those that wait after a failure, from the ConfigMap in which the cluster autoscaler writes how it is."""
    text = _part(found or {}, "data").get("status") or ""
    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    groups = said.get("nodeGroups") if isinstance(said, dict) else None
    for each in groups or ():
        up = each.get("scaleUp") or {}
        if up.get("status") == "Backoff":
            why = up.get("backoffInfo") or {}
            since = _time(str(up.get("lastTransitionTime") or ""))
            yield NodeGroup(each.get("name") or "", why.get("errorCode") or "", why.get("errorMessage") or "", since)


def conditions(status: Object) -> Sequence[Condition]:
    return [_condition(each) for each in status.get("conditions") or ()]


def _condition(found: Object) -> Condition:
    true = {"True": True, "False": False}.get(found.get("status") or "")
    since = _time(found.get("lastTransitionTime"))
    return Condition(found.get("type") or "", true, found.get("reason") or "", found.get("message") or "", since)


def _containers(status: Object) -> Iterable[Object]:
    return (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))


def _container(found: Object) -> Container:
    state, last = _part(found, "state"), _part(found, "lastState")
    waiting = _part(state, "waiting")
    ended = state.get("terminated") or last.get("terminated")
    return Container(
        name=found.get("name") or "",
        started=bool(found.get("started")),
        restarts=found.get("restartCount") or 0,
        waiting=waiting.get("reason") or "",
        message=waiting.get("message") or "",
        ended=_ended(ended) if ended else None,
    )


def _ended(found: Object) -> Ended:
    at = _time(found.get("finishedAt"))
    return Ended(found.get("reason") or "", found.get("exitCode") or 0, found.get("message") or "", at)


def _name(found: Object) -> str:
    return found["metadata"]["name"]


def _label(found: Object, key: str) -> str:
    return (found["metadata"].get("labels") or {}).get(key) or ""


def _created(found: Object) -> datetime:
    return _time(found["metadata"].get("creationTimestamp")) or _LONG_AGO


def _part(found: Object, key: str) -> Object:
    return found.get(key) or {}


def _time(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
