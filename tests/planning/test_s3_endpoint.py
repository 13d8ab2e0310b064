"""`cache.endpoint`: servers reach the bucket by addresses of the network and by no others, or have a way out."""

import json
import re

import pytest

from components.aws.network import Network
from infra.cli.report.cold_start import cold_start_section
from infra.clouds.aws.diff import access
from infra.plan.plan import Plan
from tests.components.aws_examples import NETWORK, on_aws, waits_for
from tests.example_stacks import planned as site
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import CATALOG, DEV, PROD, changed

S3 = {**DEV, "cache": {"kind": "s3", "compile": True}}
OPEN = changed(S3, cache__endpoint="gateway")
INSIDE, OUTSIDE = outcome(S3), outcome(OPEN)
SITE = site("s3-cache").recording
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
OWN_VPC = {"vpcId": "vpc-1", "privateSubnetIds": ["subnet-1", "subnet-2"]}


def _warnings(plan: Plan) -> list[str]:
    return [each.message for each in plan.warnings if each.kind == "reads-bucket"]


def _usd(plan: Plan) -> float:
    return plan.cost.usd_per_month_min


def _weights(plan: Plan) -> float:
    return plan.models["qwen3-8b"].cold_start.parts["weights"].mid


@pytest.mark.parametrize("model", ["llama-8b", "vectors"])
def test_a_server_reaches_the_subnets_of_the_endpoint_and_what_gives_it_its_rights(model: str) -> None:
    egress = SITE.one(POLICY, f"{model}-policy").inputs["spec"]["egress"]
    to = {
        (peer["ipBlock"]["cidr"], port["port"])
        for rule in egress
        for peer in rule["to"]
        for port in rule["ports"]
        if "ipBlock" in peer and port["port"] != 53
    }
    zones = site("s3-cache").plan.cluster.zone_ids
    made = [SITE.one("aws:ec2/subnet:Subnet", f"network-s3-{zone}").inputs["cidrBlock"] for zone in zones]
    assert to == {*((cidr, 443) for cidr in made), ("169.254.170.23/32", 80)}
    assert tuple(made) == site("s3-cache").plan.cache.bucket_cidrs


def test_its_clients_ask_for_the_names_that_the_endpoint_has() -> None:
    """botocore asks for s3.amazonaws.com in us-east-1, which a server couldn't reach; the download may go anywhere."""
    regional = {"name": "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "value": "regional"}
    spec = SITE.one("kubernetes:apps/v1:Deployment", "llama-8b-deployment").inputs["spec"]["template"]["spec"]
    assert all(regional in each["env"] for each in (*spec["containers"], *spec["initContainers"]))
    download = SITE.one(POLICY, "llama-8b-prefetch-network-policy").inputs["spec"]["egress"]
    assert "0.0.0.0/0" in json.dumps(download)


def test_every_client_of_the_network_uses_it_and_nobody_else_is_admitted() -> None:
    ranges = {"use1-az1": "10.0.224.0/22", "use1-az2": "10.0.228.0/22"}
    made = on_aws(lambda opts: Network("network", opts=opts, **{**NETWORK, "s3_cidrs": ranges}))
    endpoint = made.one(ENDPOINT, "network-s3-interface")
    assert endpoint.inputs["vpcEndpointType"] == "Interface"
    assert endpoint.inputs["serviceName"] == "com.amazonaws.us-east-1.s3"
    assert endpoint.inputs["privateDnsEnabled"] is True
    assert endpoint.inputs["dnsOptions"]["privateDnsOnlyForInboundResolverEndpoint"] is False
    assert endpoint.inputs["subnetIds"] == ["${network-s3-use1-az1.id}", "${network-s3-use1-az2.id}"]
    rule = made.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "network-s3-from-vpc")
    assert (rule.inputs["cidrIpv4"], rule.inputs["fromPort"], rule.inputs["toPort"]) == (NETWORK["cidr"], 443, 443)
    assert rule.inputs["securityGroupId"] == "${network-s3-clients.id}"
    assert endpoint.inputs["securityGroupIds"] == ["${network-s3-clients.id}"]
    assert {(rule.type, rule.name), (ENDPOINT, "network-s3")} <= waits_for(made, endpoint)
    balancers = {"kubernetes.io/role/elb", "kubernetes.io/role/internal-elb"}
    assert not balancers & made.one("aws:ec2/subnet:Subnet", "network-s3-use1-az1").inputs["tags"].keys()


def test_through_it_strangers_may_only_have_objects_read() -> None:
    (endpoint,) = [each for each in SITE.of(ENDPOINT) if each.inputs["vpcEndpointType"] == "Interface"]
    ours, images = json.loads(endpoint.inputs["policy"])["Statement"]
    assert ours["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "${network-vpc.ownerId}"}}
    assert (ours["Action"], images["Action"]) == ("s3:*", "s3:GetObject")
    assert "Condition" not in images
    said = {
        statement for _, statement in access.egress({"type": endpoint.type, "name": "e", "inputs": endpoint.inputs})
    }
    assert "may s3:GetObject on everything by anybody" in said


def test_without_it_the_warning_has_the_remedy_and_its_price_and_both_hold() -> None:
    assert _warnings(INSIDE) == []
    (warning,) = _warnings(OUTSIDE)
    found = re.search(r"(cache\.endpoint): (\w+) ends that, for \$([\d.]+) per month", warning)
    assert found is not None
    key, value, price = found.groups()
    then = outcome(follow(OPEN, {key: value}))
    assert _warnings(then) == []
    assert _usd(then) - _usd(OUTSIDE) == pytest.approx(float(price), abs=0.01)
    assert OUTSIDE.cache.bucket_cidrs == ()


@pytest.mark.parametrize("kind", ["efs", "s3"])
def test_a_start_that_the_endpoint_slows_is_shorter_by_what_is_printed(kind: str) -> None:
    """Each of four GPUs reads all of the weights."""
    stack = changed(PROD, cache={"kind": kind})
    made = planned(stack)
    (found,) = [each for each in made.remedies["llama-70b"] if each.name == "weights streamed from S3"]
    said = [each for line in cold_start_section(made).note.splitlines() for each in line.split("; ")]
    (line,) = [each for each in said if "cache.endpoint" in each and "less for llama-70b" in each]
    written = dict(re.findall(r"(cache\.\w+): (\w+)", line))
    assert written == {"cache.endpoint": "gateway"} | ({} if kind == "s3" else {"cache.kind": "s3"})
    then = outcome(follow(stack, written)).models["llama-70b"].cold_start.seconds
    assert made.models["llama-70b"].cold_start.seconds - then == pytest.approx(found.seconds, abs=2)


def test_a_network_that_we_make_has_it_unless_the_stack_file_says_gateway() -> None:
    chosen = INSIDE.chosen["cache.endpoint"]
    assert (chosen.value, "cache.endpoint: gateway is free" in chosen.reason) == ("interface", True)
    assert "cache.endpoint" not in OUTSIDE.chosen
    assert outcome(changed(S3, cache__endpoint="interface")).cost == INSIDE.cost
    assert "endpoint of S3" not in {each.name for each in OUTSIDE.cost.items}
    assert "through the endpoint of S3, $0.01 per GB" in INSIDE.cost.left_out
    assert "through the endpoint" not in OUTSIDE.cost.left_out


@pytest.mark.parametrize(
    "cluster",
    [
        {"create": {**DEV["cluster"]["create"], "zones": ["use1-az1", "use1-az2"], "network": OWN_VPC}},
        {"existing": {"eks": "shared", "version": "1.35", "zones": ["use1-az1", "use1-az2"]}},
    ],
    ids=["a VPC that exists", "a cluster that exists"],
)
def test_a_network_of_somebody_else_is_left_as_it_is(cluster: dict) -> None:
    there = outcome({**S3, "cluster": cluster})
    assert (there.cache.bucket_cidrs, "cache.endpoint" in there.chosen) == ((), False)
    (warning,) = _warnings(there)
    assert "cache.endpoint" not in warning


def test_its_bandwidth_is_counted_and_the_hours_of_each_zone_are_billed() -> None:
    figures, gib = CATALOG.cold_start, INSIDE.models["qwen3-8b"].weights_on_disk_gib
    quick = changed(S3, gpuPools__l4={"instanceTypes": ["g6.16xlarge"]})
    inside, outside = outcome(quick), outcome(changed(quick, cache__endpoint="gateway"))
    assert _weights(inside) == pytest.approx(gib * 1024 / figures["stream-endpoint"].value)
    assert _weights(outside) == pytest.approx(gib * 1024 / figures["stream-s3"].value)
    (item,) = [each for each in INSIDE.cost.items if each.name == "endpoint of S3"]
    assert item.min == item.max == pytest.approx(2 * 0.01 * 730)
