"""What `up` finds on an EKS cluster of somebody else before it adds nodes there."""

from typing import Any

import pytest

from infra.clouds.aws.cloud import AWS
from infra.live import look
from tests.example_stacks import plan_text, planned, text
from tests.live.machine import Machine, held

pytestmark = pytest.mark.programs

SAID, READ = planned("existing-eks").plan, planned("existing-eks-read").plan
MOUNTED = planned("existing-eks-efs").plan
CLUSTER: dict[str, Any] = {
    "status": "ACTIVE",
    "version": "1.35",
    "kubernetesNetworkConfig": {"ipFamily": "ipv4"},
    "resourcesVpcConfig": {
        "vpcId": "vpc-1",
        "clusterSecurityGroupId": "sg-c",
        "subnetIds": ["subnet-0ab1", "subnet-0ab2"],
    },
}
NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}
INTERNET = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}


def subnet(name: str, zone: str, *, public: bool = False, free: int = 200) -> dict[str, Any]:
    return {
        "SubnetId": name,
        "AvailabilityZone": f"name of {zone}",
        "AvailabilityZoneId": zone,
        "MapPublicIpOnLaunch": public,
        "AvailableIpAddressCount": free,
    }


BOTH = [subnet("subnet-0ab1", "use1-az1"), subnet("subnet-0ab2", "use1-az2")]


WITH = {
    "vllm": "model: Qwen/Qwen3-4B,",
    "tgi": "model: Qwen/Qwen2.5-7B-Instruct, engine: tgi, acknowledgeMaintenanceMode: true,",
}


def answers(
    machine: Machine,
    *,
    cluster: dict[str, Any] = CLUSTER,
    subnets: list[dict[str, Any]] = BOTH,
    route: dict[str, Any] = NAT,
    groups: tuple[str, ...] = ("sg-c", "sg-0ab1"),
    daemon: str | None = None,
    autoscaler: str | None = None,
    node_in: str = "use1-az1",
    driver: bool = True,
) -> None:
    table = {"Associations": [{"Main": True}], "Routes": [LOCAL, route]}
    node = {
        "SecurityGroups": [{"GroupId": each} for each in groups],
        "Placement": {"AvailabilityZone": f"name of {node_in}"},
    }
    machine.answer(["describe-cluster"], {"cluster": cluster})
    machine.answer(["describe-subnets"], {"Subnets": subnets})
    machine.answer(["describe-route-tables"], {"RouteTables": [table]})
    machine.answer(["describe-instances"], {"Reservations": [{"Instances": [node]}]})
    for kind, image in (("daemonset", daemon), ("deployment", autoscaler)):
        machine.answer([kind, "--all-namespaces"], {"items": [workload(image)] if image else []})
    for kind in ("scaledobjects.keda.sh", "apiservice", "customresourcedefinition", "team-ml"):
        machine.answer([kind], {"metadata": {"name": kind}})
    own = {"metadata": {"name": "theirs", "labels": {"node.acme.io/pool": "gpu"}}, "spec": {}}
    machine.answer(["nodes"], {"items": [own | {"status": {"allocatable": {"nvidia.com/gpu": "1"}}}]})
    machine.answer(["storageclass"], {"items": [{"metadata": {"name": "efs-sc"}}]})
    machine.answer(["csidriver"], {"metadata": {"name": "efs.csi.aws.com"}} if driver else "")


def workload(image: str) -> dict[str, Any]:
    pod = {"spec": {"containers": [{"image": image}]}}
    return {"metadata": {"name": "theirs", "namespace": "kube-system"}, "spec": {"template": pod}}


PLUGIN, AUTOSCALER = (
    "nvcr.io/nvidia/k8s-device-plugin:v0.17.4",
    "registry.k8s.io/autoscaling/cluster-autoscaler:v1.35.0",
)


def found(plan: Any) -> list[tuple[str, str]]:
    there = look(plan, AWS, "existing-eks")
    assert there.not_checked == []
    return [(each.path, f"{each.message}; {each.fix}") for each in there.obstacles]


def test_a_cluster_that_takes_the_nodes_is_no_obstacle(machine: Machine) -> None:
    answers(machine)
    assert found(SAID) == []
    answers(machine, daemon=PLUGIN, autoscaler=AUTOSCALER)
    assert found(READ) == []


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"status": "UPDATING"}, "cluster.existing.eks", "shared-prod is UPDATING"),
        ({"version": "1.33"}, "cluster.existing.version", "1.34, and the cluster runs 1.33: EKS refuses newer nodes"),
        ({"version": "1.38"}, "cluster.existing.version", "a node may be 3 minor versions behind"),
        ({"kubernetesNetworkConfig": {"ipFamily": "ipv6"}}, "cluster.existing.eks", "IPv6"),
    ],
)
def test_a_cluster_that_takes_no_such_node_is_one(
    machine: Machine, change: dict[str, Any], path: str, says: str
) -> None:
    answers(machine, cluster=CLUSTER | change)
    [(at, said)] = found(SAID)
    assert at == path
    assert says in said


@pytest.mark.parametrize(
    ("given", "path", "says"),
    [
        ({"subnets": BOTH[:1]}, "gpuPools.l4", "no private subnet in use1-az2 for its nodes; there are subnet-0ab1"),
        (
            {"subnets": [BOTH[0], subnet("subnet-0ab2", "use1-az2", public=True)]},
            "gpuPools.l4",
            "subnet-0ab2 (use1-az2, public)",
        ),
        (
            {"subnets": [subnet("subnet-0ab1", "use1-az1", free=5), subnet("subnet-0ab2", "use1-az2", free=6)]},
            "gpuPools.l4.max",
            "6 nodes with their pods take about 48 addresses (an estimate)",
        ),
        ({"route": INTERNET}, "cluster.existing.subnetIds", "subnet-0ab1 is public: its default route leads to igw-1"),
        ({"route": LOCAL}, "cluster.existing.subnetIds", "subnet-0ab1 has no default route"),
        (
            {"groups": ("sg-theirs",)},
            "cluster.existing.securityGroupIds",
            "may be out of reach: these nodes have sg-theirs, which nodes of this stack lack",
        ),
    ],
)
def test_a_network_in_which_nodes_would_not_join_is_one(
    machine: Machine, given: dict[str, Any], path: str, says: str
) -> None:
    answers(machine, **given)
    at, said = found(SAID)[0]
    assert at == path
    assert says in said


def test_addresses_that_the_stacks_nodes_have_already_are_not_asked_for_again(machine: Machine) -> None:
    answers(machine, subnets=[subnet("subnet-0ab1", "use1-az1", free=5), subnet("subnet-0ab2", "use1-az2", free=6)])
    machine.state(held("aws:eks/nodeGroup:NodeGroup", "l4-nodes-use1-az1"))
    assert found(SAID) == []


@pytest.mark.parametrize(
    ("plan", "daemon", "autoscaler", "paths"),
    [
        (READ, None, None, ["addons.nvidiaDevicePlugin", "addons.clusterAutoscaler"]),
        (READ, PLUGIN, None, ["addons.clusterAutoscaler"]),
        (READ, "public.ecr.aws/eks/aws-efa-k8s-device-plugin:v0.5", AUTOSCALER, ["addons.nvidiaDevicePlugin"]),
        (SAID, PLUGIN, AUTOSCALER, ["addons.nvidiaDevicePlugin", "addons.clusterAutoscaler"]),
    ],
)
def test_what_is_installed_there_is_what_the_stack_file_says(
    machine: Machine, plan: Any, daemon: str | None, autoscaler: str | None, paths: list[str]
) -> None:
    answers(machine, daemon=daemon, autoscaler=autoscaler)
    assert [path for path, _ in found(plan)] == paths


def test_no_device_plugin_is_missed_where_nodes_have_their_own(machine: Machine) -> None:
    answers(machine, autoscaler=AUTOSCALER)
    rocket = text("existing-eks-read").replace("[g6e.2xlarge],", "[g6e.2xlarge], os: bottlerocket,")
    assert found(plan_text("rocket", rocket).plan) == []


def test_the_cluster_is_asked_once(machine: Machine) -> None:
    answers(machine)
    assert found(SAID) == []
    assert sum("describe-cluster" in call for call in machine.calls) == 1


def test_a_cluster_that_cannot_be_read_stops_no_other_check(machine: Machine) -> None:
    answers(machine)
    machine.answer(["describe-cluster"], "")
    there = look(SAID, AWS, "existing-eks")
    assert there.obstacles == []
    assert {str(each).rpartition(": ")[2] for each in there.not_checked} == {"no answer in JSON"}


THREE = [*BOTH, subnet("subnet-0ab3", "use1-az3")]


@pytest.mark.parametrize(
    ("given", "path", "says"),
    [
        (
            {"subnets": BOTH},
            "cluster.existing.zones",
            "no private subnet in use1-az3 for the file system's mount target",
        ),
        (
            {"subnets": [*THREE, subnet("subnet-0ab4", "use1-az4")], "node_in": "use1-az4"},
            "cluster.existing.zones",
            "cluster.existing.zones: [use1-az1, use1-az2, use1-az3, use1-az4]",
        ),
        ({"node_in": "use1-az5"}, "cluster.existing.zones", "use1-az3, the id of name of use1-az5]"),
        ({"driver": False}, "cache.kind", "run: aws eks create-addon --addon-name aws-efs-csi-driver"),
    ],
)
def test_a_file_system_that_a_node_there_could_not_mount_is_one(
    machine: Machine, given: dict[str, Any], path: str, says: str
) -> None:
    answers(machine, daemon=PLUGIN, autoscaler=AUTOSCALER, **{"subnets": THREE, **given})
    [(at, said)] = found(MOUNTED)
    assert at == path
    assert says in said


@pytest.mark.parametrize("engine", ["vllm", "tgi"])
def test_a_bucket_needs_a_driver_where_a_server_reads_it_as_files(machine: Machine, engine: str) -> None:
    answers(machine, daemon=PLUGIN, autoscaler=AUTOSCALER, driver=False)
    named = text("existing-eks-efs").replace("kind: efs", "kind: s3").replace(", use1-az3]", "]")
    obstacles = found(plan_text("bucket", named.replace("model: Qwen/Qwen3-4B,", WITH[engine])).plan)
    command = "run: aws eks create-addon --addon-name aws-mountpoint-s3-csi-driver"
    assert [(at, command in said) for at, said in obstacles] == [("cache.kind", True)] * (engine == "tgi")


def test_a_file_system_that_each_node_there_can_mount_is_none(machine: Machine) -> None:
    answers(machine, daemon=PLUGIN, autoscaler=AUTOSCALER, subnets=THREE)
    assert found(MOUNTED) == []
