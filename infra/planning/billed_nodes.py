"""The number of nodes of a pool that are billed: all month, and for the hours of rollouts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from infra.plan.cluster import PoolPlan
from infra.plan.models import ModelPlan
from infra.plan.money import EXPECTED_LOAD, HOURS_PER_MONTH
from infra.planning.nodes import nodes_for
from infra.services.serving.placement import Placed, by_pool

# It isn't known how often a team changes its models: assumed is once per week and model.
ROLLOUTS_PER_MONTH = 4
# The cluster autoscaler's default for `scale-down-unneeded-time`.
UNNEEDED_SECONDS = 600
ROLLOUTS_ASSUMED = (
    f"a node that only a rollout needs is billed for the rollout's hours: {ROLLOUTS_PER_MONTH} rollouts per model per"
    f" month, each with a cold start at its slow end and the old pod's grace period per replica, and"
    f" {UNNEEDED_SECONDS // 60} min until the autoscaler removes the node"
)


@dataclass(frozen=True)
class BilledNodes:
    """The billed nodes of one pool: at the minimum of replicas, at the expected load, and at the maximum."""

    min: int
    expected: float
    all_month: int  # at the maximum of replicas
    surge: int = 0  # further nodes at the maximum, only while a rollout runs
    surge_hours: float = 0  # per month

    @property
    def max(self) -> float:
        """The maximum as a number of nodes that run all month."""
        return self.all_month + self.surge * self.surge_hours / HOURS_PER_MONTH


def billed_nodes(pool: PoolPlan, placed: Sequence[Placed], models: Mapping[str, ModelPlan]) -> BilledNodes:
    """Never more than the pool's maximum: the plan refuses replicas that need more, and they would never start."""
    on = by_pool(placed).get(pool.name, [])
    lowest = min(pool.max, max(pool.min, nodes_for(on, pool.gpus_per_node, at_most=False)))
    running = [each for each in on if not each.served.settings.paused]
    peak = min(pool.max, max(lowest, nodes_for(running, pool.gpus_per_node, at_most=True)))
    replicas = nodes_for(on, pool.gpus_per_node, at_most=True)
    with_surge = pool.needed  # a rollout of a paused model included: it may run in that month
    # In an existing pool, only running nodes are billed; in a pool that the stack creates, its maximum may be billed.
    highest = min(pool.max, max(lowest, with_surge)) if pool.existing else pool.max
    all_month = max(lowest, min(highest, replicas), highest - (with_surge - replicas))
    return BilledNodes(
        lowest,
        lowest + EXPECTED_LOAD * (peak - lowest),
        all_month,
        highest - all_month,
        _rollout_hours(models[each.served.name] for each in on),
    )


def _rollout_hours(models: Iterable[ModelPlan]) -> float:
    """The hours per month in which rollouts need further nodes. Pods are replaced one after the other: a new pod
    starts, then its old one ends."""
    seconds = sum(
        model.replicas.max * (model.cold_start.high + model.timeouts.grace_period) + UNNEEDED_SECONDS
        for model in models
        if model.rollout.max_surge
    )
    return min(ROLLOUTS_PER_MONTH * seconds / 3600, HOURS_PER_MONTH)
