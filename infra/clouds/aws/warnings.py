"""Warnings of what AWS does to nodes."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from infra.plan.cluster import ClusterPlan
from infra.plan.findings import warned
from infra.plan.kinds import RARE_TYPE
from infra.plan.models import ModelPlan
from infra.plan.notes import Finding
from infra.plan.pools import CapacityPlan, PoolPlan
from infra.plan.words import count
from infra.plan.writes import as_steps, written

# docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html; how often, by type:
# aws.amazon.com/ec2/spot/instance-advisor
SPOT_NOTICE_SECONDS = 120
# docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html: EC2 ends the instances 30 minutes before the end,
# so EKS makes a scheduled action that scales the group to 0 before that.
BLOCK_DRAIN_MINUTES = 40
# An estimate, since AWS states no figure: until the notice has reached EKS, which then drains a node of a managed node
# group by itself (docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html).
SPOT_NOTICED_SECONDS = 10
# What several pools share of a warning; a cloud's kinds are not in kinds.KINDS.
_RARE_TYPES = (
    "AWS rarely has these types on demand: pods wait until it has one. Reserve them first: an On-Demand Capacity"
    " Reservation, billed from the day that it is made, or a Capacity Block, paid up front, as the first step of"
    " capacity"
)
_RAISING_MIN = (
    "EKS refuses a minimum above the number of running nodes, which the autoscaler sets: to raise it later, first run"
    " `aws eks update-nodegroup-config` with `--scaling-config desiredSize=` the new minimum"
)
_PAID = {
    "reservation": ("reservation", "billed whether it is used or not"),
    "block": ("Capacity Block", "paid up front"),
}
_PAID_LAST = (
    "what is reserved stands after spot or on-demand: it is paid, and has nodes only where AWS has none of those; write"
    " it before them"
)
_RARE = re.compile(r"p[456]")  # A100 and newer, 8 GPUs per node; AWS sells them by reservation and Capacity Block


def warn_of_pool(pool: PoolPlan, models: Sequence[ModelPlan], cluster: ClusterPlan) -> Iterator[Finding]:
    """`models` are those that run on it."""
    path = f"gpuPools.{pool.name}"
    if pool.capacity == "spot":
        yield from _warn_of_spot(pool, models)
    yield from _warn_of_blocks(pool, f"{path}.capacity")
    yield from _warn_of_order(pool, f"{path}.capacity")
    yield from _warn_of_warm(pool, f"{path}.warmPool")
    if pool.kinds == ("on-demand",) and (rare := [name for name in pool.instance_types if _RARE.match(name)]):
        yield warned(
            f"{path}.instanceTypes",
            f"AWS rarely has {', '.join(rare)} on demand: pods wait until it has one. Reserve it first: an On-Demand"
            " Capacity Reservation, billed from the day that it is made, or a Capacity Block, paid up front, as the"
            f" first step: `{written(as_steps(pool, _reserved(pool, models), 'on-demand'))}`",
            kind=RARE_TYPE,
            detail=", ".join(rare),
            shared="" if pool.max_for_steps is not None else _RARE_TYPES,
        )
    if not pool.existing and pool.min > 0:
        command = "aws eks update-nodegroup-config --scaling-config desiredSize="
        yield warned(
            f"{path}.min",
            f"EKS refuses a minimum above the number of running nodes, which the autoscaler sets: to raise it later,"
            f" first run `{command}{pool.min} --cluster-name {cluster.name} --nodegroup-name ...`",
            kind="raising-min",
            shared=_RAISING_MIN,
        )


def _reserved(pool: PoolPlan, models: Sequence[ModelPlan]) -> dict[str, Any]:
    """As many instances as run all month anyway: more of them would be billed unused."""
    gpus = sum(each.gpus * each.replicas.min for each in models if not each.paused)
    return {"reservation": "cr-...", "instances": max(1, (gpus + pool.idle_gpus) // pool.gpus_per_node)}


def _warn_of_warm(pool: PoolPlan, path: str) -> Iterator[Finding]:
    """EC2 keeps as many as asked for, whatever the group may still grow by."""
    more = pool.max - pool.min
    if pool.warm_pool > more:
        yield warned(
            path,
            f"{count(pool.warm_pool, 'stopped instance')}, and {pool.name} grows by {count(more, 'node')} at most (min"
            f" {pool.min}, max {pool.max}): what is more is billed and never used; {path}: {more}",
        )


def _room(pool: PoolPlan) -> Iterator[str]:
    """What the next plan asks of a pool to which a further step was added."""
    if (room := pool.max_for_steps) is not None:
        yield f"a further step needs gpuPools.{pool.name}.max: {room}"


def _drained_by(pool: PoolPlan) -> str:
    return "EKS" if pool.groups else "Karpenter"


def _warn_of_blocks(pool: PoolPlan, path: str) -> Iterator[Finding]:
    """What happens when a Capacity Block ends, and before it begins."""
    always = any(step.always for step in pool.steps)
    for step in pool.steps:
        if step.kind == "block":
            window = f"{step.begins} to {step.ends}"
            drains = f"{_drained_by(pool)} drains its nodes {BLOCK_DRAIN_MINUTES} minutes before its end"
            yield warned(
                path,
                f"Capacity Block {step.reservation} has nodes from {window}: {drains}, and their pods start again on"
                f" the next steps; outside the window {_outside(pool, step)}"
                if always
                else f"outside the window of Capacity Block {step.reservation}, {window}, its models have no node:"
                f" {'; '.join((drains, '`on-demand` as the last step gives them nodes then', *_room(pool)))}",
                kind="block",
                detail=f"{step.reservation} until {step.ends}",
            )


def _outside(pool: PoolPlan, step: CapacityPlan) -> str:
    """Karpenter reads which reservations are active (tasks/odcrs.md of aws/karpenter-provider-aws, v1.14)."""
    if not pool.groups:
        return "Karpenter doesn't ask it"
    before = [each.reservation or each.kind for each in pool.steps[: pool.steps.index(step)]]
    when = "first" if not before else f"after {' and '.join(before)}"
    return f"the autoscaler still asks it {when}, and is refused"


def _warn_of_order(pool: PoolPlan, path: str) -> Iterator[Finding]:
    """What is paid and stays unused, because the autoscaler asks for other nodes first. Karpenter never does."""
    for step in pool.steps:
        if first := pool.asked_after(step):
            what, paid = _PAID[step.kind]
            yield warned(
                path,
                f"{what} {step.reservation} stands after {' and '.join(first)}: it is {paid}, and has nodes only where"
                f" AWS has none of those; write it before {first[0]}",
                kind="paid-last",
                detail=step.reservation or "",
                shared=_PAID_LAST,
            )


def _warn_of_spot(pool: PoolPlan, models: Sequence[ModelPlan]) -> Iterator[Finding]:
    """Warns how short a drain is on spot: the node goes, however long its pods may take."""
    path, alone = f"gpuPools.{pool.name}.capacity", pool.kinds == ("spot",)  # nothing else is asked for
    message = "AWS takes spot nodes away with two minutes' notice"
    if alone:
        others = written(as_steps(pool, "spot", "on-demand"))
        message += f", and AWS may have none when they are needed: `{others}` then asks for others"
    room = _room(pool) if alone else ()
    kind = "spot" if alone else "spot-step"
    cut = [model for model in models if model.timeouts.whole_answer < model.timeouts.drain]
    if not cut:
        yield warned(path, message, kind=kind, detail="; ".join(room))
        return
    names = ", ".join(model.name for model in cut)
    leaves, whole = max(model.timeouts.pre_stop for model in cut), min(model.timeouts.whole_answer for model in cut)
    drain = max(model.timeouts.drain for model in cut)
    yield warned(
        path,
        f"{message}; an answer of {names} then has {whole} s to end ({SPOT_NOTICE_SECONDS} s of notice, about"
        f" {SPOT_NOTICED_SECONDS} until {_drained_by(pool)} drains the node, and for {leaves} of them new requests"
        f" still come), and not the {drain} s that it has elsewhere: a longer answer is cut off",
        kind=kind,
        detail="; ".join((*room, f"an answer of {names} has {whole} s to end, not {drain} s")),
    )
