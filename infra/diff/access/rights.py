"""Who may do what: rights of the cloud, roles of Kubernetes, and pods that carry a token."""

from collections.abc import Iterator

from infra.registry import types_of
from infra.sides.statements import Statements, plain, say, workloads
from infra.sides.types import Resource, Side

_KINDS = ("kubernetes:rbac.authorization.k8s.io/", "kubernetes:core/v1:ServiceAccount")
_NO_RIGHTS = ("apiVersion", "kind", "metadata")


def rights(side: Side) -> Statements:
    found: Statements = {}
    for each in side.resources:
        for statement in (*_of(each), *types_of(each["type"]).rights(each)):
            say(found, f"{each['type'].rpartition(':')[2]} {each['name']}", statement)
    for workload in workloads(side):
        if workload.pod.get("automountServiceAccountToken") is not False:
            account = workload.pod.get("serviceAccountName", "default")
            say(found, f"pods of {workload.name}", f"carry the token of service account {account}")
    return found


def _of(each: Resource) -> Iterator[str]:
    if each["type"].startswith(_KINDS):
        yield "is there"
        for key, value in each["inputs"].items():
            if key not in _NO_RIGHTS:
                yield from plain(key, value)
