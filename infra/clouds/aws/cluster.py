"""The EKS cluster: its version, zones, network and system nodes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from infra.catalog import Catalog
from infra.clouds.aws.config import AwsConfig
from infra.clouds.aws.disks import root_gib
from infra.clouds.aws.existing import assume_mounts, assume_nodes, plan_nodes, plan_version
from infra.clouds.aws.node_repair import AGENT, agent_values
from infra.clouds.aws.plan import AwsCluster
from infra.clouds.aws.reached_from import warn_of_access, warn_of_gateway
from infra.clouds.aws.s3_driver import DRIVER, list_driver, mounted
from infra.clouds.aws.section import CreateCluster
from infra.clouds.aws.whose import others_elsewhere
from infra.plan.cache import CachePlan
from infra.plan.findings import Decided, warned
from infra.plan.notes import Assumption, Chosen, Finding, Violation
from infra.plan.rules import Rule
from infra.services.addons.optional import KARPENTER, installs_karpenter
from infra.settings.platform import Settings

ZONES = 2
CIDR = "10.0.0.0/16"
NAT_PER_ZONE_FROM = 3  # zones: who asks for three wants to lose one and go on
SYSTEM_AMI = {"x86_64": "AL2023_x86_64_STANDARD", "arm64": "AL2023_ARM_64_STANDARD"}
LOG_DAYS = 90
SUPPORT_ENDS_SOON = timedelta(days=60)
SYSTEM_SCRATCH_GIB = 20


def plan_cluster(
    stack: str, settings: Settings, region: str | None, aws: AwsConfig, catalog: Catalog
) -> Decided[AwsCluster]:
    yield from warn_of_gateway(settings)
    create = settings.cluster.create
    if create is not None:
        new = yield from _new(stack, create, settings.tags, region, aws, catalog)
        karpenter = installs_karpenter(settings)
        if create.node_scaler == KARPENTER and not karpenter:
            unused = "no model has a GPU, so Karpenter would make no node: it is installed once one has"
            yield warned("cluster.create.nodeScaler", unused)
        return replace(new, karpenter=karpenter)
    existing = settings.cluster.existing
    assert existing is not None
    assert existing.eks is not None
    version = yield from plan_version(existing.eks, existing, settings, catalog)
    nodes = yield from plan_nodes(existing, settings, region, version, catalog)
    return AwsCluster(
        kind="eks", made=False, name=existing.eks, **nodes, **_any(version, region, aws, settings.tags, catalog)
    )


def _any(version: str, region: str | None, aws: AwsConfig, tags: Mapping[str, str], catalog: Catalog) -> dict[str, Any]:
    """Of a cluster that we make, and of one that exists."""
    row = catalog.kubernetes.get(version)
    return {
        "version": version,
        "region": region,
        "partition": partition_of(region),
        "autoscaler_image_tag": row.cluster_autoscaler if row else "",
        "profile": aws.profile,
        "bottlerocket_releases": {each: row.bottlerocket_release for each, row in catalog.aws.versions.items()},
        "tags": {**aws.tags, **tags},
    }


def _new(
    stack: str,
    create: CreateCluster,
    tags: Mapping[str, str],
    region: str | None,
    aws: AwsConfig,
    catalog: Catalog,
) -> Decided[AwsCluster]:
    path = "cluster.create"
    version = create.version or catalog.default_kubernetes_version
    if create.version is None:
        chart = catalog.charts["cluster-autoscaler"]
        reason = f"the newest in standard support (until {catalog.aws.versions[version].standard_support_until})"
        yield Chosen(f"{path}.version", version, f"{reason} that the autoscaler's chart {chart.version} is made for")
    yield from _check_support(version, catalog)
    name = create.name or f"llm-{stack}"
    if create.name is None:
        yield Chosen(f"{path}.name", name, "llm- and the stack's name")
    zones = yield from _zones(create, region, catalog)
    network = create.network
    own_vpc = network.vpc_id is not None
    if not own_vpc and network.cidr is None:
        yield Chosen(
            f"{path}.network.cidr",
            CIDR,
            "65,536 addresses; choose another range if this VPC is connected to a network that uses it",
        )
    nat_per_zone = network.nat == "perZone" or (network.nat is None and len(zones) >= NAT_PER_ZONE_FROM)
    if not own_vpc and network.nat is None:
        month = catalog.aws.prices.nat_hour * 730
        whose = f" ({others_elsewhere(catalog)})" if others_elsewhere(catalog) else ""
        yield Chosen(
            f"{path}.network.nat",
            "perZone" if nat_per_zone else "one",
            f"{len(zones)} zones; a NAT gateway costs ${month:.0f} per month{whose}; with one for all zones, none"
            " reaches the internet while the zone of that NAT gateway is down",
        )
    yield from warn_of_access(create)
    yield Assumption(path, f"the zones {', '.join(zones)} offer what the catalogue says; the account was not read")
    if own_vpc:
        yield Assumption(
            f"{path}.network", f"the subnets of {network.vpc_id} are in {', '.join(zones)} and reach the internet"
        )
    node = catalog.aws.cpu_instances[create.system_nodes.instance_type]
    return AwsCluster(
        kind="create",
        made=True,
        name=name,
        zone_ids=zones,
        cidr=None if own_vpc else network.cidr or CIDR,
        nat_per_zone=nat_per_zone and not own_vpc,
        system_ami_type=SYSTEM_AMI[node.arch],
        system_vcpus=create.system_nodes.count * node.vcpus,
        system_root_gib=root_gib(catalog, scratch_gib=SYSTEM_SCRATCH_GIB),
        log_days=LOG_DAYS,
        ami_release=create.ami_release or catalog.aws.versions[version].ami_release,
        addon_versions={**catalog.aws.versions[version].addons, **_own_versions(create)},
        account_id=create.account_id,
        **_any(version, region, aws, tags, catalog),
    )


def explain_versions(settings: Settings, cluster: AwsCluster, cache: CachePlan, catalog: Catalog) -> Iterator[Finding]:
    """EKS add-ons and the AMI, where the stack file doesn't say: EKS would take another at each `pulumi up`."""
    create = settings.cluster.create
    if create is None:
        yield from assume_nodes(settings, cluster)
        yield from assume_mounts(settings, cache)
        yield from list_driver(settings, cluster, catalog)
        return
    path, own = "cluster.create", _own_versions(create)
    unused = {f"aws-{kind}-csi-driver" for kind in {"efs", "ebs"} - {cache.kind}}
    unused |= set() if mounted(settings, catalog) else {DRIVER}
    unused |= {AGENT} if agent_values(settings) is None else set()
    for name, version in cluster.addon_versions.items():
        if name not in own and name not in unused:
            yield Chosen(f"{path}.addonVersions.{name}", version, f"from the version table for {cluster.version}")
    if create.ami_release is None:
        reason = f"from the version table for {cluster.version}; system nodes and GPU nodes"
        yield Chosen(f"{path}.amiRelease", cluster.ami_release, reason)
    where = " ".join(cluster.aws_arguments)
    yield Assumption(
        path,
        f"EKS offers the AMI release and the add-on versions that were found in {catalog.read:%Y-%m}: the add-on"
        " versions are those that others use, and were not read from AWS;"
        f" `aws eks describe-addon-versions --kubernetes-version {cluster.version} {where}` lists what EKS offers",
    )


def _own_versions(create: CreateCluster) -> dict[str, str]:
    return create.addon_versions.model_dump(by_alias=True, exclude_none=True)


def _check_support(version: str, catalog: Catalog) -> Iterator[Finding]:
    """The cluster's support type is STANDARD: EKS never bills extended support, and upgrades it instead."""
    path = "cluster.create.version"
    until = catalog.aws.versions[version].standard_support_until
    left = date.fromisoformat(until) - catalog.read
    prices = catalog.aws.prices
    if left < timedelta():
        yield Violation(
            Rule.VERSION,
            path,
            f"EKS' standard support of {version} ended on {until}; the cluster isn't made for extended support"
            f" (${prices.eks_extended_hour:.2f} per hour, not {prices.eks_hour:.2f}), and EKS upgrades it by itself",
            f'{path}: "{catalog.default_kubernetes_version}", one minor version at a time if the cluster exists',
        )
    elif left <= SUPPORT_ENDS_SOON:
        yield warned(
            path, f"EKS' standard support of {version} ends on {until}: EKS then upgrades the cluster by itself"
        )


def _zones(create: CreateCluster, region: str | None, catalog: Catalog) -> Decided[tuple[str, ...]]:
    """The zones that the stack file names, or those that offer the largest number of GPU types. The catalogue alone
    decides that, so that a new pool moves no subnet."""
    if isinstance(create.zones, tuple):
        return create.zones
    if create.network.vpc_id is not None:
        yield Violation(
            Rule.ZONES,
            "cluster.create.zones",
            f"the subnets of {create.network.vpc_id} are in zones that only you know",
            "cluster.create.zones: the zone ids of your subnets, such as [use1-az1, use1-az2]",
        )
    count = create.zones or ZONES
    offered = _gpu_types_in_zones(catalog, region or "")
    best = tuple(sorted(sorted(offered, key=lambda zone: (-offered[zone], zone))[:count]))
    counts = ", ".join(f"{zone} {offered[zone]}" for zone in best)
    yield Chosen(
        "cluster.create.zones", list(best), f"the {count} of {region} with the largest number of GPU types: {counts}"
    )
    return best


@lru_cache(maxsize=8)
def _gpu_types_in_zones(catalog: Catalog, region: str) -> Mapping[str, int]:
    """How many GPU types each zone of the region offers."""
    types = [name for name, row in catalog.instances.items() if row.left_out is None]
    return {
        zone: sum(zone in catalog.zones_of(name, region) for name in types) for zone in catalog.regions.get(region, ())
    }


def partition_of(region: str | None) -> str:
    """What ARNs of a region begin with, after `arn:`."""
    return next((f"aws-{area}" for area in ("cn", "us-gov") if (region or "").startswith(f"{area}-")), "aws")
