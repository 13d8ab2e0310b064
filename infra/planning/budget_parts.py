"""Changes that may be parts of a way to a budget, from one model or pool each, the largest savings first."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.plan.models import ModelPlan
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.plan.writes import replicas_at_most
from infra.planning.budget import biggest
from infra.planning.budget_search import Search
from infra.planning.budget_types import Types
from infra.planning.without_gpu import another_without_gpu, without_gpu
from infra.registry import cloud_of

MODELS_TRIED = 4  # the most expensive ones: elsewhere, with fewer requests, or smaller
# Which ends of replicas and nodes a bill depends on; a smaller maximum first: what runs at night stays.
ENDS = {"max": ("max",), "expected": ("max", "min"), "min": ("min",)}


@dataclass(frozen=True)
class Means:
    """Changes of one model, by its name: to smaller weights and a smaller cache, the smallest change first; and to what
    serves it for less, the largest saving first. `types`: what its pool could be made of."""

    smaller: Mapping[str, Sequence[Write]]
    cheaper: Mapping[str, Sequence[Write]]
    types: Types

    @property
    def borrows(self) -> bool:
        """Whether a model could move to nodes with another region's price."""
        return any(offer.borrowed for offer in self.types.market.makeable)

    def on_cpu(self, model: str) -> Iterator[Write]:
        """The same model without a GPU, where it is small enough or fast enough there."""
        each = next(each for each in self.types.market.placed if each.served.name == model)
        catalog = self.types.market.sizing.catalog
        same = without_gpu(each, catalog) if not each.served.cpu else None
        others = (way for way in another_without_gpu(each, catalog) if way.slow)
        way = same if same is not None or each.served.cpu else next(others, None)
        if way is not None:
            yield each.served.write((*way.changes, ("pool", None)))


def most_expensive(search: Search) -> list[ModelPlan]:
    pools = [item.pool for item in biggest(search.plan.cost, search.budget) if item.pool]
    return [model for pool in pools for model in search.plan.models.values() if model.pool == pool][:MODELS_TRIED]


def spot(pool: str) -> Write:
    return ((f"gpuPools.{pool}.capacity", "spot"),)


def able_on_spot(plan: Plan) -> list[str]:
    """Pools of nodes that we make on demand, perhaps where there is no spot node, and on which a model runs, the most
    expensive first."""
    used = {model.pool for model in plan.models.values()}
    items = sorted((item for item in plan.cost.items if item.pool in used), key=lambda item: (-item.max, item.name))
    pools = [plan.pools[item.pool] for item in items if item.pool]
    return [pool.name for pool in pools if not pool.existing and _is_on_demand_at_times(pool.kinds)]


def _is_on_demand_at_times(kinds: Collection[str]) -> bool:
    """What is reserved beside it would stay unused."""
    return "on-demand" in kinds and {*kinds} <= {"on-demand", "spot"}


def platform(search: Search) -> list[Write]:
    """Changes of the cluster itself that cost less."""
    plan = search.plan
    ways = cloud_of(plan.settings).cheaper_platform(plan.settings, plan.cluster, search.catalog)
    return [each.write for each in ways]


def minimum_replicas(search: Search, models: Iterable[ModelPlan]) -> Iterator[Write]:
    """Of a fixed number of replicas, one is left."""
    for model in models:
        fixed = model.replicas.min == model.replicas.max
        for end in ENDS[search.budget.of]:
            floor = max(model.replicas.min, 1) if end == "max" and not fixed else 1
            if floor < getattr(model.replicas, end):
                yield (fewer_replicas(model, end, floor),)


def fewer_replicas(model: ModelPlan, end: str, number: int) -> tuple[str, Any]:
    """At one end; a fixed number stays one."""
    if end == "max" or model.replicas.min == model.replicas.max:
        return replicas_at_most(model.path, model.replicas, number)
    return f"{model.path}.replicas.{end}", number


def parts(search: Search, means: Means, *, slow: bool = False) -> Iterator[Write]:
    """What costs less and is no spot: of the platform, of the most expensive pools, and of the models on them.
    `slow`: models that chat on the CPU too."""
    yield from platform(search)
    expensive = most_expensive(search)
    for pool in dict.fromkeys(model.pool or "" for model in expensive):
        yield from means.types.of(pool)[-1:]
    for model in expensive:
        yield from means.types.with_smaller(model.name)[:1]
        yield from means.cheaper.get(model.name, ())[:1]
        if slow or model.task != "chat":
            yield from means.on_cpu(model.name)


def spot_parts(plan: Plan) -> list[Write]:
    return [spot(name) for name in able_on_spot(plan)]


def every_replica(search: Search) -> list[Write]:
    """The minimum of replicas of each model, the largest saving first by the price of their GPUs."""

    def usd(model: ModelPlan) -> float:
        return (model.replicas.max - model.replicas.min) * (model.usd_per_hour or 0.0)

    return list(
        minimum_replicas(search, sorted(search.plan.models.values(), key=lambda model: (-usd(model), model.name)))
    )


def every_type(search: Search, means: Means) -> list[Write]:
    """The cheapest type of each pool, the most expensive pool first."""
    pools = [item.pool for item in biggest(search.plan.cost, search.budget) if item.pool]
    return [write for pool in pools for write in means.types.of(pool)[-1:]]
