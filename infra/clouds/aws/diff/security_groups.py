"""Rules of security groups, whether they are inside the group or resources themselves."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.clouds.resource_types import Said
from infra.sides.statements import referred
from infra.sides.types import Resource

_GROUPS = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_OWN_RULES = {
    "ingress": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "egress": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
}
_PEERS = ("cidrIpv4", "cidrIpv6", "cidrBlocks", "ipv6CidrBlocks", "prefixListId", "prefixListIds")
_PEER_GROUPS = ("referencedSecurityGroupId", "sourceSecurityGroupId", "securityGroups")


def security_group_rules(each: Resource, direction: str) -> Iterator[Said]:
    """`direction`: ingress or egress."""
    for group, rule in _rules(each, direction):
        for statement in _said(rule, "from" if direction == "ingress" else "to"):
            yield f"security group {group}", statement


def _rules(each: Resource, direction: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    inputs = each["inputs"]
    if each["type"] in _GROUPS:
        yield from ((each["name"], rule) for rule in inputs.get(direction) or ())
    elif each["type"] == _OWN_RULES[direction] or (each["type"] == _RULE and inputs.get("type") == direction):
        yield referred(inputs.get("securityGroupId")), inputs


def _said(rule: Mapping[str, Any], word: str) -> Iterator[str]:
    protocol = rule.get("ipProtocol") or rule.get("protocol") or "-1"
    first, last = rule.get("fromPort"), rule.get("toPort")
    ports = "every port" if str(protocol) == "-1" or first is None else f"{protocol} {first}"
    ports += f"-{last}" if last not in (None, first) and ports != "every port" else ""
    peers = [rule[key] for key in _PEERS if rule.get(key)]
    peers += [f"security group {each}" for key in _PEER_GROUPS if rule.get(key) for each in _listed(rule[key])]
    peers += ["itself"] if rule.get("self") in (True, "true") else []
    for peer in peers or ["anywhere"]:
        yield from (f"{word} {each} ({ports})" for each in _listed(peer))


def _listed(value: Any) -> list[str]:
    return [referred(each) for each in value] if isinstance(value, list) else [referred(value)]
