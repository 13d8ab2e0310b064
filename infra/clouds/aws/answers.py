"""What look-ups in AWS answer during a plan, which doesn't ask AWS; `plan` lists the answers as assumptions."""

from collections.abc import Mapping
from typing import Any


def _existing_eks(args: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": args["name"],
        "name": args["name"],
        "arn": "${existing.arn}",
        "endpoint": "${existing.endpoint}",
        "certificateAuthorities": [{"data": "${existing.certificateAuthority}"}],
        "version": "${existing.version}",
        "vpcConfig": {
            "vpcId": "${existing.vpcId}",
            "clusterSecurityGroupId": "${existing.clusterSecurityGroupId}",
            "subnetIds": ["${existing.subnetIds}"],
        },
    }


def _subnet(args: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": args["id"], "cidrBlock": f"${{{args['id']}.cidrBlock}}"}


def _subnets(args: Mapping[str, Any]) -> dict[str, Any]:
    """By the subnets and the zones that are asked for."""
    asked = {each["name"]: each["values"] for each in args["filters"]}
    those = [each.strip("${}") for each in asked["subnet-id"]]
    return {"id": "-", "ids": [f"${{{each} in {', '.join(asked['availability-zone-id'])}}}" for each in those]}


ANSWERS = {
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:eks/getCluster:getCluster": _existing_eks,
}
