"""A cluster on AWS: its system nodes, what AWS rarely has, and what an existing one must have."""

import json

import pytest

from infra.clouds.aws.plan import aws_cluster
from infra.plan.kinds import by_kind
from infra.planning import Plan
from tests.example_stacks import plan_text
from tests.planning.stacks import CATALOG, DEV, SHARED, changed, plan

SMALL = """\
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster:
      create:
        version: "1.35"
        zones: 2
        network: {nat: one}
        access: {admins: ["arn:aws:iam::111122223333:role/platform"]}
        systemNodes: {instanceType: t4g.xlarge}
    gpuPools: {l4: {instanceTypes: [g6.xlarge], capacity: spot}}
    models: {chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: 1}}
    addons: {prometheus: disabled, keda: disabled}
"""


def warned(made: Plan, path: str) -> list[str]:
    return [note.message for note in made.warnings if note.path == path]


@pytest.mark.parametrize(
    ("instance_type", "ami_type"),
    [
        ("m7i.xlarge", "AL2023_x86_64_STANDARD"),
        ("m7g.xlarge", "AL2023_ARM_64_STANDARD"),
        ("t4g.xlarge", "AL2023_ARM_64_STANDARD"),
    ],
)
def test_system_nodes_boot_an_image_of_their_architecture(instance_type: str, ami_type: str) -> None:
    made = plan(changed(DEV, cluster__create__systemNodes={"instanceType": instance_type}))
    assert aws_cluster(made.cluster).system_ami_type == ami_type
    assert not made.violations


def test_a_small_footprint_can_be_chosen() -> None:
    """Arm system nodes, one NAT gateway, no Prometheus and no KEDA can be chosen together."""
    small, usual = plan_text("small", SMALL), plan(changed(DEV, gpuPools__l4__instanceTypes=["g6.xlarge"]))
    assert not small.plan.violations
    (nodes,) = [r for r in small.recording.of("aws:eks/nodeGroup:NodeGroup") if r.name == "cluster-system"]
    assert (nodes.inputs["instanceTypes"], nodes.inputs["amiType"]) == (["t4g.xlarge"], "AL2023_ARM_64_STANDARD")
    assert len(small.recording.of("aws:ec2/natGateway:NatGateway")) == 1
    releases = {r.name for r in small.recording.of("kubernetes:helm.sh/v3:Release")}
    assert releases
    assert not any("prometheus" in name or "keda" in name for name in releases)
    assert not any("monitoring.coreos.com" in r.type or "keda.sh" in r.type for r in small.recording.resources)
    assert small.plan.cost.usd_per_month_min < usual.cost.usd_per_month_min


@pytest.mark.parametrize(
    ("types", "capacity", "rare"),
    [
        (["p4d.24xlarge"], "on-demand", True),
        (["p5.48xlarge"], "on-demand", True),
        (["p5en.48xlarge"], "on-demand", True),
        (["p6-b200.48xlarge"], "on-demand", True),
        (["p5.48xlarge"], "spot", False),
        (["g6e.12xlarge"], "on-demand", False),
    ],
)
def test_a_type_that_aws_rarely_has_on_demand_is_a_warning(types: list[str], capacity: str, rare: bool) -> None:
    made = plan(changed(DEV, gpuPools={"big": {"instanceTypes": types, "capacity": capacity}}))
    messages = [text for text in warned(made, "gpuPools.big.instanceTypes") if text.startswith("AWS rarely has")]
    assert len(messages) == rare
    assert all(types[0] in text and "Capacity Reservation" in text for text in messages)


def test_what_pools_share_of_a_warning_is_said_once() -> None:
    pools = {
        "a": {"instanceTypes": ["p5.48xlarge"], "min": 1},
        "b": {"instanceTypes": ["p4d.24xlarge"], "min": 1},
    }
    lines = {note.path: note.message for note in by_kind(plan(changed(DEV, gpuPools=pools)).warnings)}
    rare, raising = lines["gpuPools.*.instanceTypes"], lines["gpuPools.*.min"]
    assert rare.startswith("AWS rarely has these types on demand: pods wait until it has one. Reserve them first")
    assert rare.endswith(": a (p5.48xlarge), b (p4d.24xlarge)")
    assert raising.startswith("EKS refuses a minimum above the number of running nodes")
    assert raising.endswith(": a, b")


@pytest.mark.parametrize(
    ("addons", "asked"),
    [
        ({}, None),
        ({"metricsServer": "install"}, None),
        ({"clusterAutoscaler": "install"}, "clusterAutoscaler: AWS rights"),
        (
            {"clusterAutoscaler": "install", "loadBalancerController": "install"},
            "clusterAutoscaler, loadBalancerController: AWS rights",
        ),
    ],
)
def test_an_existing_cluster_needs_the_agent_that_gives_pods_their_rights(
    addons: dict[str, str], asked: str | None
) -> None:
    made = plan(changed(SHARED, addons=addons))
    messages = [note.message for note in made.to_do if note.path == "cluster.existing.eks"]
    assert len(messages) == (asked is not None)
    for message in messages:
        assert message.startswith(str(asked))
        command = "aws eks create-addon --addon-name eks-pod-identity-agent --cluster-name shared-prod"
        assert f"`{command} --region us-east-1`" in message


def test_a_cluster_that_we_make_has_the_agent() -> None:
    assert not [note for note in plan(DEV).to_do if "pod-identity" in note.message]


@pytest.mark.parametrize("version", ["1.34", "1.35", "1.36"])
def test_addons_and_nodes_have_versions_that_a_new_table_alone_moves(version: str) -> None:
    made = plan(changed(DEV, cluster__create__version=version))
    row = CATALOG.aws.versions[version]
    assert aws_cluster(made.cluster).addon_versions == row.addons
    assert made.chosen["cluster.create.amiRelease"].value == aws_cluster(made.cluster).ami_release == row.ami_release
    chosen = {path.split(".")[3] for path in made.chosen if path.startswith("cluster.create.addonVersions.")}
    unused = {"aws-ebs-csi-driver", "aws-mountpoint-s3-csi-driver"}
    assert chosen == set(row.addons) - unused, "a driver that isn't installed needs no version"


def test_a_version_of_the_stack_file_wins_and_the_others_stay() -> None:
    own = {"vpc-cni": "v1.22.4-eksbuild.3"}
    written = json.loads(json.dumps(DEV))
    written["cluster"]["create"] |= {"addonVersions": own, "amiRelease": "1.35.5-20260610"}
    made = plan(written)
    assert aws_cluster(made.cluster).addon_versions == {**CATALOG.aws.versions["1.35"].addons, **own}
    assert aws_cluster(made.cluster).ami_release == "1.35.5-20260610"
    assert "cluster.create.addonVersions.vpc-cni" not in made.chosen
    assert "cluster.create.amiRelease" not in made.chosen


def test_kube_proxy_and_nodes_are_of_the_clusters_minor() -> None:
    for version, row in CATALOG.aws.versions.items():
        assert row.ami_release.startswith(f"{version}.")
        assert row.addons["kube-proxy"].startswith(f"v{version}.")


ARNS = {
    "certificateArn": "arn:aws:acm:us-east-1:210987654321:certificate/5f0c",
    "wafAclArn": "arn:aws:wafv2:us-east-1:210987654321:regional/webacl/llm/5f0c",
}
OURS, OTHER = (f"arn:aws:iam::{account}:role/platform" for account in ("210987654321", "998877665544"))


@pytest.mark.parametrize(
    ("cluster", "proven", "written"),
    [
        ({"create": {"access": {"admins": [OTHER]}}}, False, True),
        ({"create": {"access": {"admins": [OTHER, OURS]}}}, False, True),
        ({"create": {}}, False, True),
        ({"existing": {"eks": "shared"}}, False, False),
        ({"create": {"access": {"admins": [OURS]}}}, True, False),
        ({"create": {"access": {"admins": [OTHER, OURS]}, "accountId": "210987654321"}}, True, False),
    ],
)
def test_the_account_of_a_certificate_and_a_web_acl_is_a_thing_to_see_where_nothing_proves_it(
    cluster: dict, proven: bool, written: bool
) -> None:
    gateway = {"domain": "llm.acme.io", "expose": "public", "clients": {"web": {}}, **ARNS}
    stack = {**DEV, "gpuPools": {}, "cluster": cluster, "gateway": gateway}
    if "existing" in cluster:
        stack["gpuPools"] = SHARED["gpuPools"]
    to_dos = {note.path: note.message for note in plan(stack).to_do if "account 210987654321" in note.message}
    assert to_dos.keys() == (set() if proven else {f"gateway.{name}" for name in ARNS})
    for message in to_dos.values():
        assert "`aws sts get-caller-identity --query Account --region us-east-1` prints it" in message
        assert ('write cluster.create.accountId: "210987654321"' in message) is written


def test_a_role_for_signed_requests_names_the_command_of_the_cluster() -> None:
    existing = {"url": "https://metrics.acme.io", "namespace": "m", "auth": {"sigv4": {"region": "us-east-1"}}}
    made = plan(changed(SHARED, addons={"prometheus": {"existing": existing}, "keda": "install"}))
    (said,) = [note.message for note in made.to_do if note.path.endswith("auth.sigv4")]
    command = "aws eks create-pod-identity-association --cluster-name shared-prod --namespace keda"
    assert f"`{command} --service-account keda-operator --role-arn ... --region us-east-1`" in said
