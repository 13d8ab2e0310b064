"""Node groups on an EKS cluster that somebody else made: what `up` reads there, and what nobody can see before."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.catalog import Catalog
from infra.clouds.aws.expander import priorities
from infra.clouds.aws.node_room import DAEMONS_CPU, DAEMONS_GIB
from infra.clouds.aws.nodes import NO_OPERANDS, OWN_TAG
from infra.clouds.aws.plan import AwsCluster
from infra.clouds.aws.storage import EFS
from infra.clouds.existing.cluster import version_of
from infra.plan.cache import CachePlan
from infra.plan.cluster import AddonPlan
from infra.plan.findings import Decided
from infra.plan.labels import GPU_LABEL
from infra.plan.notes import Assumption, Chosen, Finding, Step, ToDo
from infra.plan.pools import PoolPlan, has_made
from infra.settings.cluster import ExistingCluster
from infra.settings.platform import Settings

_PATH = "cluster.existing"


def adds_nodes(settings: Settings) -> bool:
    """Whether the stack makes node groups on an EKS cluster that exists."""
    existing = settings.cluster.existing
    ours = any(pool.instance_types is not None for pool in settings.gpu_pools.values())
    return existing is not None and existing.eks is not None and ours


def plan_version(name: str, existing: ExistingCluster, settings: Settings, catalog: Catalog) -> Decided[str]:
    """The version that the plan counts with. With node groups of ours an unsaid one is no choice to be pinned: EKS
    refuses nodes that are newer than their cluster."""
    if existing.version is not None or not adds_nodes(settings):
        return (yield from version_of(name, existing.version, catalog))
    version = catalog.kubernetes_versions[-1]
    yield Assumption(
        f"{_PATH}.version",
        f"{name} exists and runs Kubernetes {version}, the newest known version: nothing was read from it. `up` reads"
        " its version when it makes a node group, with the AMI release of that version, and changes neither later, so"
        " that an upgrade of the cluster restarts no model; a version that you write here moves the nodes",
    )
    return version


def plan_nodes(
    existing: ExistingCluster, settings: Settings, region: str | None, version: str, catalog: Catalog
) -> Decided[dict[str, Any]]:
    """Zones and AMI of node groups there."""
    if not adds_nodes(settings):
        return {}
    served = catalog.regions.get(region or "", ())
    zones = tuple(each for each in existing.zones or served if each in served)
    releases = {each: row.ami_release for each, row in catalog.aws.versions.items()}
    release = existing.ami_release
    if release is None and existing.version is not None:
        release = releases[version]
        yield Chosen(f"{_PATH}.amiRelease", release, f"from the version table for {version}; nodes of this stack alone")
    return {"zone_ids": zones, "ami_release": release, "ami_releases": releases}


def assume_nodes(settings: Settings, cluster: AwsCluster) -> Iterator[Finding]:
    """What a node group needs of a cluster that nobody has looked at."""
    existing = settings.cluster.existing
    if existing is None or not adds_nodes(settings):
        return
    zones = " in " + ", ".join(cluster.zone_ids) if existing.zones else " in zones that offer a pool's types"
    if existing.subnet_ids:
        yield Assumption(
            f"{_PATH}.subnetIds",
            f"nodes start in those of {', '.join(existing.subnet_ids)} that are{zones}; they have free addresses and a"
            " way to the internet, and give nodes no public address",
        )
    else:
        yield Assumption(
            _PATH,
            f"nodes start in the cluster's own private subnets{zones}, as `up` finds them when it makes a node group;"
            " they have free addresses and a way to the internet. Later changes of that list move no node;"
            f" {_PATH}.subnetIds names others",
        )
    if not existing.security_group_ids:
        yield Assumption(
            _PATH,
            "its other nodes have the cluster's security group, which EKS gives to the nodes of this stack: pods here"
            f" reach DNS and Prometheus there. Where they have a separate one: {_PATH}.securityGroupIds",
        )
    yield Assumption(
        _PATH,
        f"its DaemonSets that also run on GPU nodes, as agents of logs and of security do, ask for at most"
        f" {DAEMONS_CPU:g} CPU and {DAEMONS_GIB:g} GiB per node: with more, a pod may fit no node;"
        f" `{cluster.kubectl} get daemonset -A` lists them",
    )


def assume_mounts(settings: Settings, cache: CachePlan) -> Iterator[Finding]:
    """What a file system needs of a network that nobody has looked at."""
    existing = settings.cluster.existing
    if cache.storage != EFS or existing is None:
        return
    zones = ", ".join(existing.zones or ())
    beside = f" or {', '.join(existing.security_group_ids)}" if existing.security_group_ids else ""
    yield Assumption(
        f"{_PATH}.zones",
        f"all nodes of the cluster on which weights may be fetched are in {zones}, and have its security group{beside}:"
        f" EFS lets in nobody else. It gets a mount target in a private subnet of each of these zones, as `up` finds"
        " them when it makes it; later changes of these subnets move none",
    )


def _their_driver(settings: Settings, cluster: AwsCluster) -> Iterator[Finding]:
    driver = EFS.driver
    if driver is None or settings.cache is None or settings.cache.kind != EFS.kind:
        return
    yield ToDo(
        "cache.kind",
        f"nodes mount EFS by its CSI driver: see that `{cluster.kubectl} get csidriver {driver}` shows it, and that its"
        " DaemonSet tolerates nvidia.com/gpu. Where there is none:"
        f" `{cluster.command_for_driver(driver)}`, which needs no role for this volume; never a second one: of an"
        " add-on and a chart each replaces what the other installed",
        Step.ACCOUNT,
    )


def to_do_there(
    settings: Settings, cluster: AwsCluster, pools: Mapping[str, PoolPlan], addons: Mapping[str, AddonPlan]
) -> Iterator[Finding]:
    if cluster.made or not has_made(pools.values()):
        return
    yield from _their_driver(settings, cluster)
    if addons["clusterAutoscaler"].state == "existing":
        yield ToDo("addons.clusterAutoscaler", _their_autoscaler(cluster) + _their_order(pools), Step.ACCOUNT)
    if addons["nvidiaDevicePlugin"].state == "existing":
        yield from _their_plugin(cluster, [pool for pool in pools.values() if not pool.existing])
    where = " ".join(cluster.aws_arguments)
    yield ToDo(
        _PATH,
        "where"
        f" `aws eks describe-cluster --name {cluster.name} --query cluster.accessConfig.authenticationMode {where}`"
        " prints CONFIG_MAP, EKS writes the role of these nodes into the ConfigMap aws-auth: whoever keeps that"
        " ConfigMap in a program has to leave this role in it, or the nodes are shut out; with API and"
        " API_AND_CONFIG_MAP it makes an access entry",
        Step.ACCOUNT,
    )


def _their_plugin(cluster: AwsCluster, ours: Sequence[PoolPlan]) -> Iterator[Finding]:
    path, lists = "addons.nvidiaDevicePlugin", f"`{cluster.kubectl} get daemonset -A`"
    without, with_own = ([pool.name for pool in ours if pool.needs_plugin is each] for each in (True, False))
    twice = "two of them on a node offer its GPUs twice"
    if without:
        whose = f"nodes of {', '.join(without)}" if with_own else "nodes of this stack"
        yield ToDo(
            path,
            f"{whose} show no GPU without NVIDIA's device plugin: see that {lists} has one (the GPU operator brings it,"
            " without its driver: EKS's AMI has that), and that it tolerates nvidia.com/gpu; where there is none:"
            f" addons: {{nvidiaDevicePlugin: install}}; {twice}",
            Step.ACCOUNT,
        )
    if with_own:
        yield ToDo(
            path,
            f"nodes of {', '.join(with_own)} have their own device plugin: see that none of those that {lists} shows"
            f" runs there, because {twice}. One that tolerates nvidia.com/gpu does: the node selector"
            f" {GPU_LABEL}=true keeps it away, a label that these nodes lack; NVIDIA's GPU operator stays away by"
            f" itself ({NO_OPERANDS}=false is on them)",
            Step.ACCOUNT,
        )


def _their_order(pools: Mapping[str, PoolPlan]) -> str:
    """The order of the steps of capacity, as a ConfigMap has it."""
    order = sorted(priorities(pools.values()).items(), reverse=True)
    if not order:
        return ""
    return (
        ". For the order of capacity it needs --expander=priority,least-waste and the ConfigMap"
        " cluster-autoscaler-priority-expander in its namespace, with these lines below data.priorities:"
        f" {'; '.join(f'{number}: {json.dumps(names)}' for number, names in order)}"
    )


def _their_autoscaler(cluster: AwsCluster) -> str:
    return (
        "the cluster's own autoscaler has to add nodes to the groups of this stack: it finds them by the tags"
        f" k8s.io/cluster-autoscaler/enabled and k8s.io/cluster-autoscaler/{cluster.name}, and its AWS rights have to"
        " cover groups with these tags. It needs --skip-nodes-with-local-storage=false (else no idle GPU node is"
        " removed: servers have shared memory) and a --max-graceful-termination-sec of at least a server's grace period"
        " (its default is 600). Where there is none, as with Karpenter alone: addons: {clusterAutoscaler: install},"
        f" which sees only groups with the tag {OWN_TAG}, those of this program"
    )
