"""A VPC whose subnets don't change when a zone is added or removed."""

import ipaddress
import json
from typing import Any

import pytest

from components.aws.network import Network, private_cidr, public_cidr
from infra.clouds.aws.endpoint import subnet_cidr
from infra.recording import Recording
from tests.components.aws_examples import NETWORK, ZONES, on_aws, waits_for

SUBNET = "aws:ec2/subnet:Subnet"
ROUTE = "aws:ec2/route:Route"
NAT = "aws:ec2/natGateway:NatGateway"


def network(*, preview: bool = False, **changes: Any) -> Recording:
    return on_aws(lambda opts: Network("network", opts=opts, **{**NETWORK, **changes}), preview=preview)


def subnets(recording: Recording) -> dict[str, dict]:
    return {r.name: dict(r.inputs) for r in recording.of(SUBNET)}


@pytest.mark.parametrize("preview", [False, True])
def test_each_zone_has_a_public_and_a_private_subnet_with_the_load_balancers_tag(preview: bool) -> None:
    made = subnets(network(preview=preview))
    assert len(made) == 2 * len(ZONES)
    for zone in ZONES:
        public, private = made[f"network-public-{zone}"], made[f"network-private-{zone}"]
        assert public["availabilityZoneId"] == private["availabilityZoneId"] == zone
        assert public["tags"]["kubernetes.io/role/elb"] == "1"
        assert private["tags"]["kubernetes.io/role/internal-elb"] == "1"


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "172.31.0.0/20", "10.1.4.0/22"])
def test_subnets_are_inside_the_vpc_and_apart(cidr: str) -> None:
    zones = [f"use1-az{number}" for number in range(1, 7)]
    blocks = [
        ipaddress.IPv4Network(of(cidr, zone)) for zone in zones for of in (private_cidr, public_cidr, subnet_cidr)
    ]
    assert all(block.subnet_of(ipaddress.IPv4Network(cidr)) for block in blocks)
    assert not any(a.overlaps(b) for a in blocks for b in blocks if a is not b)
    assert all(block.prefixlen <= 28 for block in blocks), "AWS makes no smaller subnet"


def test_another_zone_and_another_order_move_nothing() -> None:
    few = subnets(network(zone_ids=["use1-az4", "use1-az2"]))
    many = subnets(network(zone_ids=["use1-az1", "use1-az2", "use1-az4"]))
    assert few
    assert few == {name: many[name] for name in few}


@pytest.mark.parametrize(("per_zone", "gateways"), [(False, ["use1-az1"]), (True, ZONES)])
def test_private_subnets_leave_through_a_nat_gateway(per_zone: bool, gateways: list[str]) -> None:
    recording = network(nat_per_zone=per_zone)
    assert sorted(r.name for r in recording.of(NAT)) == [f"network-nat-{zone}" for zone in gateways]
    for zone in ZONES:
        route = recording.one(ROUTE, f"network-private-internet-{zone}")
        through = zone if per_zone else gateways[0]
        assert route.inputs["natGatewayId"] == f"${{network-nat-{through}.id}}"
        assert route.inputs["routeTableId"] == f"${{network-private-{zone}.id}}"


def test_from_one_nat_gateway_to_one_a_zone_no_route_table_changes() -> None:
    tables = [
        {r.urn: r.inputs for r in network(nat_per_zone=each).of("aws:ec2/routeTable:RouteTable")}
        for each in (False, True)
    ]
    assert len(tables[0]) == len(ZONES) + 1
    assert tables[0] == tables[1]


def test_the_default_security_group_lets_nothing_through() -> None:
    group = network().one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "network-default").inputs
    assert group["vpcId"] == "${network-vpc.id}"
    assert not group.get("ingress")
    assert not group.get("egress")


def test_connections_are_logged_and_the_log_has_an_end() -> None:
    recording = network(log_days=30)
    logs = recording.one("aws:cloudwatch/logGroup:LogGroup", "network-flows").inputs
    assert (logs["name"], logs["retentionInDays"]) == ("/aws/vpc/llm-test/flows", 30)
    flows = recording.one("aws:ec2/flowLog:FlowLog", "network-flows")
    assert flows.inputs["vpcId"] == "${network-vpc.id}"
    assert flows.inputs["trafficType"] == "ALL"
    assert flows.inputs["logDestination"] == "${network-flows.arn}"
    assert ("aws:iam/rolePolicy:RolePolicy", "network-flows") in waits_for(recording, flows)


def test_the_role_of_the_log_writes_to_that_log_alone_and_makes_none() -> None:
    policy = json.loads(network().one("aws:iam/rolePolicy:RolePolicy", "network-flows").inputs["policy"])
    write, look = policy["Statement"]
    assert write["Resource"] == ["${network-flows.arn}", "${network-flows.arn}:*"]
    assert not any("CreateLogGroup" in action for action in write["Action"])
    assert look["Action"] == "logs:DescribeLogGroups"


def test_s3_is_reached_without_nat_from_every_private_subnet() -> None:
    endpoint = network().one("aws:ec2/vpcEndpoint:VpcEndpoint", "network-s3").inputs
    assert endpoint["vpcEndpointType"] == "Gateway"
    assert endpoint["serviceName"] == "com.amazonaws.us-east-1.s3"
    assert len(endpoint["routeTableIds"]) == len(ZONES)
