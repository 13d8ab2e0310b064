"""A stack whose models are all paused: what would cost less while nothing runs, each with what it saves."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from infra.catalog import Catalog
from infra.clouds.aws.facts import CpuInstance
from infra.clouds.aws.section import SystemNodes
from infra.plan.money import Cheaper
from infra.plan.notes import Write
from infra.planning.advice import written
from infra.planning.cost import Billed
from infra.settings import Settings

WORTH_A_LINE_USD = 10.0  # per month
_BURSTABLE = "t"  # first letter of types whose CPU has a baseline
# What a month costs at least.
Bill = Callable[[Billed], float]


def cheaper_while_paused(billed: Billed, bill: Bill) -> tuple[Cheaper, ...]:
    """What saves most first; nothing where a model runs."""
    if not all(model.paused for model in billed.settings.models.values()):
        return ()
    now = bill(billed)
    ways = [
        Cheaper(written(write), now - month, effect, write)
        for write, month, effect in (
            *_without_kept_nodes(billed, bill),
            *_smaller_system_nodes(billed, bill),
            *_one_gateway(billed, bill),
        )
        if now - month >= WORTH_A_LINE_USD
    ]
    return tuple(sorted(ways, key=lambda way: (-way.usd_per_month, way.setting)))


_Way = tuple[Write, float, str]


def _without_kept_nodes(billed: Billed, bill: Bill) -> Iterator[_Way]:
    for name, pool in billed.pools.items():
        if pool.min > 0 and not pool.existing:
            month = bill(replace(billed, pools={**billed.pools, name: replace(pool, min=0)}))
            yield ((f"gpuPools.{name}.min", 0),), month, "a pool keeps this many nodes whether or not a model runs"


def _smaller_system_nodes(billed: Billed, bill: Bill) -> Iterator[_Way]:
    settings, catalog = billed.settings, billed.catalog
    create = settings.cluster.create
    best = cheapest_system_nodes(settings, catalog)
    if create is None or best is None:
        return
    now = catalog.aws.cpu_instances[create.system_nodes.instance_type]
    nodes = create.system_nodes.model_copy(update={"instance_type": best.name})
    burst = "; steady CPU use above its baseline is billed on top" if best.name.startswith(_BURSTABLE) else ""
    yield (
        (("cluster.create.systemNodes.instanceType", best.name),),
        bill(replace(billed, settings=_with(settings, nodes))),
        f"{best.arch}, {best.vcpus} vCPUs and {best.memory_gib:g} GiB, the cheapest node no smaller than"
        f" {now.name}{burst}",
    )


def cheapest_system_nodes(settings: Settings, catalog: Catalog) -> CpuInstance | None:
    """The cheapest type that is no smaller, so that whatever runs there still has room."""
    create = settings.cluster.create
    now = catalog.aws.cpu_instances.get(create.system_nodes.instance_type) if create is not None else None
    if now is None:
        return None
    enough = (each for each in catalog.aws.cpu_instances.values() if _as_large(each, now))
    return min(enough, key=lambda each: (each.usd_per_hour, each.name))


def _one_gateway(billed: Billed, bill: Bill) -> Iterator[_Way]:
    if billed.cluster.nat_per_zone:
        month = bill(replace(billed, cluster=replace(billed.cluster, nat_per_zone=False)))
        yield (("cluster.create.network.nat", "one"),), month, "lost with its zone, and with it every way out"


def _as_large(each: CpuInstance, now: CpuInstance) -> bool:
    return each.vcpus >= now.vcpus and each.memory_gib >= now.memory_gib


def _with(settings: Settings, nodes: SystemNodes) -> Settings:
    create = settings.cluster.create
    assert create is not None
    cluster = settings.cluster.model_copy(update={"create": create.model_copy(update={"system_nodes": nodes})})
    return settings.model_copy(update={"cluster": cluster})
