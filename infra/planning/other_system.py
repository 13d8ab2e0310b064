"""The remedy of a cold start that is another operating system of the nodes."""

from collections.abc import Iterator
from dataclasses import replace

from infra.catalog import Catalog
from infra.plan.findings import split
from infra.plan.models import ColdStart
from infra.plan.money import Remedy
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.registry import cloud_of
from infra.services.serving.placed import Placed
from infra.services.serving.start_parts import boot, image, launch


def other_system(
    placed: Placed, pool: PoolPlan, plan: Plan, start: ColdStart, catalog: Catalog, pins: Write
) -> Iterator[Remedy]:
    """Of those that the cloud has, where the stack asks for nothing that it can't. With spare GPUs no start waits for a
    node."""
    cloud, figures = cloud_of(plan.settings), catalog.cold_start
    if pool.sharing is not None or pool.warm_pool or pool.release is not None or pool.spare or plan.cache.own_directory:
        return
    for system, lacks in cloud.systems.items():
        made = replace(pool, os=system, launch="launch")
        then, _ = split(cloud.furnish(made, plan.settings, plan.cluster, catalog))
        vcpus = min(each.vcpus for each in pool.types)
        parts = {
            "node": launch(then, figures),
            "boot": boot(then, figures),
            "image": image(placed.served.image, then, vcpus, figures),
        }
        saved = {name: round(start.parts[name].mid - part.mid) for name, part in parts.items()}
        if system != pool.os:
            less = ", ".join(f"{name} {each} s" for name, each in saved.items() if each)
            write = f"gpuPools.{pool.name}.os: {system}"
            yield Remedy(f"{system} nodes", sum(saved.values()), write, pins, 0.0, f"less of {less}; {lacks}")
