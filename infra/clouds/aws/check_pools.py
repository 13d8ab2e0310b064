"""Rules for `gpuPools.NAME.instanceTypes`: EC2 types with the same GPUs, where the cluster is."""

import re
from collections.abc import Sequence
from typing import Any

from infra.catalog import Catalog, Instance
from infra.catalog.instances_named import types_to_write
from infra.catalog.whose import borrowed_from
from infra.clouds.aws.bottlerocket import check_bottlerocket
from infra.clouds.aws.check_capacity import check_reserved
from infra.clouds.aws.check_release import check_pool_release
from infra.clouds.aws.check_steps import check_steps
from infra.clouds.aws.check_warm import check_warm
from infra.clouds.aws.nodes import BOTTLEROCKET
from infra.clouds.aws.prices import with_prices
from infra.plan.words import regions_with
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key

_CPU_FAMILY = re.compile(r"[mcrt]\d")  # general purpose, compute, memory, burstable
_SAME_MEMORY = 0.02  # GPUs may replace each other if an engine sees the same memory, within this part
_CLOSE_TOGETHER = (
    "cluster puts nodes close together for servers that span them, and a replica here is on one node",
    "write spread or partition, the name of a placement group that exists, or leave it out",
)
_SMALL = (("g6.xlarge", "L4"), ("g6e.xlarge", "L40S"), ("p5.4xlarge", "H100"))
_NAMED = 4  # instance types that a message proposes


def check_pools(scope: Scope) -> None:
    for name, pool in scope.settings.gpu_pools.items():
        if pool.instance_types is not None:
            _check_managed(scope, ("gpuPools", name), pool, pool.instance_types)
            if pool.placement_group == "cluster":
                scope.report.wrong(("gpuPools", name, "placementGroup"), *_CLOSE_TOGETHER)
            if pool.os != BOTTLEROCKET:
                check_pool_release(scope, ("gpuPools", name), pool)
            check_steps(scope, pool, ("gpuPools", name, "capacity"))
            check_warm(scope, pool, ("gpuPools", name))
            check_bottlerocket(scope, pool, ("gpuPools", name))


def _check_managed(scope: Scope, key: Key, pool: GpuPool, names: tuple[str, ...]) -> None:
    types_key: Key = (*key, "instanceTypes")
    types = [scope.catalog.instances[name] for name in names if name in scope.catalog.instances]
    for index, name in enumerate(names):
        _check_type(scope, (*types_key, index), name, pool)
    there = [each for each in types if _is_there(scope, each)] or types  # the others are refused by themselves
    first = there[0] if there else None
    for other in there[1:]:
        if first is not None and _gpus(other) != _gpus(first):
            _mixed(scope, types_key, key, first, other)
            break
    check_reserved(scope, key, pool, types)
    if len(types) == len(names) and all(each.left_out is None for each in types):
        _check_zones(scope, types_key, types)


def _is_there(scope: Scope, instance: Instance) -> bool:
    """True where it isn't known which types the region offers."""
    known = scope.region is not None and scope.region in scope.catalog.regions
    return not known or bool(scope.catalog.zones_of(instance.name, scope.region or ""))


def _gpus(instance: Instance) -> tuple[str, int]:
    return instance.gpu, instance.gpus


def _mixed(scope: Scope, types_key: Key, key: Key, first: Instance, other: Instance) -> None:
    if first.gpu != other.gpu:
        got = f"{first.name} has {first.gpu}, {other.name} has {other.gpu}; a pool has one kind"
        second = (first if other.gpu.lower() == key[1] else other).gpu.lower()
    else:
        got = f"{first.name} has {_count(first)}, {other.name} has {other.gpus}; a pool has one number"
        second = f"{key[1]}x{other.gpus}"
    scope.report.wrong(types_key, got, f"write two pools, e.g. {key[1]} and {second}")


def _count(instance: Instance) -> str:
    return f"{instance.gpus} GPU{'' if instance.gpus == 1 else 's'}"


def _check_type(scope: Scope, key: Key, name: str, pool: GpuPool) -> None:
    known = scope.catalog.instances
    instance = known.get(name)
    if instance is None and _CPU_FAMILY.match(name):
        scope.report.wrong(key, f"{name} has no GPU", _some_type(scope, key))
    elif instance is None:
        write = types_to_write(name, scope.catalog, scope.region)
        scope.report.wrong(key, f"unknown GPU instance type {name}", write or _some_type(scope, key))
    elif instance.left_out is not None:
        same = [each.name for each in known.values() if each.gpu == instance.gpu and each.left_out is None]
        write = f"write one of {', '.join(same[:4])}" if same else "write one such as g6.xlarge"
        scope.report.wrong(key, f"{name} can't be used: {instance.left_out}", write)
    elif "spot" in pool.kinds and not instance.spot:
        write = f"leave spot out of {key[1]}'s capacity" if pool.ladder else "write capacity: on-demand"
        scope.report.wrong(key, f"{name} has no spot capacity", write, reads=[(*key[:2], "capacity")])


def _some_type(scope: Scope, key: Key) -> str:
    """The types of the region that hold the pool's models; where none of these is known, small ones."""
    held = list(scope.holding(str(key[1])))[:_NAMED]
    small = [f"{name} ({gpu})" for name, gpu in _SMALL if scope.catalog.zones_of(name, scope.region or "")]
    return f"write one of {', '.join(held)}" if held else f"write one such as {', '.join(small) or _SMALL[0][0]}"


def _check_zones(scope: Scope, key: Key, types: list[Instance]) -> None:
    """A pool can only be in zones that offer all of its types."""
    cluster = scope.settings.cluster
    given = cluster.create or cluster.existing
    if given is None or scope.region is None or scope.region not in scope.catalog.regions:
        return
    section = "create" if cluster.create is not None else "existing"
    offered = set.intersection(*(set(scope.catalog.zones_of(each.name, scope.region)) for each in types))
    names = " and ".join(each.name for each in types)
    reads: list[Key] = [("aws:region",), ("cluster", section, "zones")]
    nowhere = [each for each in types if not scope.catalog.zones_of(each.name, scope.region)]
    if nowhere:
        away = " and ".join(each.name for each in nowhere)
        got = f"no zone of {scope.region} offers {away}"
        enough = _hold(scope, key[1], [each for each in types if each not in nowhere])
        others = f"leave {away} out" if enough else _offered_there(scope, key[1], nowhere[0])
        ways = [others, _regions(scope, nowhere[0])] if others else [f"write {_regions(scope, nowhere[0])}"]
        scope.report.wrong(key, got, ", or ".join(ways), reads=reads)
    elif not offered:
        got = f"no zone of {scope.region} offers all of its types: {_where_each(scope, types)}"
        scope.report.wrong(key, got, "write a pool for each, or types that one zone offers", reads=reads)
    elif isinstance(given.zones, tuple) and not offered & set(given.zones):
        got = f"none of cluster.{section}.zones offers {names}"
        scope.report.wrong(
            key, got, f"add one of {', '.join(sorted(offered))} to zones, or write other types", reads=reads
        )


def _hold(scope: Scope, name: Any, types: list[Instance]) -> bool:
    """Whether the pool's models fit its other types, as far as is known."""
    held = scope.holding(str(name))
    return any(not held or any(f"({each.gpus} x {each.gpu})" in one for one in held) for each in types)


def _where_each(scope: Scope, types: list[Instance]) -> str:
    zones = {each.name: scope.catalog.zones_of(each.name, scope.region or "") for each in types}
    return "; ".join(f"{name} in {', '.join(sorted(there))}" for name, there in zones.items())


def _offered_there(scope: Scope, name: Any, wanted: Instance) -> str:
    """Types of the region that hold the pool's models; where no model runs on it, those with the same GPU, else with a
    GPU of the same memory, the smallest of them. The cheapest comes first. Empty: there are none."""
    catalog, region = scope.catalog, scope.region or ""
    gib = catalog.gpus[wanted.gpu].engine_gib or 0.0
    usable = [
        each for each in catalog.instances.values() if each.left_out is None and catalog.zones_of(each.name, region)
    ]
    alike = [each for each in usable if _same_memory(catalog.gpus[each.gpu].engine_gib or 0.0, gib)]
    same = [each for each in alike if each.gpu == wanted.gpu] or alike
    same.sort(key=lambda each: (each.gpus != wanted.gpus, each.usd_per_hour or 0.0, each.name))
    held = list(scope.holding(str(name)))[:_NAMED] or [f"{each.name} ({each.gpu})" for each in same[:_NAMED]]
    return f"write one of {_priced(held, with_prices(catalog, region))}" if held else ""


def _priced(said: Sequence[str], catalog: Catalog) -> str:
    """Types by what a node costs in the region, which is said; last those whose price there isn't known."""
    types = {each: catalog.instances[each.partition(" ")[0]] for each in said}
    usd = {each: row.usd_per_hour or 0.0 for each, row in types.items() if not borrowed_from([row], catalog)}
    ordered = sorted(said, key=lambda each: (each not in usd, usd.get(each, 0.0)))
    return ", ".join(f"{each[:-1]}, ${usd[each]:.2f} per hour)" if each in usd else each for each in ordered)


def _regions(scope: Scope, wanted: Instance) -> str:
    """The regions that have the type, the nearest first."""
    catalog, region = scope.catalog, scope.region or ""
    types = {each for pool in scope.settings.gpu_pools.values() for each in pool.instance_types or ()}
    regions = catalog.regions_of(wanted.name, region, types & catalog.instances.keys())
    return regions_with(wanted.name, regions)


def _same_memory(gib: float, other: float) -> bool:
    return abs(gib - other) <= _SAME_MEMORY * max(gib, other)
