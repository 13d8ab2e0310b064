"""Changes that may be parts of a way to a budget, from one model or pool each."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from infra.catalog import Catalog
from infra.offers.capacity import keeps
from infra.offers.options import Goal, fits
from infra.offers.pools import new_pool
from infra.plan.models import ModelPlan
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.plan.writes import replicas_at_most
from infra.planning.budget import biggest
from infra.planning.budget_search import Search
from infra.planning.budget_types import Types, smaller_writes
from infra.planning.cheaper import Market, ways_of
from infra.planning.gaps import of_one_size
from infra.planning.without_gpu import another_without_gpu, without_gpu
from infra.registry import cloud_of
from infra.services.serving.placed import Placed
from infra.settings.platform import Budget

MODELS_TRIED = 4  # the most expensive ones: elsewhere, with fewer requests, or smaller
PARTS_OF = 6  # models, of which each one's changes may be parts of a way; of more, the most expensive ones
# Which ends of replicas and nodes a bill depends on; a smaller maximum first: what runs at night stays.
ENDS = {"max": ("max",), "expected": ("max", "min"), "min": ("min",)}


@dataclass(frozen=True)
class Means:
    """What could cost less in one plan, each as a change of the stack file. No plan is made for it."""

    market: Market

    @cached_property
    def types(self) -> Types:
        return Types(self.market)

    @property
    def borrows(self) -> bool:
        """Whether a model could move to nodes with another region's price."""
        return any(offer.borrowed for offer in self.market.makeable)

    def smaller(self, model: str) -> list[Write]:
        """Smaller weights and a smaller cache, the smallest change first."""
        return smaller_writes(self._placed(model), self.market.sizing)

    def cheaper(self, model: str) -> list[Write]:
        """What serves it for less at its minimum of replicas, as its lower bills say."""
        return [way.write for way in ways_of(self._placed(model), self.market)]

    def elsewhere(self, model: str) -> list[Write]:
        """The same, and what serves all of its replicas for less: one that keeps what a replica holds, and the
        cheapest."""
        each, market = self._placed(model), replace(self.market, at_most=True)
        goals: tuple[Goal, ...] = (lambda sized: sized.fits and keeps(sized, each.sized), fits)
        found = [ways_of(each, market, goal)[:1] for goal in goals] + [ways_of(each, self.market)[:1]]
        return [way.write for ways in found for way in ways]

    def on_cpu(self, model: str) -> Iterator[Write]:
        """The same model without a GPU, where it is small enough or fast enough there."""
        each, catalog = self._placed(model), self.market.sizing.catalog
        same = without_gpu(each, catalog) if not each.served.cpu else None
        others = (way for way in another_without_gpu(each, catalog) if way.slow)
        way = same if same is not None or each.served.cpu else next(others, None)
        if way is not None:
            yield each.served.write((*way.changes, ("pool", None)))

    def apart(self) -> Iterator[Write]:
        """Replicas of one size on separate nodes, so that the maximum has none for gaps."""
        for _, writes in of_one_size(self.market.plan, self.market.placed):
            yield from writes

    def _placed(self, model: str) -> Placed:
        return next(each for each in self.market.placed if each.served.name == model)


def most_expensive(search: Search) -> list[ModelPlan]:
    return _most_expensive(search.plan, search.budget)[:MODELS_TRIED]


def _most_expensive(plan: Plan, budget: Budget) -> list[ModelPlan]:
    pools = [item.pool for item in biggest(plan.cost, budget) if item.pool]
    return [model for pool in pools for model in plan.models.values() if model.pool == pool]


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


def platform(plan: Plan, catalog: Catalog) -> list[Write]:
    """Changes of the cluster itself that cost less."""
    ways = cloud_of(plan.settings).cheaper_platform(plan.settings, plan.cluster, catalog)
    return [each.write for each in ways]


def minimum_replicas(search: Search, models: Iterable[ModelPlan]) -> Iterator[Write]:
    """Of a fixed number of replicas, one is left."""
    for model in models:
        fixed = model.replicas.min == model.replicas.max
        for end in ENDS[search.budget.of]:
            floor = max(model.replicas.min, 1) if end == "max" and not fixed else 1
            if floor < getattr(model.replicas, end):
                yield (fewer_replicas(model, end, floor),)


def asleep(search: Search, models: Iterable[ModelPlan]) -> Iterator[Write]:
    """Models of which a replica always runs end it while nobody asks. The maximum bill stays."""
    for model in models if search.budget.of != "max" else ():
        if model.replicas.min and not model.paused and model.next_of is None:
            path, fixed = f"{model.path}.replicas", model.replicas.min == model.replicas.max
            yield ((f"{path}.min", 0), *([(f"{path}.max", model.replicas.max)] if fixed else []))


def fewer_replicas(model: ModelPlan, end: str, number: int) -> tuple[str, Any]:
    """At one end; a fixed number stays one."""
    if end == "max" or model.replicas.min == model.replicas.max:
        return replicas_at_most(model.path, model.replicas, number)
    return f"{model.path}.replicas.{end}", number


def parts(search: Search, means: Means, written: Write) -> list[Write]:
    """What may still cost less once something is `written`, of the platform, the most expensive pools, and the models
    on them. `means`: of the plan with it."""
    plan = means.market.plan
    models = sorted(_most_expensive(plan, search.budget), key=_usd_of_all)
    models = models if len(models) <= PARTS_OF else models[:MODELS_TRIED]
    pools = [pool for pool in dict.fromkeys(model.pool or "" for model in models) if pool in search.plan.pools]
    found = [
        *platform(plan, search.catalog),
        *(write for pool in pools for write in means.types.of(pool)),
        *idle_nodes(plan),
        *minimum_replicas(search, [search.plan.models[model.name] for model in models]),
        *asleep(search, [search.plan.models[model.name] for model in models]),
        *(write for model in models for write in _of_model(model.name, means)),
        *means.apart(),
        *spot_parts(plan),
    ]
    given = search.plan.settings.gpu_pools
    whole = (_with_pool(write, means.market, given) for write in found)
    there = dict(written)
    return [write for write in whole if any(there.get(path, there) != value for path, value in write)]


def _usd_of_all(model: ModelPlan) -> float:
    """The largest first."""
    return -model.replicas.max * (model.usd_per_hour or 0.0)


def _of_model(model: str, means: Means) -> Iterator[Write]:
    smaller = means.smaller(model)
    yield from [*smaller[:1], *smaller[1:][-1:]]
    yield from means.types.with_smaller(model)
    yield from means.elsewhere(model)
    yield from means.on_cpu(model)


def _with_pool(write: Write, market: Market, given: Collection[str]) -> Write:
    """With the nodes of a pool that the stack file doesn't have: the part that wrote it may be taken out again."""
    names = {value for path, value in write if path.endswith(".pool") and value is not None} - {*given}
    known = {offer.name: offer for offer in market.pools if offer.name in names}
    new = {path: value for offer in known.values() for path, value in new_pool(offer)}
    return tuple((new | dict(write)).items())


def idle_nodes(plan: Plan) -> list[Write]:
    """Nodes that a pool keeps also while nothing runs there: those that are made come when a model needs them."""
    kept = (name for name, given in plan.settings.gpu_pools.items() if given.min and not given.existing)
    return [((f"gpuPools.{name}.min", 0),) for name in kept]


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
