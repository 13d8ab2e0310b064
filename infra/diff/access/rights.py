"""Who may do what: rights of the cloud, roles of Kubernetes, and pods that carry a token."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.clouds.resource_types import Said
from infra.registry import types_of
from infra.sides.statements import Statements, say, say_of_each, workloads
from infra.sides.types import Resource, Side

_RBAC, _ACCOUNT = "kubernetes:rbac.authorization.k8s.io/", "kubernetes:core/v1:ServiceAccount"
_SERVICE_ACCOUNTS = "system:serviceaccounts:"


def rights(side: Side) -> Statements:
    found: Statements = {}
    say_of_each(found, side, lambda each: iter((*_of(each), *types_of(each["type"]).rights(each))))
    for workload in workloads(side):
        if workload.pod.get("automountServiceAccountToken") is not False:
            account = workload.pod.get("serviceAccountName", "default")
            say(found, f"pods of {workload.name}", f"carry the token of service account {account}")
    return found


def _of(each: Resource) -> Iterator[Said]:
    inputs, about = each["inputs"], each["inputs"].get("metadata") or {}
    name, where = about.get("name", each["name"]), _where(about)
    if each["type"] == _ACCOUNT:
        yield f"service account {name}{where}", "is there"
    elif each["type"].startswith(_RBAC):
        for rule in inputs.get("rules") or ():
            yield from ((f"role {name}{where}", may) for may in _may(rule))
        for subject in inputs.get("subjects") or ():
            yield _who(subject), f"has the role {(inputs.get('roleRef') or {}).get('name')}{where}"


def _where(about: Mapping[str, Any]) -> str:
    return f" in {about['namespace']}" if about.get("namespace") else ""


def _may(rule: Mapping[str, Any]) -> Iterator[str]:
    """`may get configmaps llm-platform-endpoints`."""
    names = f" {', '.join(rule['resourceNames'])}" if rule.get("resourceNames") else ""
    for verb in rule.get("verbs") or ():
        for thing in (*(rule.get("resources") or ()), *(rule.get("nonResourceURLs") or ())):
            yield f"may {_all(verb, 'do everything with')} {_all(thing, 'everything')}{names}"


def _all(word: str, every: str) -> str:
    return every if word == "*" else word


def _who(subject: Mapping[str, Any]) -> str:
    name, kind = str(subject.get("name")), subject.get("kind")
    if kind == "ServiceAccount":
        return f"service account {name}{_where(subject)}"
    if kind == "Group" and name.startswith(_SERVICE_ACCOUNTS):
        return f"every service account in {name.removeprefix(_SERVICE_ACCOUNTS)}"
    return {"system:serviceaccounts": "every service account"}.get(name, f"{str(kind).lower()} {name}")
