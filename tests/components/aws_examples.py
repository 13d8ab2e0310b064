"""One ordinary site on AWS; a test changes the part that it tests."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pulumi
import pulumi_aws as aws

from components.addons import Addons, DcgmExporter, NvidiaDevicePlugin
from components.aws.cluster import NewEksCluster
from components.aws.cluster_autoscaler import ClusterAutoscaler
from components.aws.gpu_pool import GpuPool, GroupSize, Taint
from components.aws.load_balancer_controller import LoadBalancerController
from components.aws.network import Network
from components.aws.node_template import NodeDisk
from components.aws.pod_logs import PodLogs
from components.aws.weights_file_system import WeightsFileSystem
from components.chart import Chart
from infra.clouds.aws.answers import ANSWERS
from infra.recording import Recorded, Recording, record

ZONES = ["use1-az1", "use1-az2", "use1-az4"]
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
RELEASE = "kubernetes:helm.sh/v3:Release"
_GPU_NODES = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]

NETWORK: dict[str, Any] = {
    "vpc_name": "llm-test",
    "cidr": "10.0.0.0/16",
    "zone_ids": ZONES,
    "nat_per_zone": False,
    "region": "us-east-1",
    "log_days": 30,
}
ADDON_VERSIONS = {
    "vpc-cni": "v1.21.1-eksbuild.1",
    "coredns": "v1.13.2-eksbuild.4",
    "kube-proxy": "v1.35.3-eksbuild.2",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    "eks-node-monitoring-agent": "v1.6.6-eksbuild.1",
    "aws-ebs-csi-driver": "v1.59.0-eksbuild.1",
    "aws-efs-csi-driver": "v3.1.0-eksbuild.1",
    "aws-mountpoint-s3-csi-driver": "v2.7.0-eksbuild.1",
}
CLUSTER: dict[str, Any] = {
    "cluster_name": "llm-test",
    "version": "1.35",
    "addon_versions": ADDON_VERSIONS,
    "ami_release": "1.35.6-20260714",
    "region": "us-east-1",
    "partition": "aws",
    "admins": [],
    "viewers": [],
    "api_from": [],
    "system_instance_type": "m7i.xlarge",
    "system_ami_type": "AL2023_x86_64_STANDARD",
    "system_count": 2,
    "system_root_gib": 50,
    "ebs_driver": True,
    "efs_driver": True,
    "s3_driver": True,
    "node_monitor": {"dcgmAgent": {}},
    "log_days": 30,
    "protect": False,
    "tags": {"team": "ml"},
}
LABELS = {
    "nvidia.com/gpu.present": "true",
    "k8s.amazonaws.com/accelerator": "nvidia-l4",
    "llm-platform/pool": "l4",
}
POOL: dict[str, Any] = {
    "cluster_name": "llm-test",
    "version": "1.35",
    "ami_release": "1.35.6-20260714",
    "instance_types": ["g6.xlarge", "g6.2xlarge"],
    "ami_type": "AL2023_x86_64_NVIDIA",
    "capacity": "spot",
    "min_nodes": 0,
    "max_nodes": 4,
    "gpus_per_node": 1,
    "disk": NodeDisk(200, iops=4000, throughput=1000),
    "ephemeral_gib": 150,
    "labels": LABELS,
    "taint": Taint("nvidia.com/gpu", "present", "NoSchedule"),
    "tags": {"team": "ml"},
    "node_repair": True,
}


def chart(name: str, namespace: str = "kube-system") -> Chart:
    return Chart(name, "https://charts.example.com", "1.2.3", namespace)


def addons(vpc_id: pulumi.Input[str]) -> dict[str, Any]:
    """The component's arguments for every add-on."""
    return {
        "mirror": None,
        "nvidia_device_plugin": NvidiaDevicePlugin(chart("nvidia-device-plugin"), _GPU_NODES),
        "dcgm_exporter": DcgmExporter(chart("dcgm-exporter"), _GPU_NODES, {"DCGM_FI_DEV_GPU_UTIL": "gauge"}, {}),
        "metrics_server": chart("metrics-server"),
        "keda": chart("keda", "keda"),
        "prometheus": chart("kube-prometheus-stack", "monitoring"),
        "of_the_cloud": {
            "cluster-autoscaler": ClusterAutoscaler(
                chart("cluster-autoscaler"), "v1.35.2", "llm-test", "us-east-1", 675
            ),
            "fluent-bit": PodLogs(chart("fluent-bit"), "llm-test", "us-east-1", "llm", "/llm-platform/test", 30),
            "load-balancer-controller": LoadBalancerController(
                chart("aws-load-balancer-controller"), "llm-test", "us-east-1", "aws", vpc_id, {"team": "ml"}
            ),
        },
    }


def on_aws(program: Callable[[pulumi.ResourceOptions], Any], *, preview: bool = False, **options: Any) -> Recording:
    """Record a program that is given options with an AWS provider."""

    def with_provider() -> None:
        program(pulumi.ResourceOptions(providers=[aws.Provider("aws", region="us-east-1")]))

    return record(with_provider, stack="test", preview=preview, **{"answers": ANSWERS, **options})


def site(*, preview: bool = False, **changes: dict[str, Any]) -> Recording:
    """A network, a cluster, a pool, a file system and every add-on, with the changes given for each."""
    return _site(preview, **changes) if changes else _ordinary_site(preview)


@cache
def _ordinary_site(preview: bool) -> Recording:
    return _site(preview)


def _site(preview: bool, **changes: dict[str, Any]) -> Recording:
    assert changes.keys() <= {"network", "cluster", "pool", "addons"}

    def program(opts: pulumi.ResourceOptions) -> None:
        network = Network("network", opts=opts, **{**NETWORK, **changes.get("network", {})})
        subnets = list(network.private_subnet_ids.values())
        arguments = {**CLUSTER, **changes.get("cluster", {})}
        cluster = NewEksCluster("cluster", subnet_ids=subnets, depends_on=[network], opts=opts, **arguments)
        sizes = {**POOL, **changes.get("pool", {})}
        low, high = sizes.pop("min_nodes"), sizes.pop("max_nodes")
        groups = sizes.pop("groups", {"": GroupSize(subnets, low, high)})
        GpuPool(
            "l4",
            node_role_arn=cluster.node_role_arn,
            groups=groups,
            depends_on=cluster.before_nodes,
            opts=opts,
            **sizes,
        )
        WeightsFileSystem(
            "weights",
            file_system_name="llm-test-weights",
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            client_security_group_ids={"nodes": cluster.security_group_id},
            uid=2000,
            gid=3000,
            protect=arguments["protect"],
            opts=opts,
        )
        both = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(providers=[cluster.provider]))
        wanted = {**addons(network.vpc_id), **changes.get("addons", {})}
        Addons("addons", depends_on=cluster.ready, opts=both, **wanted)

    return on_aws(program, preview=preview)


def waits_for(recording: Recording, resource: Recorded) -> set[tuple[str, str]]:
    """(type, name) of all that is there before the resource and gone after it, near and far."""
    by_urn = {r.urn: r for r in recording.resources}
    seen: dict[str, Recorded] = {}
    open_urns = _needs(resource)
    while open_urns:
        urn = open_urns.pop()
        if urn not in seen:
            seen[urn] = by_urn[urn]
            open_urns |= _needs(by_urn[urn])
    return {(r.type, r.name) for r in seen.values()}


def _needs(resource: Recorded) -> set[str]:
    provider = resource.options.get("provider")
    return {*resource.options.get("depends_on", ()), *([provider] if provider else [])}
