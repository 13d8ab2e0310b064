"""The number of nodes of a pool that are billed: all month, and for the hours of rollouts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from infra.plan.models import ModelPlan
from infra.plan.money import EXPECTED_LOAD, HOURS_PER_MONTH
from infra.plan.pools import PoolPlan
from infra.plan.schedule import share_of_week
from infra.planning.nodes import nodes_for, nodes_of
from infra.services.serving.placed import Placed, by_pool

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

    min: float  # in the mean of the week, where a schedule changes it by the hour
    expected: float
    all_month: int  # at the maximum of replicas
    surge: int = 0  # further nodes at the maximum, only while a rollout runs
    surge_hours: float = 0  # per month
    beyond: int = 0  # of `all_month`: what the pool's maximum allows, though no replica and no rollout needs it

    @property
    def max(self) -> float:
        """The maximum as a number of nodes that run all month."""
        return self.all_month + self.surge * self.surge_hours / HOURS_PER_MONTH


def billed_nodes(pool: PoolPlan, placed: Sequence[Placed], models: Mapping[str, ModelPlan]) -> BilledNodes:
    """Never more than the pool's maximum: the plan refuses replicas that need more, and they would never start."""
    on = by_pool(placed).get(pool.name, [])
    by_hour = _by_hour(pool, on, models)
    lowest = max(nodes for nodes, _ in by_hour)
    running = [each for each in on if not each.served.settings.paused]
    peak = min(pool.max, max(lowest, nodes_for(running, pool.gpus_per_node, at_most=True, extra=pool.spare)))
    replicas = nodes_for(on, pool.gpus_per_node, at_most=True, extra=pool.spare)
    with_surge = max(pool.needed, replicas)  # a rollout of a paused model included: it may run in that month
    # In an existing pool, only running nodes are billed; in a pool that the stack creates, all that may run.
    highest = min(pool.max, max(lowest, with_surge)) if pool.existing else pool.highest
    all_month = max(lowest, min(highest, replicas), highest - (with_surge - replicas))
    mean = sum(nodes * share for nodes, share in by_hour)
    return BilledNodes(
        mean,
        mean + EXPECTED_LOAD * (peak - mean),
        all_month,
        highest - all_month,
        _rollout_hours(models[each.served.name] for each in on),
        max(0, highest - max(lowest, with_surge)),
    )


def _by_hour(pool: PoolPlan, on: Sequence[Placed], models: Mapping[str, ModelPlan]) -> list[tuple[int, float]]:
    """The nodes at the minimum of replicas, each number with its share of the week."""
    found = nodes_by_hour(on, models, pool.gpus_per_node, pool.spare)
    return [(min(pool.max, max(pool.min, needed)), share) for needed, share in found]


def nodes_by_hour(
    on: Iterable[Placed], models: Mapping[str, ModelPlan], gpus_per_node: int, spare: Sequence[int] = ()
) -> list[tuple[int, float]]:
    """What the minimum of replicas needs, each number of nodes with its share of the week: in the windows of a schedule
    it is more. `on`: wherever these models would be. `spare`: the GPUs of pods without work."""
    return [(nodes_of(replicas, gpus_per_node, spare), share) for replicas, share in replicas_by_hour(on, models)]


def replicas_by_hour(
    on: Iterable[Placed], models: Mapping[str, ModelPlan]
) -> list[tuple[list[tuple[Placed, int]], float]]:
    """The minimum of each model that isn't paused, with its share of the week."""
    running = [each for each in on if not each.served.settings.paused]
    schedules = [schedule for each in running if (schedule := models[each.served.name].schedule)]
    return [([(each, _min(each, models, at)) for each in running], share) for at, share in share_of_week(schedules)]


def _min(placed: Placed, models: Mapping[str, ModelPlan], at: int) -> int:
    """Replicas at this minute of the week."""
    low, schedule = placed.served.replicas.min, models[placed.served.name].schedule
    return schedule.min_at(at, low) if schedule else low


def _rollout_hours(models: Iterable[ModelPlan]) -> float:
    """The hours per month in which rollouts need further nodes. Pods are replaced one after the other: a new pod
    starts, then its old one ends."""
    seconds = sum(
        model.replicas.max * (model.cold_start.high + model.timeouts.grace_period) + UNNEEDED_SECONDS
        for model in models
        if model.rollout.max_surge
    )
    return min(ROLLOUTS_PER_MONTH * seconds / 3600, HOURS_PER_MONTH)
