"""The EKS cluster: what is enabled, who has access, and what waits for what."""

import json

import pytest

from components.aws.node_template import for_nodeadm
from tests.components.aws_examples import ADDON_VERSIONS, NODE_GROUP, RELEASE, ZONES, site, waits_for

CLUSTER = "aws:eks/cluster:Cluster"
ADDON = "aws:eks/addon:Addon"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ADMIN = "arn:aws:iam::111122223333:role/platform"
VIEWER = "arn:aws:iam::444455556666:role/platform"


@pytest.mark.parametrize("preview", [False, True])
def test_the_control_plane_is_closed_encrypted_logged_and_in_standard_support(preview: bool) -> None:
    eks = site(preview=preview).one(CLUSTER, "cluster-eks").inputs
    assert eks["name"] == "llm-test"
    assert eks["version"] == "1.35"
    assert eks["upgradePolicy"] == {"supportType": "STANDARD"}
    assert eks["bootstrapSelfManagedAddons"] is False
    assert eks["accessConfig"]["authenticationMode"] == "API"
    assert eks["encryptionConfig"]["resources"] == ["secrets"]
    assert set(eks["enabledClusterLogTypes"]) == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    assert eks["vpcConfig"]["endpointPrivateAccess"] is True
    assert eks["vpcConfig"]["endpointPublicAccess"] is False


def test_the_public_endpoint_is_open_to_the_named_addresses_only() -> None:
    network = (
        site(cluster={"api_from": ["203.0.113.0/24", "198.51.100.0/24"]})
        .one(CLUSTER, "cluster-eks")
        .inputs["vpcConfig"]
    )
    assert network["endpointPublicAccess"] is True
    assert network["publicAccessCidrs"] == ["198.51.100.0/24", "203.0.113.0/24"]


def test_admins_may_do_all_and_viewers_may_look() -> None:
    recording = site(cluster={"admins": [ADMIN], "viewers": [VIEWER]})
    granted = recording.of("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert {r.inputs["principalArn"]: r.inputs["policyArn"].rsplit("/", 1)[1] for r in granted} == {
        ADMIN: "AmazonEKSClusterAdminPolicy",
        VIEWER: "AmazonEKSViewPolicy",
    }
    assert len(recording.of("aws:eks/accessEntry:AccessEntry")) == 2


def test_whoever_makes_the_cluster_is_let_in_as_one_of_the_admins_only() -> None:
    """EKS would refuse the creator a second entry; flipping the flag later would replace the cluster."""
    eks = site().one(CLUSTER, "cluster-eks")
    assert eks.inputs["accessConfig"]["bootstrapClusterCreatorAdminPermissions"] is False
    assert eks.options["ignore_changes"] == ["accessConfig.bootstrapClusterCreatorAdminPermissions"]


@pytest.mark.parametrize("protect", [False, True])
def test_protection_covers_the_cluster_its_key_and_the_weights(protect: bool) -> None:
    recording = site(cluster={"protect": protect})
    assert recording.one(CLUSTER, "cluster-eks").inputs["deletionProtection"] is protect
    for type_, name in (
        (CLUSTER, "cluster-eks"),
        ("aws:kms/key:Key", "cluster-secrets"),
        ("aws:efs/fileSystem:FileSystem", "weights-efs"),
    ):
        assert recording.one(type_, name).options.get("protect", False) is protect


@pytest.mark.parametrize("group", ["cluster-system", "l4-nodes"])
def test_nodes_wait_for_network_and_identity_and_outlive_neither(group: str) -> None:
    recording = site()
    before = waits_for(recording, recording.one(NODE_GROUP, group))
    for addon in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        assert (ADDON, f"cluster-{addon}") in before
    assert ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "cluster-node-join") in before
    assert {("aws:ec2/route:Route", f"network-private-internet-{zone}") for zone in ZONES} <= before


@pytest.mark.parametrize(
    "addon", ["coredns", "aws-ebs-csi-driver", "aws-efs-csi-driver", "aws-mountpoint-s3-csi-driver"]
)
def test_addons_with_pods_to_place_wait_for_nodes(addon: str) -> None:
    recording = site()
    assert (NODE_GROUP, "cluster-system") in waits_for(recording, recording.one(ADDON, f"cluster-{addon}"))


@pytest.mark.parametrize("wanted", [True, False])
def test_a_storage_driver_comes_only_where_it_is_wanted(wanted: bool) -> None:
    kinds = {"ebs": "aws-ebs-csi-driver", "efs": "aws-efs-csi-driver", "s3": "aws-mountpoint-s3-csi-driver"}
    addons = {r.name for r in site(cluster={f"{kind}_driver": wanted for kind in kinds}).of(ADDON)}
    assert {"cluster-vpc-cni", "cluster-coredns"} <= addons
    assert {f"cluster-{addon}" in addons for addon in kinds.values()} == {wanted}


@pytest.mark.parametrize(
    ("addon", "account", "policy"),
    [
        ("vpc-cni", "aws-node", "AmazonEKS_CNI_Policy"),
        ("aws-ebs-csi-driver", "ebs-csi-controller-sa", "AmazonEBSCSIDriverPolicyV2"),
        ("aws-efs-csi-driver", "efs-csi-controller-sa", "service-role/AmazonEFSCSIDriverPolicy"),
    ],
)
def test_an_addon_gets_its_role_before_its_pods_start(addon: str, account: str, policy: str) -> None:
    recording = site()
    resource = recording.one(ADDON, f"cluster-{addon}")
    (association,) = resource.inputs["podIdentityAssociations"]
    assert association["serviceAccount"] == account
    role = association["roleArn"].removeprefix("${").removesuffix(".arn}")
    trust = json.loads(recording.one("aws:iam/role:Role", role).inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust["Statement"][0]["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    attached = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    (grant,) = [r for r in recording.of(attached) if r.inputs["role"] == f"${{{role}.name}}"]
    assert grant.inputs["policyArn"] == f"arn:aws:iam::aws:policy/{policy}"
    assert (grant.type, grant.name) in waits_for(recording, resource)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_every_arn_of_aws_is_of_the_regions_partition(partition: str) -> None:
    recording = site(cluster={"partition": partition, "admins": [ADMIN], "viewers": [VIEWER]})
    policies = {
        resource.inputs["policyArn"]
        for kind in (
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        )
        for resource in recording.of(kind)
    }
    assert len(policies) == 9
    assert {policy.split(":")[1] for policy in policies} == {partition}


def test_a_node_is_reached_by_session_manager() -> None:
    attached = site().one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "cluster-node-session").inputs
    assert attached["policyArn"] == "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    assert attached["role"] == "${cluster-node.name}"


def test_the_network_plugin_enforces_network_policies() -> None:
    cni = site().one(ADDON, "cluster-vpc-cni").inputs
    assert json.loads(cni["configurationValues"]) == {"enableNetworkPolicy": "true"}


def test_the_number_of_system_nodes_is_the_programs_also_later() -> None:
    nodes = site(cluster={"system_count": 3}).one(NODE_GROUP, "cluster-system")
    assert nodes.inputs["scalingConfig"] == {"minSize": 3, "maxSize": 3, "desiredSize": 3}
    assert "ignore_changes" not in nodes.options


@pytest.mark.parametrize("name", ["cluster-system", "l4-template"])
def test_every_node_has_an_encrypted_root_and_credentials_that_pods_cant_reach(name: str) -> None:
    template = site().one(TEMPLATE, name).inputs
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
    (root,) = template["blockDeviceMappings"]
    assert root["deviceName"] == "/dev/xvda"
    assert root["ebs"]["encrypted"] == "true"
    assert root["ebs"]["volumeType"] == "gp3"
    assert {kind["resourceType"] for kind in template["tagSpecifications"]} == {"instance", "volume"}
    assert all(kind["tags"]["team"] == "ml" for kind in template["tagSpecifications"])


@pytest.mark.parametrize("preview", [False, True])
def test_the_provider_knows_the_cluster_by_its_endpoint_and_mutates_secrets(preview: bool) -> None:
    provider = site(preview=preview).one("pulumi:providers:kubernetes", "cluster-kubernetes").inputs
    assert provider["enableSecretMutable"] == provider["enableConfigMapMutable"] == "true"
    if not preview:
        assert provider["clusterIdentifier"] == "${cluster-eks.endpoint}"
        user = json.loads(provider["kubeconfig"])["users"][0]["user"]
        assert user["exec"]["args"] == ["--region", "us-east-1", "eks", "get-token", "--cluster-name", "llm-test"]


def test_everything_in_the_cluster_waits_for_whoever_may_get_in() -> None:
    recording = site(cluster={"admins": [ADMIN]})
    releases = recording.of(RELEASE)
    assert releases
    access = {(r.type, r.name) for r in recording.of("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")}
    assert all(access <= waits_for(recording, release) for release in releases)


def test_the_same_node_settings_make_the_same_user_data() -> None:
    assert for_nodeadm({"a": 1}) == for_nodeadm({"a": 1}) != for_nodeadm({"a": 2})


def test_addons_and_nodes_have_the_version_that_is_passed() -> None:
    recording = site()
    versions = {r.inputs["addonName"]: r.inputs["addonVersion"] for r in recording.of("aws:eks/addon:Addon")}
    assert versions == ADDON_VERSIONS
    releases = {r.inputs["releaseVersion"] for r in recording.of(NODE_GROUP)}
    assert releases == {"1.35.6-20260714"}
