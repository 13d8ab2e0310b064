"""Every input of an AWS resource is one that the SDK has, of its type, and one that AWS's own API model allows."""

from collections import defaultdict
from functools import cache
from typing import Any

import pytest

from tests.aws_inputs import against_aws, against_the_sdk, models
from tests.example_stacks import ALL_STACKS, planned

MODELS = models()
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
MADE_WITHOUT_CHOICE = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "exists with its network; the provider empties it",
    "aws:ec2/internetGateway:InternetGateway": "the id of a network",
    "aws:ec2/routeTable:RouteTable": "the id of a network",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "the ids of a subnet and a route table",
}
OF_THE_PROVIDER = {  # what the provider sends in its own request, or under its own name
    "aws:autoscaling/tag:Tag": {"autoscalingGroupName"},
    "aws:ec2/flowLog:FlowLog": {"vpcId"},
    "aws:ec2/launchTemplate:LaunchTemplate": {"updateDefaultVersion"},
    "aws:ec2/vpc:Vpc": {"enableDnsHostnames", "enableDnsSupport"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"policy"},
    "aws:kms/key:Key": {"enableKeyRotation"},
    "aws:sqs/queue:Queue": {"messageRetentionSeconds", "sqsManagedSseEnabled"},
    "aws:sqs/queuePolicy:QueuePolicy": {"policy"},
    "aws:s3/bucket:Bucket": {"bucketPrefix", "forceDestroy"},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {"cidrIpv4", "securityGroupId"},
}


@cache
def inputs_by_type() -> dict[str, list[Any]]:
    found = defaultdict(list)
    for stack in ALL_STACKS:
        for made in planned(stack).recording.resources:
            if made.type.startswith("aws:"):
                found[made.type].append(made.inputs)
    return dict(found)


def test_each_type_that_a_stack_makes_is_compared() -> None:
    assert set(inputs_by_type()) - set(MADE_WITHOUT_CHOICE) == set(MODELS)


def test_each_input_is_one_that_the_sdk_has() -> None:
    wrong = {type_: found for type_, all_ in inputs_by_type().items() if (found := _each(type_, all_))}
    assert wrong == {}


def _each(type_: str, all_: list[Any]) -> list[str]:
    return sorted({line for inputs in all_ for line in against_the_sdk(type_, inputs)})


@pytest.mark.parametrize("type_", MODELS)
def test_each_value_is_one_that_aws_allows(type_: str) -> None:
    wrong, unknown = set(), set()
    for inputs in inputs_by_type()[type_]:
        said, unsaid = against_aws(MODELS[type_], inputs)
        wrong |= set(said)
        unknown |= unsaid
    assert wrong == set()
    assert unknown == OF_THE_PROVIDER.get(type_, set())


WRONG = {  # inputs of a node group -> what is wrong with them
    "capacityType": ({"capacityType": "spot"}, "capacityType: 'spot' is none of"),
    "less than its minimum": ({"scalingConfig": {"maxSize": 0}}, "scalingConfig.maxSize: 0 is less than 1"),
    "effect as Kubernetes writes it": ({"taints": [{"key": "a", "effect": "NoSchedule"}]}, "taints[].effect: 'NoSch"),
    "too long a label": ({"labels": {"a": "b" * 64}}, "labels.a: 64 is more than 63"),
    "a tag with a comma": ({"tags": {"a": "b,c"}}, "tags: a: 'b,c' is no tag"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_value_that_aws_refuses_is_found(case: str) -> None:
    inputs, said = WRONG[case]
    (found,) = against_aws(MODELS[NODE_GROUP], inputs)[0]
    assert found.startswith(said)


UNKNOWN_TO_THE_SDK = {
    "a misspelt key": ({"capacityTyp": "SPOT"}, ".capacityTyp is not in NodeGroupArgs"),
    "a misspelt key below": ({"scalingConfig": {"max": 2}}, "scalingConfig.max is not in NodeGroupScalingConfigArgs"),
    "a number as text": ({"scalingConfig": {"maxSize": "2"}}, "scalingConfig.maxSize: '2' is no int"),
    "one instead of a list": ({"instanceTypes": "g6.xlarge"}, "instanceTypes: 'g6.xlarge' is no list"),
}


@pytest.mark.parametrize("case", UNKNOWN_TO_THE_SDK)
def test_an_input_that_the_sdk_lacks_is_found(case: str) -> None:
    inputs, said = UNKNOWN_TO_THE_SDK[case]
    assert against_the_sdk(NODE_GROUP, inputs) == [said]
