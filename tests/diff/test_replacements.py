"""What a provider can only replace: the table knows every type that the program makes."""

import importlib
import re

import pulumi_kubernetes
import pytest

from infra.diff.replacements import forces, table
from tests.example_stacks import ALL_STACKS, planned


@pytest.fixture(scope="module")
def made() -> set[str]:
    """The types that the program makes."""
    return {resource.type for stack in ALL_STACKS for resource in planned(stack).recording.resources}


# (type, property) -> replaced?
SAID = {
    ("aws:eks/nodeGroup:NodeGroup", "instanceTypes"): True,
    ("aws:eks/nodeGroup:NodeGroup", "capacityType"): True,
    ("aws:eks/nodeGroup:NodeGroup", "launchTemplate.id"): True,
    ("aws:eks/nodeGroup:NodeGroup", "launchTemplate.version"): False,
    ("aws:eks/nodeGroup:NodeGroup", "scalingConfig.maxSize"): False,
    ("aws:eks/nodeGroup:NodeGroup", "version"): False,
    ("aws:eks/cluster:Cluster", "version"): False,
    ("aws:eks/cluster:Cluster", "vpcConfig.subnetIds"): False,
    ("aws:eks/cluster:Cluster", "name"): True,
    ("aws:autoscaling/tag:Tag", "autoscalingGroupName"): True,
    ("aws:autoscaling/tag:Tag", "tag.key"): True,
    ("aws:autoscaling/tag:Tag", "tag.value"): False,
    ("aws:ec2/vpc:Vpc", "cidrBlock"): True,
    ("aws:ec2/vpc:Vpc", "tags.Name"): False,
    ("aws:ec2/subnet:Subnet", "availabilityZoneId"): True,
    ("aws:efs/fileSystem:FileSystem", "throughputMode"): False,
    ("aws:efs/accessPoint:AccessPoint", "rootDirectory.path"): True,
    ("kubernetes:apps/v1:Deployment", "metadata.name"): True,
    ("kubernetes:apps/v1:Deployment", "metadata.namespace"): True,
    ("kubernetes:apps/v1:Deployment", "metadata.namespaced"): False,
    ("kubernetes:apps/v1:Deployment", "spec.selector.matchLabels.app"): True,
    ("kubernetes:apps/v1:Deployment", "spec.template.spec.containers[server].image"): False,
    ("kubernetes:batch/v1:Job", "spec.template.spec.containers[prefetch].args[1]"): True,
    ("kubernetes:batch/v1:Job", "spec.activeDeadlineSeconds"): False,
    ("kubernetes:core/v1:PersistentVolumeClaim", "spec.storageClassName"): True,
    ("kubernetes:core/v1:PersistentVolumeClaim", "spec.resources.requests.storage"): False,
    ("kubernetes:core/v1:Secret", "stringData.token"): False,  # the provider may change a Secret
    ("kubernetes:keda.sh/v1alpha1:ScaledObject", "spec.maxReplicaCount"): False,
    ("kubernetes:keda.sh/v1alpha1:ScaledObject", "metadata.name"): True,
    ("kubernetes:helm.sh/v3:Release", "version"): False,
    ("kubernetes:helm.sh/v3:Release", "namespace"): True,
    ("kubernetes:helm.sh/v3:Release", "metadata.name"): False,  # no object of Kubernetes
    ("pulumi:providers:kubernetes", "clusterIdentifier"): True,
    ("pulumi:providers:kubernetes", "context"): False,
    ("pulumi:providers:aws", "region"): False,
    ("llm:aws:GpuPool", "anything"): False,
    ("aws:sqs/queue:Queue", "name"): True,
    ("aws:sqs/queue:Queue", "messageRetentionSeconds"): False,
    ("aws:sns/topic:Topic", "name"): None,
}


def test_a_property_replaces_or_changes_in_place() -> None:
    assert {property_: forces(*property_) for property_ in SAID} == SAID


def test_every_type_that_the_program_makes_is_known(made: set[str]) -> None:
    assert {type_ for type_ in made if forces(type_, "anything") is None} == set()


def test_another_region_replaces_all_of_aws_but_roles(made: set[str]) -> None:
    of_aws = {type_ for type_ in made if type_.startswith("aws:")}
    assert {type_ for type_ in of_aws if not forces(type_, "region")} == {
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    }


def test_the_sdk_has_every_type_and_property_of_the_table(subtests: pytest.Subtests) -> None:
    for type_, paths in table().items():
        if type_ != "kubernetes:*":
            with subtests.test(type_):
                assert {path.split(".")[0] for path in paths} - arguments_of(type_) == set()


def arguments_of(type_: str) -> set[str]:
    """The names of a resource's inputs, as its provider writes them."""
    package, module, name = type_.split(":")
    if package == "pulumi":
        found = pulumi_kubernetes.ProviderArgs
    elif package == "kubernetes":
        domain, version = module.split("/")
        group = importlib.import_module(f"pulumi_kubernetes.{domain.split('.')[0]}.{version}")
        found = getattr(group, f"{name}InitArgs", None) or getattr(group, f"{name}Args")
    else:
        group = importlib.import_module(f"pulumi_{package}.{module.split('/')[0]}".removesuffix(".index"))
        found = getattr(group, f"{name}Args")
    return {camel(each) for each in dir(found) if not each.startswith("_")}


def camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
