"""Who may do what in AWS: roles and policies, access entries of EKS, and pod identities."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.clouds.aws.diff.tokens import ADDON, CLUSTER
from infra.clouds.resource_types import Said
from infra.sides.properties import leaves
from infra.sides.statements import listed, plain, referred
from infra.sides.types import Resource

_IAM = "aws:iam/"
_ROLE, _ROLE_POLICY = f"{_IAM}role:Role", f"{_IAM}rolePolicy:RolePolicy"
_ATTACHMENT = f"{_IAM}rolePolicyAttachment:RolePolicyAttachment"
_ENTRY, _ASSOCIATION = "aws:eks/accessEntry:AccessEntry", "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_NO_RIGHTS = ("clusterName", "tags", "description", "principalArn")
_BUCKET_POLICY, _QUEUE_POLICY = "aws:s3/bucketPolicy:BucketPolicy", "aws:sqs/queuePolicy:QueuePolicy"
_PROFILE = f"{_IAM}instanceProfile:InstanceProfile"
_SERVICES = {
    "pods.eks.amazonaws.com": "EKS Pod Identity",
    "ec2.amazonaws.com": "EC2 instances",
    "eks.amazonaws.com": "EKS",
    "vpc-flow-logs.amazonaws.com": "VPC flow logs",
}
_IN_THE_CLUSTER = {
    "AmazonEKSClusterAdminPolicy": "may do everything",
    "AmazonEKSViewPolicy": "may read everything but Secrets",
}
_OF_CLUSTERS = {
    "bootstrapClusterCreatorAdminPermissions": {
        "True": "makes whoever creates it an admin",
        "False": "makes whoever creates it no admin",
    }
}
_TRUSTED = {"sts:AssumeRole": "be used by", "sts:TagSession": "get tags of its session from"}
_SET = {"true": "isn't set", "false": "is set"}
_OPERATORS = {
    "StringEquals": "is",
    "StringLike": "is like",
    "ArnEquals": "is",
    "ArnLike": "is like",
    "Bool": "is",
    "StringEqualsIfExists": "if it is set is",
    "ForAllValues:StringEquals": "is none but",
}


def rights(each: Resource) -> Iterator[Said]:
    inputs, type_ = each["inputs"], each["type"]
    if type_ == CLUSTER:
        for key, value in leaves(inputs.get("accessConfig")).items():
            yield f"cluster {each['name']}", _OF_CLUSTERS.get(key, {}).get(str(value), f"{key}: {value}")
    elif type_ == ADDON:
        for pod in inputs.get("podIdentityAssociations") or ():
            whose = f"pods of service account {pod['serviceAccount']}, of add-on {inputs.get('addonName')}"
            yield whose, f"use role {referred(pod['roleArn'])}"
    elif type_ == _ROLE:
        yield from ((f"role {each['name']}", statement) for statement in _role(inputs))
    elif type_ == _ROLE_POLICY:
        yield from ((f"role {referred(inputs.get('role'))}", may) for may in policy_said(inputs["policy"]))
    elif type_ == _BUCKET_POLICY:
        yield from ((f"bucket {referred(inputs.get('bucket'))}", may) for may in policy_said(inputs["policy"]))
    elif type_ == _QUEUE_POLICY:
        yield from ((f"queue {referred(inputs.get('queueUrl'))}", may) for may in policy_said(inputs["policy"]))
    elif type_ == _PROFILE:
        yield f"instances with the profile {each['name']}", f"use role {referred(inputs.get('role'))}"
    elif type_ == _ATTACHMENT:
        policy = referred(inputs.get("policyArn")).rpartition("/")[2]
        yield f"role {referred(inputs.get('role'))}", f"has the policy {policy}"
    elif type_ == _ENTRY:
        yield from ((referred(inputs.get("principalArn")), statement) for statement in _entry(inputs))
    elif type_ == _ASSOCIATION:
        yield referred(inputs.get("principalArn")), _in_the_cluster(inputs)
    elif type_ == _IDENTITY:
        whose = f"pods of service account {inputs.get('namespace')}/{inputs.get('serviceAccount')}"
        yield whose, f"use role {referred(inputs.get('roleArn'))}"
    elif type_.startswith(_IAM):
        yield from ((f"{type_.rpartition(':')[2]} {each['name']}", statement) for statement in _other(inputs))


def _role(inputs: Mapping[str, Any]) -> Iterator[str]:
    yield "is there"
    for key, value in inputs.items():
        if key == "assumeRolePolicy" and _is_policy(value):
            yield from _trusted(value)
        elif key not in _NO_RIGHTS:
            yield from plain(key, value)


def _trusted(text: str) -> Iterator[str]:
    """Who gets the rights of a role."""
    for each, action in _actions(text):
        who = ", ".join(_SERVICES.get(one, one) for one in _flat(each.get("Principal", "anybody")))
        done = _TRUSTED.get(action, f"be used with {action} by")
        yield f"{_may(each)} {done} {who}{_when(each)}"


def _entry(inputs: Mapping[str, Any]) -> Iterator[str]:
    yield "may log in to the cluster"
    for key, value in inputs.items():
        if key not in _NO_RIGHTS:
            yield from plain(key, value)


def _in_the_cluster(inputs: Mapping[str, Any]) -> str:
    policy = str(inputs.get("policyArn")).rpartition("/")[2]
    scope = inputs.get("accessScope") or {}
    spaces = ", ".join(map(str, scope.get("namespaces") or ()))
    where = f"in namespaces {spaces}" if spaces else f"in the whole {scope.get('type', 'cluster')}"
    words = _IN_THE_CLUSTER.get(policy)
    return f"{words} {where} ({policy})" if words else f"has the policy {policy} {where}"


def _other(inputs: Mapping[str, Any]) -> Iterator[str]:
    yield "is there"
    for key, value in inputs.items():
        if key not in _NO_RIGHTS:
            yield from policy_said(value) if _is_policy(value) else plain(key, value)


def _is_policy(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{") and '"Statement"' in value


def policy_said(text: str) -> Iterator[str]:
    """A sentence for each action of a policy."""
    if not _is_policy(text):
        yield f"has the policy {referred(text)}"
        return
    for each, action in _actions(text):
        by = f" by {', '.join(_flat(each['Principal']))}" if "Principal" in each else ""
        yield f"{_may(each)} {action}{_on(each)}{by}{_when(each)}"


def _actions(text: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    statements = json.loads(text)["Statement"]
    for each in statements if isinstance(statements, list) else [statements]:
        yield from ((each, action) for action in listed(each.get("Action", [])))
        yield from ((each, f"do all but {action}") for action in listed(each.get("NotAction", [])))


def _may(statement: Mapping[str, Any]) -> str:
    return "may not" if statement.get("Effect") == "Deny" else "may"


def _on(statement: Mapping[str, Any]) -> str:
    for key, words in (("Resource", " on "), ("NotResource", " on all but ")):
        if things := [referred(one) for one in listed(statement.get(key, []))]:
            return words + ", ".join("everything" if one == "*" else one for one in things)
    return ""


def _when(statement: Mapping[str, Any]) -> str:
    conditions = [
        _condition(operator, key, listed(value))
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    ]
    return f" where {' and '.join(conditions)}" if conditions else ""


def _condition(operator: str, key: str, values: list[Any]) -> str:
    if operator == "Null":
        return f"{key} {_SET[str(values[0]).lower()]}"
    return f"{key} {_OPERATORS.get(operator, operator)} {' or '.join(map(referred, values))}"


def _flat(value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return ["anybody" if each == "*" else referred(each) for each in listed(value)]
    return [each for item in value.values() for each in _flat(item)]
