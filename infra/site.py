"""Where models run: the cluster that we make or find, its GPU nodes, file system and cluster-wide software."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pulumi
import pulumi_aws as aws

from components.addons import Addons, NvidiaDevicePlugin
from components.addons.component import CloudAddon
from components.aws.cluster import Cluster
from components.aws.cluster_autoscaler import ClusterAutoscaler
from components.aws.existing_cluster import ExistingEksCluster
from components.aws.gpu_pool import TAINT_KEY, GpuPool, GroupSize
from components.aws.load_balancer import alb_annotations
from components.aws.load_balancer_controller import LoadBalancerController
from components.aws.network import Network, public_cidr
from components.aws.weights_file_system import WeightsFileSystem
from components.chart import Chart
from components.context_cluster import ContextCluster
from components.pods import USER_ID
from infra.clouds.aws.plan import AwsCluster, aws_cluster
from infra.live import Namespaces
from infra.plan.cluster import PoolPlan
from infra.plan.plan import Plan

_PRIVATE_ADDRESSES = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
)  # RFC 1918: where a load balancer in a VPC sends from


@dataclass(frozen=True)
class Site:
    """What serving needs to know of it."""

    opts: pulumi.ResourceOptions  # the Kubernetes provider
    ready: Sequence[pulumi.Resource] = ()  # nodes, names and volumes that pods wait for
    pools: Mapping[str, GpuPool] = field(default_factory=dict)  # those that we make
    addons: Addons | None = None
    load_balancer_cidrs: Sequence[pulumi.Input[str]] = _PRIVATE_ADDRESSES
    file_system: WeightsFileSystem | None = None
    zone_names: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)  # by zone id
    # What the cloud's own load balancer is told of a route, by the model's health path.
    annotations: Callable[[Plan, str], Mapping[str, pulumi.Input[str]]] = lambda plan, health_path: {}

    @property
    def operators(self) -> list[pulumi.Resource]:
        """There before what they serve, and gone after it."""
        return self.addons.installed if self.addons else []


def aws_provider(plan: Plan) -> aws.Provider | None:
    """None where AWS isn't asked for anything. Tags are sorted: the provider takes them as text, where another order
    is a difference."""
    cluster = plan.cluster
    if not isinstance(cluster, AwsCluster):
        return None
    return aws.Provider(
        "aws",
        region=_region(plan),
        profile=cluster.profile,
        allowed_account_ids=[cluster.account_id] if cluster.account_id else None,
        default_tags={"tags": dict(sorted(cluster.tags.items()))},
    )


def make_site(plan: Plan, cloud: aws.Provider | None, namespaces: Namespaces) -> Site:
    if cloud is None:
        return _context(plan, namespaces)
    make = _new_cluster if plan.cluster.made else _existing_eks
    return make(plan, cloud, namespaces)


def _context(plan: Plan, namespaces: Namespaces) -> Site:
    cluster = ContextCluster("cluster", context=plan.cluster.name)
    opts = pulumi.ResourceOptions(provider=cluster.provider)
    return Site(opts, addons=_addons(plan, namespaces, opts=opts))


def _existing_eks(plan: Plan, cloud: aws.Provider, namespaces: Namespaces) -> Site:
    cluster = ExistingEksCluster(
        "cluster",
        cluster_name=plan.cluster.name,
        region=_region(plan),
        profile=aws_cluster(plan.cluster).profile,
        opts=_with(cloud),
    )
    both = pulumi.ResourceOptions(providers=[cloud, cluster.provider])
    addons = _addons(plan, namespaces, opts=both, vpc_id=cluster.vpc_id)
    return Site(
        pulumi.ResourceOptions(provider=cluster.provider), addons=addons, annotations=partial(_alb, subnet_ids=())
    )


def _new_cluster(plan: Plan, cloud: aws.Provider, namespaces: Namespaces) -> Site:
    settings = plan.settings
    wanted = aws_cluster(plan.cluster)
    network = _network(plan, cloud)
    create = settings.cluster.create
    assert create is not None
    assert wanted.ami_release is not None
    cluster = Cluster(
        "cluster",
        cluster_name=wanted.name,
        version=wanted.version,
        region=_region(plan),
        partition=wanted.partition,
        addon_versions=wanted.addon_versions,
        ami_release=wanted.ami_release,
        profile=wanted.profile,
        subnet_ids=list(network.private_subnet_ids.values()),
        admins=create.access.admins,
        viewers=create.access.viewers,
        api_from=create.access.api_from,
        system_instance_type=create.system_nodes.instance_type,
        system_ami_type=wanted.system_ami_type,
        system_count=create.system_nodes.count,
        system_root_gib=wanted.system_root_gib,
        ebs_driver=plan.cache.kind == "ebs",
        efs_driver=plan.cache.kind == "efs",
        log_days=wanted.log_days,
        protect=settings.protect,
        tags=wanted.tags,
        depends_on=network.resources,
        opts=_with(cloud),
    )
    pools = {name: _pool(plan, pool, cluster, network, cloud) for name, pool in plan.pools.items() if not pool.existing}
    both = pulumi.ResourceOptions(providers=[cloud, cluster.provider])
    ready = [*cluster.ready, *network.resources]
    file_system = None
    if plan.cache.kind == "efs":
        file_system = WeightsFileSystem(
            "weights",
            file_system_name=f"{wanted.name}-weights",
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            client_security_group_id=cluster.security_group_id,
            uid=USER_ID,
            gid=USER_ID,
            protect=settings.protect,
            opts=_with(cloud),
        )
        ready += file_system.mount_targets
    return Site(
        pulumi.ResourceOptions(provider=cluster.provider),
        ready=ready,
        pools=pools,
        addons=_addons(plan, namespaces, opts=both, vpc_id=network.vpc_id, depends_on=ready),
        load_balancer_cidrs=network.load_balancer_cidrs,
        annotations=partial(_alb, subnet_ids=network.load_balancer_subnet_ids),
        file_system=file_system,
        zone_names=network.zone_names,
    )


def _alb(plan: Plan, health_path: str, *, subnet_ids: Sequence[pulumi.Input[str]]) -> Mapping[str, pulumi.Input[str]]:
    """Without subnets the controller looks for them."""
    gateway, settings = plan.gateway, plan.settings.gateway
    assert gateway is not None
    assert settings is not None
    return alb_annotations(
        health_path,
        public=gateway.visibility == "public",
        timeout_seconds=gateway.timeout_seconds,
        group=plan.cluster.name,
        subnet_ids=subnet_ids,
        certificate_arn=settings.certificate_arn,
        inbound_cidrs=settings.inbound_cidrs,
        waf_acl_arn=settings.waf_acl_arn,
    )


@dataclass(frozen=True)
class _Subnets:
    """A network that we made, or one that exists: its subnets by zone id, or by their own id."""

    vpc_id: pulumi.Input[str]
    private_subnet_ids: Mapping[str, pulumi.Input[str]]
    zone_names: Mapping[str, pulumi.Output[str]]
    load_balancer_subnet_ids: Sequence[pulumi.Input[str]]
    load_balancer_cidrs: Sequence[pulumi.Input[str]]
    resources: Sequence[pulumi.Resource]

    def within(self, zone_ids: Sequence[str]) -> list[pulumi.Input[str]]:
        """The subnets in these zones; of a network that exists nobody has said the zones, so all of them."""
        subnets = [self.private_subnet_ids[zone] for zone in zone_ids if zone in self.private_subnet_ids]
        return subnets or list(self.private_subnet_ids.values())


def _network(plan: Plan, cloud: aws.Provider) -> _Subnets:
    create = plan.settings.cluster.create
    given = create.network if create else None
    if given and given.vpc_id and given.private_subnet_ids:
        # Public subnets hold no node, so that what lets the load balancer in lets in no pod; else the two share theirs.
        balancers = given.public_subnet_ids or given.private_subnet_ids
        look_up = pulumi.InvokeOptions(provider=cloud)
        cidrs = [aws.ec2.get_subnet_output(id=subnet, opts=look_up).cidr_block for subnet in balancers]
        private: dict[str, pulumi.Input[str]] = {subnet: subnet for subnet in given.private_subnet_ids}
        return _Subnets(given.vpc_id, private, {}, balancers, cidrs, ())
    cidr = aws_cluster(plan.cluster).cidr
    assert cidr is not None
    network = Network(
        "network",
        vpc_name=plan.cluster.name,
        cidr=cidr,
        zone_ids=plan.cluster.zone_ids,
        nat_per_zone=aws_cluster(plan.cluster).nat_per_zone,
        region=_region(plan),
        log_days=aws_cluster(plan.cluster).log_days,
        opts=_with(cloud),
    )
    return _Subnets(
        network.vpc_id,
        network.private_subnet_ids,
        network.zone_names,
        list(network.public_subnet_ids.values()),
        [public_cidr(cidr, zone) for zone in network.public_subnet_ids],
        (network,),
    )


def _pool(plan: Plan, pool: PoolPlan, cluster: Cluster, network: _Subnets, cloud: aws.Provider) -> GpuPool:
    assert pool.ami_type is not None
    release = aws_cluster(plan.cluster).ami_release
    assert release is not None
    return GpuPool(
        pool.name,
        cluster_name=plan.cluster.name,
        version=plan.cluster.version,
        ami_release=release,
        node_role_arn=cluster.node_role_arn,
        groups={
            place: GroupSize(network.within((place,) if place else pool.zone_ids), group.min, group.max)
            for place, group in pool.groups.items()
        },
        instance_types=pool.instance_types,
        ami_type=pool.ami_type,
        capacity=pool.capacity,
        gpus_per_node=pool.gpus_per_node,
        accelerator=pool.selector["k8s.amazonaws.com/accelerator"],
        root_gib=pool.root_gib,
        root_iops=pool.root_iops,
        root_throughput=pool.root_throughput,
        nvme=pool.nvme,
        ephemeral_gib=pool.ephemeral_gib,
        labels=pool.selector,
        tags=aws_cluster(plan.cluster).tags,
        depends_on=[*cluster.before_nodes, *network.resources],
        opts=_with(cloud),
    )


def _addons(
    plan: Plan,
    namespaces: Namespaces,
    *,
    opts: pulumi.ResourceOptions,
    vpc_id: pulumi.Input[str] | None = None,
    depends_on: Sequence[pulumi.Resource] = (),
) -> Addons | None:
    """Each add-on whose state is `install`."""
    wanted = {name: Chart(a.chart, a.repo, a.version) for name, a in plan.addons.items() if a.state == "install"}
    if not wanted:
        return None
    cluster, region = plan.cluster, plan.cluster.region
    device_plugin, of_the_cloud = None, dict[str, CloudAddon]()
    if chart := wanted.get("nvidiaDevicePlugin"):
        classes = sorted({pool.runtime_class for pool in plan.pools.values() if pool.runtime_class})
        device_plugin = NvidiaDevicePlugin(chart, _tolerations(plan), classes[0] if classes else None)
    if (chart := wanted.get("clusterAutoscaler")) and region:
        of_the_cloud["cluster-autoscaler"] = ClusterAutoscaler(
            chart, aws_cluster(cluster).autoscaler_image_tag, cluster.name, region
        )
    if (chart := wanted.get("loadBalancerController")) and region and vpc_id is not None:
        of_the_cloud["load-balancer-controller"] = LoadBalancerController(
            chart, cluster.name, region, aws_cluster(cluster).partition, vpc_id, aws_cluster(cluster).tags
        )
    return Addons(
        "addons",
        mirror=plan.settings.mirror.charts,
        nvidia_device_plugin=device_plugin,
        metrics_server=wanted.get("metricsServer"),
        keda=wanted.get("keda"),
        prometheus=wanted.get("prometheus"),
        of_the_cloud=of_the_cloud,
        adopted_namespaces=namespaces.adopted,
        namespaces_of_others=namespaces.of_others,
        depends_on=depends_on,
        opts=opts,
    )


def _tolerations(plan: Plan) -> list[dict[str, str]]:
    """Of the taint of nodes that we make, so that a new pool changes nothing, and of the taints of those that exist."""
    tolerations = [{"key": TAINT_KEY, "operator": "Exists", "effect": "NoSchedule"}]
    for pool in (plan.pools[name] for name in sorted(plan.pools) if plan.pools[name].existing):
        tolerations += [dict(each) for each in pool.tolerations if dict(each) not in tolerations]
    return tolerations


def _region(plan: Plan) -> str:
    """Settings refuse a cluster on AWS without a region."""
    assert plan.cluster.region is not None
    return plan.cluster.region


def _with(cloud: aws.Provider) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(providers=[cloud])
