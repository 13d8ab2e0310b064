"""Reads a cluster by kubectl. What the rights of whoever asks don't reach is left out, and said."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from infra.live.cluster import ReachedCluster
from infra.live.commands import NotRead
from infra.plan.plan import Plan
from infra.status import objects
from infra.status.logs import with_logs
from infra.status.seen import Scaler, Seen

T = TypeVar("T")
NO_RIGHT = "your rights in the cluster don't reach it"
_ABSENT = ("the server doesn't have a resource type", "NotFound")
_AUTOSCALER = "cluster-autoscaler-status"  # the ConfigMap in which it writes how it is
_CLAIMS_OF_NODES = "involvedObject.kind=NodeClaim"  # Karpenter's events of objects that have no namespace


@dataclass(frozen=True)
class _Asked:
    """One list. `absent`: it is no mistake if the cluster doesn't know the kind."""

    called: str
    arguments: Sequence[str]
    absent: bool = False


def read(cluster: ReachedCluster, plan: Plan) -> Seen:
    here = ("-n", plan.settings.namespace.name)
    asked = {
        "servers": _Asked("Deployments", ("deployments", *here)),
        "pods": _Asked("pods", ("pods", *here)),
        "events": _Asked("events", ("events", *here)),
        "jobs": _Asked("Jobs", ("jobs", *here)),
        "claims": _Asked("claims of volumes", ("persistentvolumeclaims", *here)),
        "hpas": _Asked("HorizontalPodAutoscalers", ("horizontalpodautoscalers", *here)),
        "scaled": _Asked("ScaledObjects", ("scaledobjects.keda.sh", *here), absent=True),
        "nodes": _Asked("nodes", ("nodes",)),
        "of_nodes": _Asked("events of new nodes", ("events", "-n", "default", "--field-selector", _CLAIMS_OF_NODES)),
        "autoscaler": _Asked("the cluster autoscaler's status", _autoscaler(plan), absent=True),
    }
    with ThreadPoolExecutor(len(asked)) as pool:  # a login helper may take a second per command
        answers = dict(zip(asked, pool.map(lambda each: _ask(cluster, each), asked.values()), strict=True))
    found = {key: items for key, (items, _) in answers.items()}
    not_read = {asked[key].called: why for key, (_, why) in answers.items() if why}
    seen = seen_of(found, not_read, datetime.now(UTC))
    pods, no_logs = with_logs(seen.pods, cluster.run, plan.settings.namespace.name)
    return replace(seen, pods=pods, not_read={**not_read, **no_logs})


def _autoscaler(plan: Plan) -> Sequence[str]:
    """By its field, because a list of none is no error."""
    where = plan.addons["clusterAutoscaler"].namespace
    return ("configmaps", "-n", where, "--field-selector", f"metadata.name={_AUTOSCALER}")


def _ask(cluster: ReachedCluster, asked: _Asked) -> tuple[list[dict[str, Any]], str]:
    """What there is, and why nobody knows."""
    try:
        return cluster.list(*asked.arguments), ""
    except NotRead as error:
        absent = asked.absent and any(each in str(error) for each in _ABSENT)
        return [], "" if absent else why(str(error))


def why(error: str) -> str:
    """Nobody has to read nine times who may not list what in which API group."""
    return NO_RIGHT if "(Forbidden)" in error else error


def seen_of(found: Mapping[str, Sequence[Mapping[str, Any]]], not_read: Mapping[str, str], now: datetime) -> Seen:
    """From the lists that kubectl printed, by the words in `_ask`."""
    events = [*map(objects.event, (*found["events"], *found["of_nodes"]))]
    return Seen(
        now=now,
        servers=_all(objects.server, found["servers"]),
        pods=_all(objects.pod, found["pods"]),
        events=sorted(events, key=lambda each: each.last),
        jobs=_all(objects.job, found["jobs"]),
        scalers=[*_scalers(found["scaled"], "ScaledObject"), *_scalers(found["hpas"], "HorizontalPodAutoscaler")],
        claims=_all(objects.claim, found["claims"]),
        nodes=_all(objects.node, found["nodes"]),
        groups=[group for each in found["autoscaler"] for group in objects.node_groups(each)],
        not_read=not_read,
    )


def _all(read_one: Callable[[Mapping[str, Any]], T], found: Iterable[Mapping[str, Any]]) -> list[T]:
    return [read_one(each) for each in found]


def _scalers(found: Iterable[Mapping[str, Any]], kind: str) -> list[Scaler]:
    """kubectl leaves the kind out of the items of some lists."""
    return [objects.scaler({**each, "kind": kind}) for each in found]
