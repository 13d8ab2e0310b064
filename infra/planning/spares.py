"""Replicas that start without a new node: on a spare node that a pool's `min` keeps, or on GPUs of running nodes that
no replica has."""

from collections.abc import Iterator, Mapping, Sequence

from infra.plan.models import ModelPlan, Spare
from infra.plan.pools import PoolPlan
from infra.planning.billed_nodes import replicas_by_hour
from infra.planning.nodes import nodes_of
from infra.services.serving.placed import Placed, by_pool


def find_spares(
    pools: Mapping[str, PoolPlan], placed: Sequence[Placed], models: Mapping[str, ModelPlan]
) -> dict[str, Spare]:
    """By model, where at least one more replica does. Nodes that exist already are launched for no replica; where a
    pool keeps GPUs free by its `spare`, every start that the plan shows is one on these."""
    found: dict[str, Spare] = {}
    for name, on in by_pool(placed).items():
        if not pools[name].existing and not pools[name].spare:
            found |= {
                each.served.name: spare
                for each in on
                if each.starts and not each.served.settings.paused and (spare := _spare(each, on, pools[name], models))
            }
    return found


def _spare(placed: Placed, on: Sequence[Placed], pool: PoolPlan, models: Mapping[str, ModelPlan]) -> Spare | None:
    by_hour = list(_by_hour(placed, on, pool, models))
    lowest, highest = min(by_hour), max(by_hour)
    if not highest[0]:
        return None
    return Spare(highest[0], lowest[0], highest[1], models[placed.served.name].cold_start.on_node)


def _by_hour(
    placed: Placed, on: Sequence[Placed], pool: PoolPlan, models: Mapping[str, ModelPlan]
) -> Iterator[tuple[int, int]]:
    """For each part of the week: its further replicas, and the nodes that no model's minimum needs."""
    for replicas, _ in replicas_by_hour(on, models):
        needed = nodes_of(replicas, pool.gpus_per_node)
        running = min(pool.max, max(pool.min, needed))
        own = next(number for each, number in replicas if each is placed)
        more = range(placed.served.replicas.max - own, 0, -1)
        fit = (k for k in more if nodes_of([*replicas, (placed, k)], pool.gpus_per_node) <= running)
        yield next(fit, 0), running - needed
