"""A cluster with recorded objects, as `status` sees it."""

from typing import Any

from infra.clouds.aws.cloud import AWS
from infra.plan.plan import Plan
from infra.status.assess import assess
from infra.status.findings import FirstToken, ServerStatus, Status
from infra.status.read import seen_of
from infra.status.subject import CloudWords
from tests.example_stacks import planned
from tests.status.recorded import NOW, deployment, pod

PROD = planned("prod").plan
SHARED = planned("shared").plan
_LISTS = {
    "Deployment": "servers",
    "Pod": "pods",
    "Event": "events",
    "Job": "jobs",
    "PersistentVolumeClaim": "claims",
    "HorizontalPodAutoscaler": "hpas",
    "ScaledObject": "scaled",
    "Node": "nodes",
    "ConfigMap": "autoscaler",
}
_KEYS = {*_LISTS.values(), "of_nodes"}


def lists(objects: tuple[dict[str, Any], ...]) -> dict[str, list[dict[str, Any]]]:
    """As kubectl would print them, list by list; the events of new nodes are in another namespace."""
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in _KEYS}
    for each in objects:
        of_node = each["kind"] == "Event" and each["metadata"]["namespace"] == "default"
        found["of_nodes" if of_node else _LISTS[each["kind"]]].append(each)
    return found


def status(
    plan: Plan,
    *objects: dict[str, Any],
    not_read: dict[str, str] | None = None,
    first_tokens: dict[str, FirstToken] | None = None,
) -> Status:
    words = CloudWords(AWS.no_node_words, lambda group: AWS.why_no_node(PROD.cluster, group))
    seen = seen_of(lists(objects), not_read or {}, NOW)
    return assess(plan, seen, words, first_tokens or {})


def of(name: str, found: Status) -> ServerStatus:
    return next(each for each in found.all if each.name == name)


def pending(of: str, says: str, *, minutes: float = 11) -> dict[str, Any]:
    return pod(of, node=None, says=says, minutes=minutes)


def one(name: str, *objects: dict[str, Any], plan: Plan = PROD, ready: int = 0, wanted: int = 1) -> ServerStatus:
    """How a model with one replica is, that isn't ready."""
    return of(name, status(plan, deployment(name, wanted, ready), *objects))
