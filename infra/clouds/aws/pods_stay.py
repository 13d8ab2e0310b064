"""Pods that run on other nodes when a Capacity Block begins: neither the autoscaler nor Karpenter moves them to it."""

from collections.abc import Iterator, Sequence

from infra.clouds.aws.karpenter import ORDER, capacity_type
from infra.plan.cluster import ClusterPlan
from infra.plan.findings import warned
from infra.plan.labels import POOL_LABEL, STEP_LABEL
from infra.plan.models import ModelPlan
from infra.plan.notes import Finding
from infra.plan.pools import CapacityPlan, PoolPlan
from infra.plan.words import minutes

_KARPENTER_LABEL = "karpenter.sh/capacity-type"


def warn_of_pods_that_stay(
    pool: PoolPlan, models: Sequence[ModelPlan], cluster: ClusterPlan, namespace: str
) -> Iterator[Finding]:
    """A restart alone moves nothing: the scheduler takes the node that is there, and asks for no other."""
    running = [each for each in models if not each.paused]
    for nth, step in enumerate(pool.steps):
        later = _label(pool, pool.steps[nth + 1 :])
        if step.kind != "block" or not later or not running:
            continue
        deployments = " ".join(f"deployment/{each.name}" for each in running)
        cordon = f"{cluster.kubectl} cordon -l '{POOL_LABEL}={pool.name},{later}'"
        restart = f"{cluster.kubectl} rollout restart {deployments} -n {namespace}"
        yield warned(
            f"gpuPools.{pool.name}.capacity",
            f"no pod moves to Capacity Block {step.reservation} by itself: those that run on later steps at"
            f" {step.begins} stay there, and the block stays empty. Once it has begun, `{cordon}` and then `{restart}`"
            f" move them{_gaps(running)}",
        )


def _label(pool: PoolPlan, later: Sequence[CapacityPlan]) -> str:
    """The part of a selector that finds the nodes of these steps; "" where nothing tells them from the block's."""
    if pool.groups:
        return _is_one_of(STEP_LABEL, [each.name for each in later])
    kinds = {capacity_type(each.kind) for each in later} - {capacity_type("block")}
    return _is_one_of(_KARPENTER_LABEL, [each for each in ORDER if each in kinds])


def _is_one_of(label: str, values: Sequence[str]) -> str:
    if len(values) < 2:
        return f"{label}={values[0]}" if values else ""
    return f"{label} in ({','.join(values)})"


def _gaps(models: Sequence[ModelPlan]) -> str:
    """Of models whose old pod ends first: the new one waits for a node of the block."""
    away = [each for each in models if each.rollout.gap_seconds is not None]
    gaps = (f"{each.name} for about {minutes(each.cold_start.seconds)}" for each in away)
    return f"; meanwhile there is no pod of {' and of '.join(gaps)}" if away else ""
