"""Who may do what in AWS: roles and policies, access entries of EKS, and pod identities."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.clouds.aws.diff.tokens import ADDON, CLUSTER
from infra.sides.properties import leaves
from infra.sides.statements import listed, plain, referred
from infra.sides.types import Resource

_KINDS = (
    "aws:iam/",
    "aws:eks/accessEntry:",
    "aws:eks/accessPolicyAssociation:",
    "aws:eks/podIdentityAssociation:",
)
_NO_RIGHTS = ("clusterName", "tags", "description")


def rights(each: Resource) -> Iterator[str]:
    inputs = each["inputs"]
    if each["type"] == CLUSTER:
        yield from (f"{key}: {value}" for key, value in leaves(inputs.get("accessConfig")).items())
    elif each["type"] == ADDON:
        for pod in inputs.get("podIdentityAssociations") or ():
            yield f"service account {pod['serviceAccount']} has {referred(pod['roleArn'])}"
    elif each["type"].startswith(_KINDS):
        yield "is there"
        for key, value in inputs.items():
            if key not in _NO_RIGHTS:
                yield from _policy(value) if _is_policy(value) else plain(key, value)


def _is_policy(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{") and '"Statement"' in value


def _policy(text: str) -> Iterator[str]:
    """A sentence for each action of a policy."""
    statements = json.loads(text)["Statement"]
    for each in statements if isinstance(statements, list) else [statements]:
        on = "".join(f" on {referred(one)}" for one in listed(each.get("Resource", [])))
        by = f" by {_flat(each['Principal'])}" if "Principal" in each else ""
        when = f" where {_flat(each['Condition'])}" if "Condition" in each else ""
        for action in (
            *listed(each.get("Action", [])),
            *(f"all but {no}" for no in listed(each.get("NotAction", []))),
        ):
            yield f"{each.get('Effect', 'Allow')} {action}{on}{by}{when}"


def _flat(value: Any) -> str:
    if not isinstance(value, Mapping):
        return ", ".join(str(each) for each in listed(value))
    return ", ".join(f"{key} {_flat(item)}" for key, item in value.items())
