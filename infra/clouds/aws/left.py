"""Whether AWS has a resource that an interrupted `up` began to make, and whether it is this stack's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.live.commands import NotRead, output_of
from infra.live.left import Left
from infra.live.state import Held


@dataclass(frozen=True)
class _Kind:
    """`id`: the id by which the provider imports it; `ask`: arguments of the AWS CLI; `answer`: the key of the resource
    in its answer; `inputs`: properties that have to be equal, by Pulumi's name, and their names in the answer."""

    id: str
    ask: tuple[str, ...]
    answer: str
    inputs: Mapping[str, str]


# Types whose names this program chose. Any other resource has a name that only AWS knows.
_KINDS = {
    "aws:eks/cluster:Cluster": _Kind(
        "{name}",
        ("describe-cluster", "--name", "{name}"),
        "cluster",
        {"roleArn": "roleArn", "vpcConfig.subnetIds": "resourcesVpcConfig.subnetIds"},
    ),
    "aws:eks/nodeGroup:NodeGroup": _Kind(
        "{clusterName}:{nodeGroupName}",
        ("describe-nodegroup", "--cluster-name", "{clusterName}", "--nodegroup-name", "{nodeGroupName}"),
        "nodegroup",
        {"nodeRoleArn": "nodeRole", "subnetIds": "subnets"},
    ),
    "aws:eks/addon:Addon": _Kind(
        "{clusterName}:{addonName}",
        ("describe-addon", "--cluster-name", "{clusterName}", "--addon-name", "{addonName}"),
        "addon",
        {"addonVersion": "addonVersion"},
    ),
}


def left_in_aws(held: Held, where: tuple[str, ...]) -> Left | None:
    """What became of a resource; None: it isn't one of AWS. Raises NotRead."""
    if not held.type.startswith("aws:"):
        return None
    if held.type not in _KINDS:
        return Left(held, "AWS may have made it, under a name that only AWS knows", "yours")
    found, name = _in_aws(held.type, held.inputs, where), _import_id(held.type, held.inputs)
    if found is None:
        return Left(held, "not there", "forgotten")
    if other := _differs(held.type, held.inputs, found):
        return Left(held, f"AWS has {name} with another {', '.join(other)}: somebody else's", "yours")
    return Left(held, f"AWS has {name}: {found['status']}", "imported", name)


def _import_id(type_: str, inputs: Mapping[str, Any]) -> str:
    return _KINDS[type_].id.format(**inputs)


def _in_aws(type_: str, inputs: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any] | None:
    """What AWS says of the resource; None: AWS has none with that name. Raises NotRead."""
    kind = _KINDS[type_]
    words = (each.format(**inputs) for each in kind.ask)
    try:
        return json.loads(output_of("aws", "eks", *words, *where, "--output", "json"))[kind.answer]
    except NotRead as error:
        if "ResourceNotFoundException" in str(error):
            return None
        raise


def _differs(type_: str, inputs: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Properties that are other in AWS than this stack wanted them: then somebody else made the resource."""
    other = [
        ours
        for ours, theirs in _KINDS[type_].inputs.items()
        if _plain(_at(inputs, ours)) != _plain(_at(found, theirs)) and _at(inputs, ours) is not None
    ]
    tags, there = inputs.get("tagsAll") or inputs.get("tags") or {}, found.get("tags") or {}
    return other + [f"tag {name}" for name, value in tags.items() if there.get(name) != value]


def _at(values: Any, path: str) -> Any:
    for key in path.split("."):
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _plain(value: Any) -> Any:
    """A value to compare: the order of lists, such as subnets, doesn't matter."""
    return sorted(value) if isinstance(value, list) else value
