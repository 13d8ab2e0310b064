"""Rule 3: every replica and one rollout have their GPUs; if not, what to write so that they have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from infra.catalog import Catalog
from infra.plan.models import ModelPlan
from infra.plan.notes import Advice, Finding, Violation
from infra.plan.pools import PoolPlan
from infra.plan.rules import Rule
from infra.plan.words import count, minutes, without
from infra.plan.writes import replicas_at_most, written
from infra.planning.billed_nodes import ROLLOUTS_PER_MONTH
from infra.planning.capacity import limited, with_on_demand
from infra.planning.cost import maximum_per_month
from infra.services.external.plan import fallback_of
from infra.services.serving.next import one_version
from infra.services.serving.placed import Placed
from infra.settings.platform import Settings

# What is assumed to be lost per minute without a model. It decides which fix is named first: the gap of a rollout, or
# the node that prevents it.
GAP_USD_PER_MINUTE = 1.0


def check_peak(
    pool: PoolPlan, placed: Sequence[Placed], models: Mapping[str, ModelPlan], settings: Settings, catalog: Catalog
) -> Iterator[Finding]:
    """`placed`: the models of this pool. A paused one has neither replicas nor a rollout."""
    room = pool.max * pool.gpus_per_node
    if pool.existing:  # they are packed onto the nodes that there are
        return
    on = [models[each.served.name] for each in placed if not each.served.settings.paused]
    surge = max((model.gpus for model in on if model.rollout.max_surge), default=0)
    if pool.peak_gpus + surge <= room:
        return
    parts = " + ".join(
        f"{model.name}: {count(model.replicas.max, 'replica')} x {count(model.gpus, pool.unit)}" for model in on
    )
    rollout = [f"{surge} for a rollout"] if surge else []
    yield Violation(
        Rule.GPUS_AT_PEAK,
        f"gpuPools.{pool.name}.max",
        f"{' + '.join([*([parts] if parts else []), *rollout])} = {pool.peak_gpus + surge};"
        f" pool {pool.name} can grow to {room}",
        f"gpuPools.{pool.name}.{'capacity: on-demand as a further step' if limited(pool) else 'max: larger'}",
        tuple(_fixes(pool, placed, models, on, surge, settings, catalog)),
    )


def _fixes(
    pool: PoolPlan,
    placed: Sequence[Placed],
    models: Mapping[str, ModelPlan],
    on: Sequence[ModelPlan],
    surge: int,
    settings: Settings,
    catalog: Catalog,
) -> Iterator[Advice]:
    """`on`: the models of the pool that run. `surge`: the GPUs of one rollout of them."""
    gap = _gap(pool, on, settings)
    if limited(pool):  # what is asked for beside it costs the price on demand, and may not come
        yield from (*([gap.fix] if gap is not None else ()), _beside_reserved(pool, settings))
        return
    more = maximum_per_month(replace(pool, max=pool.max_enough), placed, models, settings, catalog)
    more -= maximum_per_month(pool, placed, models, settings, catalog)
    write = ((f"gpuPools.{pool.name}.max", pool.max_enough),)
    larger = Advice(write, written(write))
    if gap is not None and more > gap.usd_per_month:
        yield from (gap.fix, larger)
    else:
        yield from (larger, *([gap.fix] if gap is not None else ()))
    fewer = _fewer_replicas(pool, on, surge) or _fewer_with_old_pods_first(pool, on, settings)
    if fewer is not None:
        yield fewer
    for each in placed:
        if each.served.in_place and each.served.next_of and not each.served.settings.paused:
            gap = minutes(models[each.served.next_of].cold_start.gap)
            said = f", about {gap} {without(each.served.next_of, each.served.fallback)}"
            yield Advice(each.served.in_place, one_version(each.served.in_place, said))


def _beside_reserved(pool: PoolPlan, settings: Settings) -> Advice:
    """Nodes on demand where no reserved instance is left."""
    own = settings.gpu_pools[pool.name]
    larger = (
        ((f"gpuPools.{pool.name}.max", pool.max_enough),) if own.max is not None and own.max < pool.max_enough else ()
    )
    write = ((f"gpuPools.{pool.name}.capacity", with_on_demand(own)), *larger)
    return Advice(write, written(write))


@dataclass(frozen=True)
class _Gap:
    """The advice to end the old pods before the new ones start."""

    fix: Advice
    usd_per_month: float  # the assumed cost of the minutes without a model


def _gap(pool: PoolPlan, models: Sequence[ModelPlan], settings: Settings) -> _Gap | None:
    """For the smallest number of models, the largest first: what they no longer need has to be enough."""
    room = pool.max * pool.gpus_per_node - pool.peak_gpus
    rolling = sorted((each for each in models if each.rollout.max_surge), key=lambda each: (-each.gpus, each.name))
    enough = next(
        (n for n in range(1, len(rolling) + 1) if max((m.gpus for m in rolling[n:]), default=0) <= room), None
    )
    if room < 0 or enough is None:
        return None
    changed = rolling[:enough]
    minutes = {each.name: max(1, round(each.cold_start.gap / 60)) for each in changed if _stops(each)}
    away = [f"about {length} min {without(name, fallback_of(settings, name))}" for name, length in minutes.items()]
    away += [
        f"some minutes {without(each.name, fallback_of(settings, each.name))}" for each in changed if _misfits(each)
    ]
    fewer = [f"one replica of {each.name} fewer" for each in changed if each.starts and not _stops(each)]
    what = " and ".join(f"{each.path}.rollout: {{strategy: recreate}}" for each in changed)
    harm = "; ".join((*(f"{each} per rollout" for each in away), *(f"{each} during a rollout" for each in fewer)))
    write = tuple((f"{each.path}.rollout.strategy", "recreate") for each in changed)
    fix = Advice(write, f"{what} (the old pod first{harm and f': {harm}'})")
    return _Gap(fix, ROLLOUTS_PER_MONTH * sum(minutes.values()) * GAP_USD_PER_MINUTE)


def _stops(model: ModelPlan) -> bool:
    """Whether it has no pod while its only one is replaced; one that may sleep has one at least when awake."""
    return model.starts and model.replicas.min <= 1


def _misfits(model: ModelPlan) -> bool:
    """Whether it doesn't start yet, so that nobody knows how long its only pod would be away."""
    return not model.starts and model.replicas.min <= 1


def _fewer_replicas(pool: PoolPlan, models: Sequence[ModelPlan], surge: int) -> Advice | None:
    """Fewer replicas of the model with the largest number of GPUs, with room for `surge` GPUs beside them."""
    largest = _largest(models)
    if largest is None:
        return None
    others = pool.peak_gpus - largest.replicas.max * largest.gpus
    fewer = (pool.max * pool.gpus_per_node - surge - others) // largest.gpus
    if not 1 <= fewer < largest.replicas.max:
        return None
    write = (replicas_at_most(largest.path, largest.replicas, fewer),)
    return Advice(write, written(write))


def _fewer_with_old_pods_first(pool: PoolPlan, models: Sequence[ModelPlan], settings: Settings) -> Advice | None:
    """Where fewer replicas leave no room for a rollout's new pod."""
    largest, fewer = _largest(models), _fewer_replicas(pool, models, 0)
    if largest is None or fewer is None:
        return None
    gone = largest.replicas.max - fewer.write[0][1]
    gap = _gap(replace(pool, peak_gpus=pool.peak_gpus - gone * largest.gpus), models, settings)
    if gap is None:
        return None
    return Advice((*fewer.write, *gap.fix.write), f"{fewer.text} and {gap.fix.text}")


def _largest(models: Sequence[ModelPlan]) -> ModelPlan | None:
    return max(models, key=lambda each: (each.replicas.max * each.gpus, each.name), default=None)
