"""The EKS cluster that we make or find, its GPU nodes, file system and load balancers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from components.addons import Addons
from components.addons.component import CloudAddon
from components.aws.cluster import NewEksCluster
from components.aws.cluster_autoscaler import ClusterAutoscaler
from components.aws.existing_cluster import ExistingEksCluster
from components.aws.karpenter import Karpenter
from components.aws.karpenter_nodes import KarpenterNodes
from components.aws.load_balancer import alb_annotations
from components.aws.load_balancer_controller import LoadBalancerController
from components.aws.network import Network, public_cidr
from components.aws.pod_logs import PodLogs
from infra.clouds.aws.caller import ADMINS, Stranger, check_caller
from infra.clouds.aws.expander import priorities
from infra.clouds.aws.ground import found_ground, made_ground
from infra.clouds.aws.live import import_entry
from infra.clouds.aws.load_balancer import LONGEST_DEREGISTRATION
from infra.clouds.aws.logs import group_of
from infra.clouds.aws.make_buckets import bucket_cache, read_bucket
from infra.clouds.aws.make_cache import disk_of, file_system_there, file_system_with, volume_of, weights_bucket
from infra.clouds.aws.make_karpenter import make_karpenter_pools, make_nodes
from infra.clouds.aws.make_pools import make_pools
from infra.clouds.aws.node_repair import agent_values
from infra.clouds.aws.nodes import OWN_TAG
from infra.clouds.aws.plan import aws_cluster
from infra.clouds.aws.storage import EBS, EFS
from infra.clouds.aws.to_do import no_admins
from infra.clouds.site import Site
from infra.live import Namespaces
from infra.live.state import State
from infra.plan.plan import Plan
from infra.plan.pools import has_made
from infra.services.addons.make import charts, make_addons
from infra.services.addons.optional import KARPENTER
from infra.services.addons.plan import KARPENTER_KINDS, LOGS
from infra.services.gateway.times import LATER, longest_end
from infra.services.monitoring.own_section import monitoring_of


def make_provider(plan: Plan) -> aws.Provider:
    """Tags are sorted because the provider takes them as text, so that another order would be a change."""
    cluster = aws_cluster(plan.cluster)
    return aws.Provider(
        "aws",
        region=_region(plan),
        profile=cluster.profile,
        allowed_account_ids=[cluster.account_id] if cluster.account_id else None,
        default_tags={"tags": dict(sorted(cluster.tags.items()))},
    )


def admit(plan: Plan, cloud: aws.Provider, state: State) -> None:
    """Checks the caller before anything is made: EKS takes ten minutes to make a cluster that then lets in only its
    admins."""
    create = plan.settings.cluster.create
    if create is None:
        return
    admins = create.access.admins
    if not admins:
        raise pulumi.RunError(f"{ADMINS}: none; {no_admins(create.account_id)}")
    caller = aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=cloud))
    try:
        check_caller(caller.arn, admins, lambda principal: import_entry(plan, state, principal))
    except Stranger as stranger:
        raise pulumi.RunError(str(stranger)) from None


def make_site(plan: Plan, cloud: aws.Provider, namespaces: Namespaces) -> Site:
    make = _new_cluster if plan.cluster.made else _existing_eks
    return make(plan, cloud, namespaces)


def _existing_eks(plan: Plan, cloud: aws.Provider, namespaces: Namespaces) -> Site:
    cluster = ExistingEksCluster(
        "cluster",
        cluster_name=plan.cluster.name,
        region=_region(plan),
        partition=aws_cluster(plan.cluster).partition,
        profile=aws_cluster(plan.cluster).profile,
        adds_nodes=has_made(plan.pools.values()),
        opts=_with(cloud),
    )
    both = pulumi.ResourceOptions(providers=[cloud, cluster.provider])
    addons = _addons(plan, cluster.vpc_id, namespaces, both)
    bucket = weights_bucket(plan, cloud)
    file_system = file_system_there(plan, cluster, cloud)
    return Site(
        pulumi.ResourceOptions(provider=cluster.provider),
        ready=file_system.mount_targets if file_system is not None else (),
        pools=make_pools(plan, found_ground(plan, cluster), cloud) if has_made(plan.pools.values()) else {},
        addons=addons,
        read_bucket=partial(read_bucket, both),
        volume=volume_of(file_system),
        bucket_cache=bucket_cache(both, bucket) if bucket is not None else None,
        annotations=partial(_alb, subnet_ids=()),
    )


def _new_cluster(plan: Plan, cloud: aws.Provider, namespaces: Namespaces) -> Site:
    settings = plan.settings
    wanted = aws_cluster(plan.cluster)
    network = _network(plan, cloud)
    create = settings.cluster.create
    assert create is not None
    assert wanted.ami_release is not None
    cluster = NewEksCluster(
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
        ebs_driver=plan.cache.storage == EBS,
        efs_driver=plan.cache.storage == EFS,
        s3_driver=any(model.mounted for model in plan.models.values()),
        node_monitor=agent_values(settings),
        log_days=wanted.log_days,
        protect=settings.protect,
        tags=wanted.tags,
        depends_on=network.resources,
        opts=_with(cloud),
    )
    ground = made_ground(plan, cluster, network.within, network.resources)
    both = pulumi.ResourceOptions(providers=[cloud, cluster.provider])
    ready = [*cluster.ready, *network.resources]
    file_system = file_system_with(plan, cluster, network.vpc_id, network.private_subnet_ids, cloud)
    ready += file_system.mount_targets if file_system is not None else ()
    bucket = weights_bucket(plan, cloud)
    nodes = make_nodes(plan, cloud) if wanted.karpenter else None
    addons = _addons(plan, network.vpc_id, namespaces, both, ready, nodes)
    if nodes is None or addons is None:
        pools = make_pools(plan, ground, cloud)
    else:
        pools = make_karpenter_pools(plan, ground, network.within, nodes, addons, both)
    return Site(
        pulumi.ResourceOptions(provider=cluster.provider),
        ready=ready,
        pools=pools,
        addons=addons,
        load_balancer_cidrs=network.load_balancer_cidrs,
        read_bucket=partial(read_bucket, both),
        annotations=partial(_alb, subnet_ids=network.load_balancer_subnet_ids),
        volume=volume_of(file_system) or disk_of(plan, network.zone_names),
        bucket_cache=bucket_cache(both, bucket) if bucket is not None else None,
    )


def _alb(plan: Plan, health_path: str, *, subnet_ids: Sequence[pulumi.Input[str]]) -> Mapping[str, pulumi.Input[str]]:
    """Annotations of the Ingress. Without subnets the controller looks for them itself."""
    gateway, settings = plan.gateway, plan.settings.gateway
    assert gateway is not None
    assert settings is not None
    return alb_annotations(
        health_path,
        public=gateway.visibility == "public",
        timeout_seconds=plan.traffic.silence_seconds + LATER,
        leave_seconds=min(plan.traffic.longest_seconds, LONGEST_DEREGISTRATION),
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
        """The subnets in these zones; all subnets of a network that exists, because nobody said their zones."""
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
        s3_cidrs=dict(zip(plan.cluster.zone_ids, plan.cache.bucket_cidrs, strict=False)),
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


def _addons(
    plan: Plan,
    vpc_id: pulumi.Input[str],
    namespaces: Namespaces,
    opts: pulumi.ResourceOptions,
    ready: Sequence[pulumi.Resource] = (),
    nodes: KarpenterNodes | None = None,
) -> Addons | None:
    wanted, cluster, region = charts(plan), aws_cluster(plan.cluster), _region(plan)
    own: dict[str, CloudAddon] = {}
    if chart := wanted.get("clusterAutoscaler"):
        own["cluster-autoscaler"] = ClusterAutoscaler(
            chart,
            cluster.autoscaler_image_tag,
            cluster.name,
            region,
            longest_end(plan.models.values(), plan.traffic),
            priorities(plan.pools.values()),
            None if cluster.made else OWN_TAG,
        )
    if nodes is not None:
        own[KARPENTER] = Karpenter(
            wanted[KARPENTER], wanted[KARPENTER_KINDS], cluster.name, region, cluster.partition, nodes
        )
    if chart := wanted.get("loadBalancerController"):
        own["load-balancer-controller"] = LoadBalancerController(
            chart, cluster.name, region, cluster.partition, vpc_id, cluster.tags
        )
    if (chart := wanted.get(LOGS)) and (logs := monitoring_of(plan.settings).logs):
        group = group_of(plan.settings, cluster.name)
        namespace = plan.settings.namespace.name
        own["fluent-bit"] = PodLogs(chart, cluster.name, region, namespace, group, logs.retention_days)
    return make_addons(plan, namespaces, opts=opts, of_the_cloud=own, depends_on=ready)


def _region(plan: Plan) -> str:
    """It is always there: the settings refuse a cluster on AWS without a region."""
    assert plan.cluster.region is not None
    return plan.cluster.region


def _with(cloud: aws.Provider) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(providers=[cloud])
