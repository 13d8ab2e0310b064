"""Creates the pods that keep GPUs free."""

from components.model_pod import PodPlace, PodSize
from components.spare_gpus import SpareGpus, SparePods
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.services.service import Made
from infra.services.spare.plan import SparePlan


def make_spare(plan: Plan, spare: SparePlan, made: Made) -> None:
    pools = {name: _pods(plan, pool, made) for name, pool in plan.pools.items() if pool.spare}
    if pools:
        SpareGpus(
            "spare",
            namespace=plan.settings.namespace.name,
            image=spare.image,
            pools=pools,
            depends_on=list(made.after),
            opts=made.opts,
        )


def _pods(plan: Plan, pool: PoolPlan, made: Made) -> SparePods:
    """Each as large as the largest of what a replica of any model of the pool requests."""
    on = [each for each in plan.models.values() if each.pool == pool.name and not each.paused]
    size = PodSize(
        max(each.resources.cpu for each in on),
        max(each.resources.memory_gib for each in on),
        max(each.resources.ephemeral_gib for each in on),
        0,
    )
    return SparePods(
        number=len(pool.spare),
        gpus=pool.spare[0],
        size=size,
        place=PodPlace(pool.selector, pool.tolerations, gpu_resource=pool.resource),
        images=sorted({each.image for each in on}),
        nodes=made.nodes.get(pool.name, ()),
    )
