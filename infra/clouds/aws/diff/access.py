"""From where AWS resources can be reached, to where they can connect, and whose code they run."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.clouds.aws.diff.rights import policy_said
from infra.clouds.aws.diff.security_groups import security_group_rules
from infra.clouds.aws.diff.tokens import ADDON, CLUSTER, NODE_CLASS, NODE_GROUP, SUBNET, TEMPLATE
from infra.clouds.resource_types import Reach, Said
from infra.sides.statements import referred
from infra.sides.types import Resource

_ROUTE, _ENDPOINT = "aws:ec2/route:Route", "aws:ec2/vpcEndpoint:VpcEndpoint"
_PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_CLOSED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_WAYS = {
    "natGatewayId": "a NAT gateway",
    "gatewayId": "the internet gateway",
    "transitGatewayId": "a transit gateway",
    "egressOnlyGatewayId": "an egress-only gateway",
}
_SCHEME = "alb.ingress.kubernetes.io/scheme"
_SCHEMES = {"internet-facing": Reach("the internet", public=True), "internal": Reach("inside the VPC", public=False)}


def reach(annotations: Mapping[str, Any]) -> Reach | None:
    return _SCHEMES.get(annotations.get(_SCHEME, ""))


def exposure(each: Resource) -> Iterator[Said]:
    inputs = each["inputs"]
    yield from security_group_rules(each, "ingress")
    if each["type"] == CLUSTER:
        yield from (("the cluster's API", statement) for statement in _api(inputs.get("vpcConfig", {})))
    elif each["type"] == _PUBLIC_ACCESS:
        unset = [key for key in _CLOSED if inputs.get(key) not in (True, "true")]
        found = f"may be public: {', '.join(unset)} isn't true" if unset else "is closed to the public"
        yield f"bucket {referred(inputs.get('bucket'))}", found
    elif each["type"] == SUBNET and inputs.get("mapPublicIpOnLaunch") in (True, "true"):
        yield f"nodes in {each['name']}", "have public addresses"


def _api(vpc: Mapping[str, Any]) -> list[str]:
    if vpc.get("endpointPublicAccess") in (False, "false"):
        return ["from inside the VPC"]
    return [f"from {cidr}" for cidr in vpc.get("publicAccessCidrs") or ["anywhere"]]


def egress(each: Resource) -> Iterator[Said]:
    inputs = each["inputs"]
    yield from security_group_rules(each, "egress")
    to = inputs.get("destinationCidrBlock") or inputs.get("destinationIpv6CidrBlock")
    if each["type"] == _ROUTE and to in _EVERYWHERE:
        yield each["name"], f"{to} through {_way(inputs)}"
    elif each["type"] == _ENDPOINT:
        for statement in policy_said(inputs["policy"]) if inputs.get("policy") else ("for every request",):
            yield f"{_endpoint(inputs)} {inputs.get('serviceName')}", statement


def _endpoint(inputs: Mapping[str, Any]) -> str:
    return "VPC endpoint" if inputs.get("vpcEndpointType") != "Interface" else "interface endpoint"


def _way(inputs: Mapping[str, Any]) -> str:
    return next((way for key, way in _WAYS.items() if inputs.get(key)), "another gateway")


def code(each: Resource) -> Iterator[Said]:
    inputs = each["inputs"]
    if each["type"] == ADDON:
        yield f"EKS add-on {inputs['addonName']}", str(inputs.get("addonVersion") or "EKS' default version")
    elif each["type"] == NODE_GROUP and inputs.get("amiType"):
        version = inputs.get("version")  # of a cluster that exists it is read when the group is made
        without = f"the newest for Kubernetes {version}" if version else "the one for its cluster's Kubernetes version"
        yield f"AMI {inputs['amiType']}", str(inputs.get("releaseVersion") or without)
    elif each["type"] == TEMPLATE and inputs.get("imageId"):
        yield f"AMI of {each['name']}", str(inputs["imageId"])
    elif each["type"] == NODE_CLASS:
        for term in inputs["spec"]["amiSelectorTerms"]:
            yield f"AMI of {each['name']}", ", ".join(map(str, term.values()))
