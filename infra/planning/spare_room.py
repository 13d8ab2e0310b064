"""Whether a pool has room for the GPUs that stay free for the next replica."""

from collections.abc import Iterator, Mapping, Sequence

from infra.plan.models import ModelPlan
from infra.plan.notes import Advice, Finding, Violation
from infra.plan.pools import PoolPlan
from infra.plan.rules import Rule
from infra.plan.words import count
from infra.plan.writes import written
from infra.planning.billed_nodes import nodes_by_hour
from infra.services.serving.placed import Placed


def check_spare(pool: PoolPlan, placed: Sequence[Placed], models: Mapping[str, ModelPlan]) -> Iterator[Finding]:
    """Refuses a maximum with which nothing is ever spare. `placed`: the models of this pool."""
    needed = min((nodes for nodes, _ in nodes_by_hour(placed, models, pool.gpus_per_node, pool.spare)), default=0)
    if pool.spare and needed > pool.max:
        write = ((f"gpuPools.{pool.name}.max", needed),)
        yield Violation(
            Rule.GPUS_AT_PEAK,
            f"gpuPools.{pool.name}.spare",
            f"the minimum of replicas and {count(sum(pool.spare), 'spare GPU')} need {count(needed, 'node')};"
            f" {pool.name} can grow to {pool.max}",
            written(write),
            (Advice(write, written(write)),),
        )
