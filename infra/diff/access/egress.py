"""Where the stack sends to: pods, security groups, routes to the internet, and what Jobs download."""

from collections.abc import Iterator
from typing import Any

from infra.diff.access.peers import peers
from infra.diff.access.security_groups import security_groups
from infra.sides.statements import JOB, Statements, Workload, say, say_of_each, variables, words, workloads
from infra.sides.types import Resource, Side

_ROUTE, _ENDPOINT = "aws:ec2/route:Route", "aws:ec2/vpcEndpoint:VpcEndpoint"
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_WAYS = {
    "natGatewayId": "a NAT gateway",
    "gatewayId": "the internet gateway",
    "transitGatewayId": "a transit gateway",
    "egressOnlyGatewayId": "an egress-only gateway",
}
_HUB, _OLLAMA = "huggingface.co", "registry.ollama.ai"


def egress(side: Side) -> Statements:
    found = peers(side, "Egress", "to anywhere")
    for thing, rules in security_groups(side, "egress").items():
        say(found, thing, *rules)
    say_of_each(found, side, _of)
    for workload in workloads(side):
        only = "download Job only" if workload.type == JOB else f"pods of {workload.name}"
        for host, what in _downloads(workload):
            say(found, f"{host} ({only})", what)
    return found


def _of(each: Resource) -> Iterator[tuple[str, str]]:
    inputs = each["inputs"]
    to = inputs.get("destinationCidrBlock") or inputs.get("destinationIpv6CidrBlock")
    if each["type"] == _ROUTE and to in _EVERYWHERE:
        yield each["name"], f"{to} through {_way(inputs)}"
    elif each["type"] == _ENDPOINT:
        yield f"VPC endpoint {inputs.get('serviceName')}", inputs.get("policy") or "for every request"


def _way(inputs: dict[str, Any]) -> str:
    return next((way for key, way in _WAYS.items() if inputs.get(key)), "another gateway")


def _downloads(workload: Workload) -> Iterator[tuple[str, str]]:
    for container in workload.containers:
        said, environment = words(container), variables(container)
        if "download" in said:
            host = environment.get("HF_ENDPOINT", _HUB).removeprefix("https://")
            yield host, said[said.index("download") + 1]
        elif any("ollama pull" in each for each in said):
            yield _OLLAMA, environment.get("MODEL", "")
