"""What in AWS would make `up` fail, or what `up` would downgrade there, found before it makes anything."""

import re
from collections.abc import Iterator
from pathlib import Path

from infra.clouds.aws.nodes import minor_of
from infra.clouds.aws.plan import AwsCluster, aws_cluster
from infra.live.check import Obstacle
from infra.live.commands import output_of
from infra.live.state import Held, State
from infra.plan.plan import Plan
from infra.plan.pools import NodeGroupPlan, PoolPlan
from infra.sides.types import pool_of

_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
_CLUSTER = "aws:eks/cluster:Cluster"
_NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
_ADDON = "aws:eks/addon:Addon"
_ENTRY = "aws:eks/accessEntry:AccessEntry"


def access(cluster: AwsCluster, path: Path) -> tuple[str, ...]:
    """The arguments that point kubectl at an EKS cluster that exists: a kubeconfig is written to `path`. Raises
    NotRead."""
    where = cluster.aws_arguments
    output_of("aws", "eks", "update-kubeconfig", "--name", cluster.name, *where, "--kubeconfig", str(path))
    return ("--kubeconfig", str(path))


def log_groups(plan: Plan, state: State) -> Iterator[Obstacle]:
    """Log groups of an earlier cluster with this name. Logs that are delivered late create them again after they were
    deleted."""
    cluster = aws_cluster(plan.cluster)
    if not cluster.made:
        return
    names = [f"/aws/eks/{cluster.name}/cluster"]
    if cluster.cidr is not None:
        names.append(f"/aws/vpc/{cluster.name}/flows")
    for name in names:
        if not state.holds(_LOG_GROUP, name):
            yield from _log_group(name, cluster.aws_arguments)


def _log_group(name: str, where: tuple[str, ...]) -> Iterator[Obstacle]:
    query = ("--query", "logGroups[].logGroupName", "--output", "text")
    found = output_of("aws", "logs", "describe-log-groups", "--log-group-name-prefix", name, *where, *query)
    if name in found.split():
        yield Obstacle(
            "cluster.create.name",
            f"the log group {name} exists already: a cluster of this name left it",
            " ".join(("run: aws logs delete-log-group --log-group-name", name, *where)),
        )


def older_versions(plan: Plan, state: State) -> Iterator[Obstacle]:
    """Versions older than those that run. EKS refuses to move a node group to an older AMI, and an add-on or a control
    plane isn't downgraded without a question."""
    cluster = aws_cluster(plan.cluster)
    if not cluster.made:
        return
    yield from _older("version", cluster.version, _running(state, _CLUSTER, "version"), '"{}"')
    yield from _older_nodes(plan, cluster.ami_release, state)
    for name, version in cluster.addon_versions.items():
        running = _running(state, _ADDON, "addonVersion", addonName=name)
        yield from _older(f"addonVersions.{name}", version, running, "{}")


def _older_nodes(plan: Plan, of_cluster: str | None, state: State) -> Iterator[Obstacle]:
    """A pool may have its own release; the groups of one that goes aren't moved at all."""
    running: dict[str | None, list[str]] = {}
    for group in state.of(_NODE_GROUP):
        if str(group.inputs.get("amiType")).startswith("BOTTLEROCKET"):
            continue  # its releases count otherwise
        pool = pool_of(group.logical_name)
        own = plan.pools[pool].release if pool in plan.pools else None
        if pool in plan.pools or pool == group.logical_name:
            running.setdefault(pool if own else None, []).extend(_version(group, "releaseVersion"))
    for pool, found in running.items():
        release = plan.pools[pool].release if pool else of_cluster
        if release is not None:
            yield from _older("amiRelease", release, found, '"{}"', pool=pool)


def older_groups(plan: Plan, state: State) -> Iterator[Obstacle]:
    """docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html, 2026-11-27, of `version`: the cluster's "is
    the only accepted specified value". Groups that run already may stay behind, unless another has to be made in
    their place."""
    of = aws_cluster(plan.cluster).version
    there = {each.logical_name: each for each in state.of(_NODE_GROUP)}
    for pool in plan.pools.values():
        if pool.release is None or of is None or minor_of(pool.release) == of:
            continue
        wanted = {f"{pool.name}-nodes{f'-{place}' if place else ''}": group for place, group in pool.groups.items()}
        stay = {each for each in wanted.keys() & there.keys() if not _replaced(pool, wanted[each], there[each])}
        if new := [each for each in wanted if each not in stay]:
            key = f"gpuPools.{pool.name}.amiRelease"
            message = f"EKS makes a node group of its cluster's version {of} alone: {', '.join(new)} would be of"
            yield Obstacle(key, f"{message} {minor_of(pool.release)}", f"leave {key} out, or write a release of {of}")


def _replaced(pool: PoolPlan, group: NodeGroupPlan, held: Held) -> bool:
    """Whether the stack file now has other nodes for the group, so that EKS has to make another one."""
    kind = group.step.kind if group.step is not None else pool.capacity
    types = group.step.types if group.step is not None and group.step.reservation is not None else pool.types
    wanted = {
        "amiType": pool.ami_type,
        "capacityType": {"spot": "SPOT", "block": "CAPACITY_BLOCK"}.get(kind, "ON_DEMAND"),
        "instanceTypes": None if kind == "block" else [each.name for each in types],
    }
    return any(held.inputs[key] != value for key, value in wanted.items() if key in held.inputs)


def _version(held: Held, key: str) -> list[str]:
    """What the Pulumi engine last read from AWS."""
    found = held.outputs.get(key) or held.inputs.get(key)
    return [found] if isinstance(found, str) else []


def _running(state: State, type_: str, key: str, **of: str) -> list[str]:
    held = (each for each in state.of(type_) if all(each.inputs.get(name) == value for name, value in of.items()))
    return [version for each in held for version in _version(each, key)]


def _older(key: str, planned: str, running: list[str], quoted: str, *, pool: str | None = None) -> Iterator[Obstacle]:
    newest = max(running, key=_numbers, default=planned)
    if _numbers(newest) > _numbers(planned):
        head, _, name = key.partition(".")
        value = quoted.format(newest)
        line = f"{head}: {{{name}: {value}}}" if name else f"{head}: {value}"
        section = f"gpuPools.{pool}" if pool else "cluster.create"
        first, _, second = section.partition(".")
        yield Obstacle(
            f"{section}.{key}",
            f"{planned} is older than {newest}, which runs: `up` would take it back",
            f"{first}: {{{second}: {{{line}}}}}",
        )


def _numbers(version: str) -> list[int]:
    """A key that sorts `v1.20.5-eksbuild.1` or `1.35.6-20260714` among other releases by their age."""
    return [int(each) for each in re.findall(r"\d+", version)]


def access_entries(plan: Plan, state: State) -> Iterator[Obstacle]:
    """EKS refuses a second access entry for a principal. For the creator of a cluster that an earlier version of this
    program made, EKS itself made an entry."""
    create = plan.settings.cluster.create
    if create is None:
        return
    wanted = dict.fromkeys(create.access.viewers, "viewer") | dict.fromkeys(create.access.admins, "admin")
    commands = {each: import_entry(plan, state, each, kind) for each, kind in wanted.items()}
    if not any(commands.values()):
        return
    where, query = aws_cluster(plan.cluster).aws_arguments, ("--query", "accessEntries", "--output", "text")
    there = output_of("aws", "eks", "list-access-entries", "--cluster-name", plan.cluster.name, *where, *query).split()
    for principal, command in commands.items():
        if command and principal in there:
            message = f"EKS lets {principal} in already, by an entry that isn't in the state, and refuses a second one"
            yield Obstacle("cluster.create.access", message, f"run: {command}")


def import_entry(plan: Plan, state: State, principal: str, kind: str = "admin") -> str | None:
    """The command that imports an entry into the state; None: the cluster isn't made yet, or the state has it."""
    cluster = next((each for each in state.of(_CLUSTER) if each.name == plan.cluster.name), None)
    if cluster is None or any(each.inputs.get("principalArn") == principal for each in state.of(_ENTRY)):
        return None
    of_stack = "::".join(cluster.urn.split("::")[:2])
    return (
        f"pulumi import -s {plan.stack} {_ENTRY} 'cluster-{kind}-{principal.split('::', 1)[1]}'"
        f" '{plan.cluster.name}:{principal}' --protect=false --generate-code=false"
        f" --parent 'cluster={of_stack}::llm:aws:Cluster::cluster'"
        f" --provider 'aws={of_stack}::pulumi:providers:aws::aws'"
    )
