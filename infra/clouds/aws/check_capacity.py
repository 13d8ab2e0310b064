"""Rules for the reservations and Capacity Blocks of a pool: their type and their zone."""

from infra.catalog import Instance
from infra.settings.capacity import CapacityStep
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key, dotted


def check_reserved(scope: Scope, key: Key, pool: GpuPool, types: list[Instance]) -> None:
    """`key`: of the pool. `types`: those of its types that are known."""
    for index, step in enumerate(pool.ladder):
        if step.reserved is not None:
            where: Key = (*key, "capacity", index)
            _check_type(scope, where, step, types)
            _check_zone(scope, where, step, types)
            _check_parts(scope, where, step)


def _check_parts(scope: Scope, where: Key, step: CapacityStep) -> None:
    """Pools that use the same reservation each say how many of its instances they count: the bill adds them up."""
    for name, pool in scope.settings.gpu_pools.items():
        if name == where[1]:
            return
        other = next((each for each in pool.ladder if each.reserved == step.reserved), None)
        if other is not None and (step.instances is None or other.instances is None):
            got = f"{step.reserved} is a step of pool {name} too, and not both say how many of its instances they have"
            write = "write instances in both, which add up to what it holds; or leave it out of one"
            scope.report.wrong(where, got, write, reads=[where, ("gpuPools", name, "capacity")])
            return


def _check_type(scope: Scope, where: Key, step: CapacityStep, types: list[Instance]) -> None:
    names = [each.name for each in types]
    reads: list[Key] = [(*where, "instanceType"), (*where[:2], "instanceTypes")]
    if step.instance_type is not None and step.instance_type not in names:
        got = f"{step.instance_type} isn't one of the pool's instanceTypes"
        write = f"write one of {', '.join(names)}, or add {step.instance_type} to instanceTypes"
        scope.report.wrong((*where, "instanceType"), got, write, reads=reads)
        return
    reserved = step.instance_type or next(iter(names), None)
    families = scope.catalog.aws.block_families
    if step.capacity_block is not None and reserved is not None and reserved.partition(".")[0] not in families:
        got = f"AWS sells no Capacity Block of {reserved}; it does of {', '.join(families)}"
        write = "write {reservation: cr-...}, an On-Demand Capacity Reservation, or a pool of one of these"
        scope.report.wrong(where, got, write, reads=reads)


def _check_zone(scope: Scope, where: Key, step: CapacityStep, types: list[Instance]) -> None:
    """The zone is that of the reservation: instances start in no other."""
    create, existing = scope.settings.cluster.create, scope.settings.cluster.existing
    if scope.region not in scope.catalog.regions or not types:
        return
    reserved = next((each for each in types if each.name == step.instance_type), types[0])
    offered = scope.catalog.zones_of(reserved.name, scope.region or "")
    named = create.zones if create is not None else existing.zones if existing is not None else None
    zones = [each for each in named if each in offered] if isinstance(named, tuple) else list(offered)
    key: Key = ("cluster", "create" if create is not None else "existing", "zones")
    reads: list[Key] = [(*where, "zone"), (*where[:2], "instanceTypes"), key]
    if step.zone is not None and zones and step.zone not in zones:
        got = f"no zone of the cluster that offers {reserved.name}"
        write = f"write one of {', '.join(zones)}"
        write += f", or add {step.zone} to {dotted(key)}" if step.zone in offered else ""
        scope.report.wrong((*where, "zone"), f"{step.zone} is {got}", write, reads=reads)
