"""What `up` would trip over in AWS, or take back there, found before it makes anything."""

import re
from collections.abc import Iterator

from infra.live.check import Obstacle
from infra.live.commands import output_of
from infra.live.state import State
from infra.planning.plan import Plan

_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
_CLUSTER = "aws:eks/cluster:Cluster"
_NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
_ADDON = "aws:eks/addon:Addon"


def log_groups(plan: Plan, state: State) -> Iterator[Obstacle]:
    """Their names are fixed, and what is delivered late makes them again after they went."""
    if plan.cluster.kind != "create":
        return
    names = [f"/aws/eks/{plan.cluster.name}/cluster"]
    if plan.cluster.cidr is not None:
        names.append(f"/aws/vpc/{plan.cluster.name}/flows")
    for name in names:
        if not state.holds(_LOG_GROUP, name):
            yield from _log_group(name, plan.cluster.aws_arguments)


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
    """EKS takes no node group back to an older AMI; an older add-on or control plane is nothing to get unasked."""
    if plan.cluster.kind != "create":
        return
    yield from _older("version", plan.cluster.version, _running(state, _CLUSTER, "version"), '"{}"')
    release = plan.cluster.ami_release
    if release is not None:
        yield from _older("amiRelease", release, _running(state, _NODE_GROUP, "releaseVersion"), '"{}"')
    for name, version in plan.cluster.addon_versions.items():
        running = _running(state, _ADDON, "addonVersion", addonName=name)
        yield from _older(f"addonVersions.{name}", version, running, "{}")


def _running(state: State, type_: str, key: str, **of: str) -> list[str]:
    """What the engine last read from AWS."""
    held = (each for each in state.of(type_) if all(each.inputs.get(name) == value for name, value in of.items()))
    found = (each.outputs.get(key) or each.inputs.get(key) for each in held)
    return [each for each in found if isinstance(each, str)]


def _older(key: str, planned: str, running: list[str], quoted: str) -> Iterator[Obstacle]:
    newest = max(running, key=_numbers, default=planned)
    if _numbers(newest) > _numbers(planned):
        head, _, name = key.partition(".")
        value = quoted.format(newest)
        line = f"{head}: {{{name}: {value}}}" if name else f"{head}: {value}"
        yield Obstacle(
            f"cluster.create.{key}",
            f"{planned} is older than {newest}, which runs: `up` would take it back",
            f"cluster: {{create: {{{line}}}}}",
        )


def _numbers(version: str) -> list[int]:
    """`v1.20.5-eksbuild.1` and `1.35.6-20260714` in the order that they came out."""
    return [int(each) for each in re.findall(r"\d+", version)]
