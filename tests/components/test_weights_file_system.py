"""The file system for weights: one user, one port, a way in from each zone."""

import pulumi
import pytest

from components.aws.weights_file_system import WeightsFileSystem
from tests.components.aws_examples import ZONES, on_aws, site


@pytest.mark.parametrize("preview", [False, True])
def test_pods_of_every_zone_mount_it_as_one_user(preview: bool) -> None:
    recording = site(preview=preview)
    targets = recording.of("aws:efs/mountTarget:MountTarget")
    assert [r.name for r in targets] == [f"weights-{zone}" for zone in ZONES]
    point = recording.one("aws:efs/accessPoint:AccessPoint", "weights-weights").inputs
    assert point["posixUser"] == {"uid": 2000, "gid": 3000}
    assert point["rootDirectory"]["creationInfo"] == {"ownerUid": 2000, "ownerGid": 3000, "permissions": "0750"}


def test_it_is_encrypted_and_fast_from_the_first_byte() -> None:
    file_system = site().one("aws:efs/fileSystem:FileSystem", "weights-efs").inputs
    assert file_system["encrypted"] is True
    assert file_system["throughputMode"] == "elastic"


def test_only_nodes_reach_it_and_only_by_nfs() -> None:
    (rule,) = site().of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert rule.inputs["referencedSecurityGroupId"] == "${cluster-eks.vpcConfig.clusterSecurityGroupId}"
    assert (rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["ipProtocol"]) == (2049, 2049, "tcp")
    assert "ingress" not in site().one("aws:ec2/securityGroup:SecurityGroup", "weights-efs").inputs


def test_nodes_of_somebody_else_reach_it_too_and_their_subnets_may_change() -> None:
    def program(opts: pulumi.ResourceOptions) -> None:
        WeightsFileSystem(
            "weights",
            file_system_name="theirs-weights",
            vpc_id="vpc-1",
            subnet_ids={"use1-az1": "subnet-1"},
            client_security_group_ids={"nodes": "sg-c", "sg-1": "sg-1"},
            keeps_subnets=True,
            uid=2000,
            gid=3000,
            protect=True,
            opts=opts,
        )

    recording = on_aws(program)
    rules = recording.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {each.name: each.inputs["referencedSecurityGroupId"] for each in rules} == {
        "weights-from-nodes": "sg-c",
        "weights-from-sg-1": "sg-1",
    }
    assert recording.one("aws:efs/mountTarget:MountTarget", "weights-use1-az1").options["ignore_changes"] == [
        "subnetId"
    ]
