"""Node groups on an EKS cluster that exists: what they are made with, and that nothing of the cluster is touched."""

import json

import pytest

from tests.example_stacks import plan_text, planned, text
from tests.invariants.reading import LAUNCH_TEMPLATE, NODE_GROUP, RELEASE, VOLUME

SAID, READ, EFS = "existing-eks", "existing-eks-read", "existing-eks-efs"
MADE_FOR_NODES = {  # of AWS alone; nothing is of the cluster, its network or its add-ons
    "aws:autoscaling/tag:Tag",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:iam/role:Role",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
}
OF_THE_FILE_SYSTEM = {
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:efs/accessPoint:AccessPoint",
    "aws:efs/fileSystem:FileSystem",
    "aws:efs/mountTarget:MountTarget",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
}
OF_THE_AUTOSCALER = {"aws:eks/podIdentityAssociation:PodIdentityAssociation", "aws:iam/rolePolicy:RolePolicy"}


@pytest.mark.parametrize(("stack", "more"), [(SAID, OF_THE_AUTOSCALER), (READ, set()), (EFS, OF_THE_FILE_SYSTEM)])
def test_only_node_groups_and_what_they_need_are_made(stack: str, more: set[str]) -> None:
    types = {made.type for made in planned(stack).recording.resources if made.type.startswith("aws:")}
    assert types == MADE_FOR_NODES | more


def test_what_the_stack_file_says_decides() -> None:
    """Each zone's group has the subnets there, the version and its AMI release, and both security groups."""
    recording = planned(SAID).recording
    group = recording.one(NODE_GROUP, "l4-nodes-use1-az2")
    assert group.inputs["subnetIds"] == ["${subnet-0ab1 in use1-az2}", "${subnet-0ab2 in use1-az2}"]
    assert (group.inputs["version"], group.inputs["releaseVersion"]) == ("1.34", "1.34.9-20260714")
    assert group.options["ignore_changes"] == ["scalingConfig.desiredSize"]
    template = recording.one(LAUNCH_TEMPLATE, "l4-template").inputs
    assert template["vpcSecurityGroupIds"] == ["${existing.clusterSecurityGroupId}", "sg-0ab1"]


def test_what_it_does_not_say_is_read_once_and_kept() -> None:
    """Otherwise an upgrade of the control plane would restart the models, and a new subnet replace their nodes."""
    recording = planned(READ).recording
    group = recording.one(NODE_GROUP, "l40s-nodes")
    assert group.inputs["version"] == "${existing.version}"
    assert group.inputs["subnetIds"] == ["${existing.subnetIds in use1-az1, use1-az2, use1-az4, use1-az6}"]
    assert {"version", "releaseVersion", "subnetIds"} < set(group.options["ignore_changes"])
    assert "vpcSecurityGroupIds" not in recording.one(LAUNCH_TEMPLATE, "l40s-template").inputs


def test_an_autoscaler_of_ours_leaves_the_groups_of_others_alone() -> None:
    """EKS gives every managed node group the tags by which autoscalers find groups."""
    recording = planned(SAID).recording
    values = recording.one(RELEASE, "addons-cluster-autoscaler").inputs["values"]
    assert values["autoDiscovery"]["tags"] == ["llm-platform/cluster-autoscaler"]
    policy = json.loads(
        recording.one("aws:iam/rolePolicy:RolePolicy", "addons-cluster-autoscaler-policy").inputs["policy"]
    )
    (change,) = [each for each in policy["Statement"] if "autoscaling:SetDesiredCapacity" in each["Action"]]
    assert change["Condition"]["StringEquals"]["aws:ResourceTag/llm-platform/cluster-autoscaler"] == "true"


def test_the_network_plugin_may_use_the_role_of_the_nodes() -> None:
    """On most clusters it has no other; without rights no pod gets an address."""
    attached = planned(READ).recording.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy" in {each.inputs["policyArn"] for each in attached}


def test_the_bill_has_our_nodes_and_nothing_of_the_cluster() -> None:
    items = {item.name for item in planned(SAID).plan.cost.items if item.max}
    assert items == {"GPU nodes l4", "node disks"}


def test_the_quota_counts_our_nodes() -> None:
    (quota,) = planned(SAID).plan.quotas
    assert quota.needed == 6 * 16  # the larger of the two types


@pytest.mark.parametrize(
    ("stack", "path", "asked"),
    [
        (SAID, "addons.clusterAutoscaler", False),
        (SAID, "addons.nvidiaDevicePlugin", False),
        (SAID, "cluster.existing.eks", True),  # the Pod Identity agent, for the autoscaler
        (READ, "addons.clusterAutoscaler", True),
        (READ, "addons.nvidiaDevicePlugin", True),
        (READ, "cluster.existing.eks", False),
        (READ, "cache.kind", False),
        (EFS, "cache.kind", True),  # the driver of EFS
    ],
)
def test_what_is_asked_of_a_person_is_what_the_stack_leaves_to_the_cluster(stack: str, path: str, asked: bool) -> None:
    assert any(each.path == path for each in planned(stack).plan.to_do) is asked


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("", ""), ["nodes of this stack show no GPU without"]),
        (("[g6e.2xlarge],", "[g6e.2xlarge], os: bottlerocket,"), ["nodes of l40s have their own device plugin"]),
        (
            ("gpuPools:", "gpuPools:\n      rocket: {instanceTypes: [g6.2xlarge], os: bottlerocket, max: 1}"),
            ["nodes of l40s show no GPU without", "nodes of rocket have their own device plugin"],
        ),
    ],
)
def test_a_device_plugin_there_is_asked_for_where_nodes_have_none(edit: tuple[str, str], said: list[str]) -> None:
    """Nodes with their own would offer their GPUs twice."""
    made = plan_text("plugin", text(READ).replace(*edit, 1)).plan
    found = [each.message for each in made.to_do if each.path == "addons.nvidiaDevicePlugin"]
    assert [any(each.startswith(begin) for each in found) for begin in said] == [True] * len(said)
    assert len(found) == len(said)


def test_a_model_that_fits_no_pool_there_is_offered_a_pool_that_holds_it() -> None:
    """And the offer, written into the stack file, plans to no violation."""
    large = text(READ).replace("model: Qwen/Qwen3-8B", "model: Qwen/Qwen3-32B").replace("50Gi", "200Gi")
    (violation,) = plan_text("large", large).plan.violations
    offered = [dict(advice.write) for advice in violation.advice]
    pools = {path: value for write in offered for path, value in write.items() if path.endswith(".instanceTypes")}
    assert pools
    (path, types), *_ = pools.items()
    name = path.split(".")[1]
    followed = large.replace("pool: l40s", f"pool: {name}").replace(
        "      l40s: {instanceTypes: [g6e.2xlarge], capacity: spot, max: 3}",
        f"      {name}: {{instanceTypes: {list(types)}}}",
    )
    assert plan_text("followed", followed).plan.violations == ()


def test_a_file_system_is_mounted_in_each_zone_that_the_stack_file_names() -> None:
    """Also in one without GPUs, where nodes of somebody else fetch the weights; its subnet and VPC are read by `up`."""
    recording = planned(EFS).recording
    targets = {each.inputs["subnetId"] for each in recording.of("aws:efs/mountTarget:MountTarget")}
    assert targets == {f"${{existing.subnetIds in {zone}}}" for zone in ("use1-az1", "use1-az2", "use1-az3")}
    assert recording.one("aws:ec2/securityGroup:SecurityGroup", "weights-efs").inputs["vpcId"] == "${existing.vpcId}"
    rules = recording.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {each.inputs["referencedSecurityGroupId"] for each in rules} == {
        "${existing.clusterSecurityGroupId}",
        "sg-0ab1",
    }
    (volume,) = recording.of(VOLUME)
    storage = planned(EFS).plan.cache.storage
    assert storage is not None
    assert volume.inputs["spec"]["csi"]["driver"] == storage.driver
    (pool,) = planned(EFS).plan.pools.values()
    assert pool.zone_ids == ("use1-az1", "use1-az2")


def test_the_bill_has_the_file_system_and_protect_guards_it() -> None:
    (item,) = [each for each in planned(EFS).plan.cost.items if each.name == "EFS"]
    assert 0 < item.min < item.max
    assert planned(EFS).recording.one("aws:efs/fileSystem:FileSystem", "weights-efs").options["protect"] is True
