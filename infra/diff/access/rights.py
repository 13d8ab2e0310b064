"""Who may do what: AWS roles and policies, EKS access entries, pod identities, and roles of Kubernetes."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.sides.properties import leaves
from infra.sides.statements import Statements, referred, say, workloads
from infra.sides.types import Resource, Side

_KINDS = (
    "aws:iam/",
    "aws:eks/accessEntry:",
    "aws:eks/accessPolicyAssociation:",
    "aws:eks/podIdentityAssociation:",
    "kubernetes:rbac.authorization.k8s.io/",
    "kubernetes:core/v1:ServiceAccount",
)
_CLUSTER, _ADDON = "aws:eks/cluster:Cluster", "aws:eks/addon:Addon"
_NO_RIGHTS = ("apiVersion", "kind", "clusterName", "tags", "description", "metadata")


def rights(side: Side) -> Statements:
    found: Statements = {}
    for each in side.resources:
        for statement in _of(each):
            say(found, f"{each['type'].rpartition(':')[2]} {each['name']}", statement)
    for workload in workloads(side):
        if workload.pod.get("automountServiceAccountToken") is not False:
            account = workload.pod.get("serviceAccountName", "default")
            say(found, f"pods of {workload.name}", f"carry the token of service account {account}")
    return found


def _of(each: Resource) -> Iterator[str]:
    inputs = each["inputs"]
    if each["type"] == _CLUSTER:
        yield from (f"{key}: {value}" for key, value in leaves(inputs.get("accessConfig")).items())
    elif each["type"] == _ADDON:
        for pod in inputs.get("podIdentityAssociations") or ():
            yield f"service account {pod['serviceAccount']} has {referred(pod['roleArn'])}"
    elif each["type"].startswith(_KINDS):
        yield "is there"
        for key, value in inputs.items():
            if key not in _NO_RIGHTS:
                yield from _policy(value) if _is_policy(value) else _plain(key, value)


def _is_policy(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{") and '"Statement"' in value


def _policy(text: str) -> Iterator[str]:
    """A sentence for each action of a policy."""
    statements = json.loads(text)["Statement"]
    for each in statements if isinstance(statements, list) else [statements]:
        on = "".join(f" on {referred(one)}" for one in _listed(each.get("Resource", [])))
        by = f" by {_flat(each['Principal'])}" if "Principal" in each else ""
        when = f" where {_flat(each['Condition'])}" if "Condition" in each else ""
        for action in (
            *_listed(each.get("Action", [])),
            *(f"all but {no}" for no in _listed(each.get("NotAction", []))),
        ):
            yield f"{each.get('Effect', 'Allow')} {action}{on}{by}{when}"


def _plain(key: str, value: Any) -> Iterator[str]:
    for path, leaf in leaves({key: value}).items():
        yield f"{path}: {', '.join(map(referred, _listed(leaf)))}"


def _flat(value: Any) -> str:
    if not isinstance(value, Mapping):
        return ", ".join(str(each) for each in _listed(value))
    return ", ".join(f"{key} {_flat(item)}" for key, item in value.items())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
