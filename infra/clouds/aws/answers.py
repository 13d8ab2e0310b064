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
        "vpcConfig": {"vpcId": "${existing.vpcId}", "clusterSecurityGroupId": "${existing.clusterSecurityGroupId}"},
    }


def _subnet(args: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": args["id"], "cidrBlock": f"${{{args['id']}.cidrBlock}}"}


ANSWERS = {
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:eks/getCluster:getCluster": _existing_eks,
}
