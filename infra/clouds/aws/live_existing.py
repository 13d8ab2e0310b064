"""What node groups need of an EKS cluster that exists, read by the AWS CLI before `up` makes any."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from infra.clouds.aws.check_release import NODE_SKEW
from infra.clouds.aws.live_mounts import mounts_there
from infra.clouds.aws.plan import AwsCluster, aws_cluster
from infra.clouds.aws.storage import EFS
from infra.live.check import Obstacle
from infra.live.commands import NotRead, output_of
from infra.live.state import State
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan, has_made
from infra.plan.words import count
from infra.settings.cluster import ExistingCluster

_NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
_PATH = "cluster.existing"
# An estimate: the network plugin gives each pod an address of the subnet: agents of each node, and a server.
_ADDRESSES_PER_NODE = 8
_EVERYWHERE = "0.0.0.0/0"


def nodes_there(plan: Plan, state: State) -> Iterator[Obstacle]:
    """Whether the cluster takes node groups of ours, its subnets hold them, and pods on them reach the others."""
    existing = plan.settings.cluster.existing
    if plan.cluster.made or existing is None or not has_made(plan.pools.values()):
        return
    found = _read(plan, "eks", "describe-cluster", "--name", plan.cluster.name)["cluster"]
    yield from _takes_groups(plan, existing, found)
    subnets, nodes = _its_subnets(plan, existing, found), _its_nodes(plan)
    yield from _security_groups(existing, found, nodes)
    yield from _subnets(plan, state, subnets, found)
    if plan.cache.storage == EFS:
        yield from mounts_there(existing.zones or (), subnets, nodes)


def _takes_groups(plan: Plan, existing: ExistingCluster, found: Any) -> Iterator[Obstacle]:
    """Of this version, now."""
    name = plan.cluster.name
    if found["status"] != "ACTIVE":
        yield Obstacle(
            f"{_PATH}.eks", f"{name} is {found['status']}: EKS takes no node group now", "wait, and try again"
        )
    if (found.get("kubernetesNetworkConfig") or {}).get("ipFamily") == "ipv6":
        message = f"pods of {name} have IPv6 addresses, which the role of nodes of this program can't give them"
        yield Obstacle(f"{_PATH}.eks", message, "gpuPools: {NAME: {existing: ...}}, of nodes that you make")
    if existing.version is not None:
        yield from _skew(existing.version, found["version"])


def _skew(said: str, running: str) -> Iterator[Obstacle]:
    (major, minor), (of, newest) = (tuple(map(int, each.split("."))) for each in (said, running))
    fix = f'cluster: {{existing: {{version: "{running}"}}}}'
    if (major, minor) > (of, newest):
        yield Obstacle(f"{_PATH}.version", f"{said}, and the cluster runs {running}: EKS refuses newer nodes", fix)
    elif newest - minor > NODE_SKEW:
        message = f"{said}, and the cluster runs {running}: a node may be {NODE_SKEW} minor versions behind"
        yield Obstacle(f"{_PATH}.version", message, fix)


def _its_subnets(plan: Plan, existing: ExistingCluster, found: Any) -> Sequence[Any]:
    ids = existing.subnet_ids or found["resourcesVpcConfig"]["subnetIds"]
    return _read(plan, "ec2", "describe-subnets", "--subnet-ids", *ids)["Subnets"]


def _its_nodes(plan: Plan) -> Sequence[Any]:
    owned = f"Name=tag:kubernetes.io/cluster/{plan.cluster.name},Values=owned"
    running = _read(plan, "ec2", "describe-instances", "--filters", owned, "Name=instance-state-name,Values=running")
    return [node for each in running["Reservations"] for node in each["Instances"]]


def _subnets(plan: Plan, state: State, subnets: Sequence[Any], found: Any) -> Iterator[Obstacle]:
    """Each node group needs a private subnet with a way out and free addresses."""
    vpc = found["resourcesVpcConfig"]["vpcId"]
    tables = _read(plan, "ec2", "describe-route-tables", "--filters", f"Name=vpc-id,Values={vpc}")
    private = [each for each in subnets if not each["MapPublicIpOnLaunch"]]
    used: dict[str, None] = {}
    for pool in (each for each in plan.pools.values() if not each.existing):
        there = [each for each in private if each["AvailabilityZoneId"] in pool.zone_ids]
        used |= dict.fromkeys(each["SubnetId"] for each in there)
        yield from _lacking(pool, there, subnets)
        if there and not any(state.of(_NODE_GROUP)):
            yield from _room(pool, there)
    for subnet in used:
        yield from _way_out(subnet, tables["RouteTables"])


def _lacking(pool: PoolPlan, there: Sequence[Any], subnets: Sequence[Any]) -> Iterator[Obstacle]:
    """A zone, of a group of one, or all zones of the pool, without a private subnet."""
    has = {each["AvailabilityZoneId"] for each in there}
    single = {group.place for group in pool.groups.values() if group.place}
    lacking = sorted(single - has) if single else sorted(pool.zone_ids) if not has else []
    if lacking:
        all_of = ", ".join(f"{each['SubnetId']} ({each['AvailabilityZoneId']}{_public(each)})" for each in subnets)
        yield Obstacle(
            f"gpuPools.{pool.name}",
            f"no private subnet in {', '.join(lacking)} for its nodes; there are {all_of}",
            "cluster: {existing: {zones: [...], subnetIds: [...]}}, of private subnets in zones that offer its types",
        )


def _public(subnet: Any) -> str:
    return ", public" if subnet["MapPublicIpOnLaunch"] else ""


def _room(pool: PoolPlan, there: Sequence[Any]) -> Iterator[Obstacle]:
    free, needed = sum(each["AvailableIpAddressCount"] for each in there), pool.max * _ADDRESSES_PER_NODE
    if free < needed:
        yield Obstacle(
            f"gpuPools.{pool.name}.max",
            f"{count(pool.max, 'node')} with their pods take about {needed} addresses (an estimate), and"
            f" {', '.join(each['SubnetId'] for each in there)} have {free} free",
            f"gpuPools: {{{pool.name}: {{max: {max(1, free // _ADDRESSES_PER_NODE)}}}}}, or larger subnets",
        )


def _way_out(subnet: str, tables: Sequence[Any]) -> Iterator[Obstacle]:
    """Nodes have no public address, so they need a default route that leads to something else than an internet
    gateway."""
    own = [t for t in tables if any(each.get("SubnetId") == subnet for each in t["Associations"])]
    main = [t for t in tables if any(each.get("Main") for each in t["Associations"])]
    routes = [each for table in own or main for each in table["Routes"]]
    default = next((each for each in routes if each.get("DestinationCidrBlock") == _EVERYWHERE), None)
    fix = "cluster: {existing: {subnetIds: [...]}}, of subnets whose default route leads to a NAT gateway"
    if default is not None and default.get("GatewayId", "").startswith("igw-"):
        message = (
            f"{subnet} is public: its default route leads to {default['GatewayId']}, and nodes get no public address"
        )
        yield Obstacle(f"{_PATH}.subnetIds", message, fix)
    elif default is None:
        message = f"{subnet} has no default route: nodes there reach neither EKS nor the images"
        yield Obstacle(f"{_PATH}.subnetIds", message, fix)


def _security_groups(existing: ExistingCluster, found: Any, nodes: Sequence[Any]) -> Iterator[Obstacle]:
    """Nodes of some modules have a separate security group, which lets in nothing from the cluster's own."""
    ours = {found["resourcesVpcConfig"]["clusterSecurityGroupId"], *existing.security_group_ids}
    groups = [{each["GroupId"] for each in node["SecurityGroups"]} for node in nodes]
    apart = [each for each in groups if not each & ours]
    if apart:
        shared = sorted(set.intersection(*apart)) or sorted(apart[0])
        yield Obstacle(
            f"{_PATH}.securityGroupIds",
            f"pods on {len(apart)} of {count(len(groups), 'node')} there, DNS among them, may be out of reach:"
            f" these nodes have {', '.join(shared)}, which nodes of this stack lack",
            f"cluster: {{existing: {{securityGroupIds: [{', '.join(shared)}]}}}}",
        )


def _read(plan: Plan, *command: str) -> Any:
    """What the AWS CLI answers. Raises NotRead."""
    cluster: AwsCluster = aws_cluster(plan.cluster)
    text = output_of("aws", *command, *cluster.aws_arguments, "--output", "json")
    try:
        return json.loads(text)
    except ValueError:
        raise NotRead(f"aws {command[0]} {command[1]}: no answer in JSON") from None
