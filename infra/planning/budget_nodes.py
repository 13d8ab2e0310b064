"""Ways to a budget by fewer nodes: those on which nothing runs, those that nothing needs, and those that stand idle."""

from collections.abc import Iterator

from infra.plan.notes import Advice, Write
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.planning.budget_parts import ENDS
from infra.planning.budget_search import Search
from infra.planning.trial import is_counted
from infra.settings.cluster import GpuPool


def unused(plan: Plan) -> Write:
    """Of nodes that exist, those that the bill counts."""
    used = {model.pool for model in plan.models.values()}
    return tuple(
        (f"gpuPools.{name}", None)
        for name in plan.settings.gpu_pools
        if name not in used and not (plan.pools[name].existing and plan.pools[name].usd_per_node_hour is None)
    )


def paused_alone(search: Search) -> Iterator[Write]:
    """Nodes that exist, that the bill counts, and on which all models are paused: those are given another pool of the
    stack file, to start there."""
    models, given = search.plan.models.values(), search.plan.settings.gpu_pools
    running = {model.pool for model in models if not model.paused}
    for name, pool in search.plan.pools.items():
        paused = [model for model in models if model.pool == name]
        if pool.existing and pool.usd_per_node_hour is not None and paused and name not in running:
            for other in (each for each in given if each in running):
                yield (*((f"{model.path}.pool", other) for model in paused), (f"gpuPools.{name}", None))


def spare_of_several(search: Search) -> Iterator[Write]:
    """Nodes of several pools that nothing needs, where those of one aren't enough: nobody loses anything."""
    usd, spare = search.budget.usd_per_month, search.trimmed.write
    if len(spare) > 1 and search.lowest <= usd < min(search.total((each,)) for each in spare):
        yield spare


def fewer_nodes(search: Search, planned: PoolPlan) -> Iterator[Advice]:
    """Where the stack file gives the pool more nodes than its models and a rollout need, or keeps idle nodes."""
    pool = search.plan.settings.gpu_pools.get(planned.name)
    for end in _ends_of(pool, search.budget.of) if pool is not None else ():
        advice = _nodes(search, planned, end)
        if advice is not None:
            yield advice


def _ends_of(pool: GpuPool, of: str) -> tuple[str, ...]:
    """Existing nodes cost the same in each bill: those that the stack file counts, or those that it keeps idle. Nodes
    that are kept idle are in the maximum bill too, and make the maximum where the stack file gives none."""
    if pool.existing is None:
        ends = dict.fromkeys((*ENDS[of], "min"))
        return tuple(ends if pool.max is not None else sorted(ends, reverse=True))
    return ("max",) if is_counted(pool) else ("min",)


def _nodes(search: Search, planned: PoolPlan, end: str) -> Advice | None:
    """A smaller maximum comes with the smaller minimum that it needs."""
    path, pool = f"gpuPools.{planned.name}", search.plan.settings.gpu_pools[planned.name]

    def change(number: int) -> Write:
        kept = ((f"{path}.min", number),) if end == "max" and number < pool.min else ()
        return ((f"{path}.{end}", number), *kept)

    given = planned.max if end == "max" else pool.min
    number = search.largest(1 if end == "max" else 0, given - 1, change) if given else None
    if number is None:
        return None
    old_first = _old_pods_first(search.plan, planned) if end == "max" and not pool.existing else ()
    return search.advice(change(number)) or (search.advice((*change(number), *old_first)) if old_first else None)


def _old_pods_first(plan: Plan, pool: PoolPlan) -> Write:
    """Rollouts that need no node beside those of the replicas."""
    running = (model for model in plan.models.values() if model.pool == pool.name and not model.paused)
    return tuple((f"{model.path}.rollout.strategy", "recreate") for model in running)
