"""What parts of the program must agree on: subnets and policies, outputs and Secrets, addresses and releases."""

from ipaddress import IPv4Network
from typing import Any

from infra.recording import Recording
from tests.example_stacks import plan_text, planned_stack

SUBNET = "aws:ec2/subnet:Subnet"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
OWN_VPC = """\
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster:
      create:
        version: "1.35"
        zones: [use1-az1, use1-az2]
        network: {vpcId: vpc-1, privateSubnetIds: [subnet-1, subnet-2], publicSubnetIds: [subnet-3, subnet-4]}
    models: {chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192}}
    gateway: {domain: llm.example.com}
"""


def admitted_cidrs(recording: Recording) -> set[str]:
    """Addresses outside the cluster that may reach a model."""
    policies = [policy.inputs["spec"] for policy in recording.of(POLICY)]
    peers: list[dict[str, Any]] = [
        peer for spec in policies for rule in spec.get("ingress", ()) for peer in rule["from"]
    ]
    return {peer["ipBlock"]["cidr"] for peer in peers if "ipBlock" in peer}


def test_what_lets_the_load_balancer_in_lets_in_no_pod() -> None:
    recording = planned_stack("prod").recording
    subnets = {subnet.name: IPv4Network(subnet.inputs["cidrBlock"]) for subnet in recording.of(SUBNET)}
    admitted = {IPv4Network(cidr) for cidr in admitted_cidrs(recording)}
    assert admitted == {cidr for name, cidr in subnets.items() if "-public-" in name}
    assert not any(each.overlaps(cidr) for each in admitted for name, cidr in subnets.items() if "-private-" in name)


def test_the_load_balancer_is_in_the_subnets_that_are_let_in() -> None:
    (ingress, *_) = planned_stack("prod").recording.of(INGRESS)
    subnets = ingress.inputs["metadata"]["annotations"]["alb.ingress.kubernetes.io/subnets"]
    assert subnets.split(",") == [f"${{network-public-use1-az{zone}.id}}" for zone in (1, 2, 4)]


def test_a_vpc_that_exists_has_its_load_balancer_in_the_public_subnets_given() -> None:
    recording = plan_text("own", OWN_VPC).recording
    (ingress,) = recording.of(INGRESS)
    assert ingress.inputs["metadata"]["annotations"]["alb.ingress.kubernetes.io/subnets"] == "subnet-3,subnet-4"
    assert admitted_cidrs(recording) == {"${subnet-3.cidrBlock}", "${subnet-4.cidrBlock}"}


def test_the_outputs_name_secrets_that_are_there() -> None:
    planned = planned_stack("prod")
    secrets = {
        (secret.inputs["metadata"]["namespace"], secret.inputs["metadata"]["name"]): secret.inputs["stringData"]
        for secret in planned.recording.of("kubernetes:core/v1:Secret")
    }
    named = {name: each["api_key_secret"] for name, each in planned.recording.outputs["models"].items()}
    assert {"helper", "llama-8b", "llama-70b"} <= named.keys()
    assert [each for each in named.values() if each["key"] not in secrets[each["namespace"], each["name"]]] == []


def test_prometheus_is_asked_where_its_release_is() -> None:
    planned = planned_stack("prod")
    release = planned.recording.one("kubernetes:helm.sh/v3:Release", "addons-prometheus")
    assert planned.plan.monitoring is not None
    assert planned.plan.monitoring.namespace == release.inputs["namespace"]
    assert planned.plan.monitoring.url == f"http://prometheus-operated.{release.inputs['namespace']}.svc:9090"
