"""Dollars per hour of what runs now, as a query: nodes at the plan's prices, and the rest of its expected bill."""

from collections.abc import Iterator

from infra.plan.labels import POOL_IN_METRICS, STEP_IN_METRICS
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.plan import Plan


def of_pools(plan: Plan) -> Iterator[str]:
    """Of each pool with a price: nodes that the stack makes have the labels of the pool and of the step of capacity
    that gave them, and reserved instances are paid without any; of nodes that exist, only the GPUs that its models have
    are counted."""
    for name, pool in sorted(plan.pools.items()):
        price, mine = pool.usd_per_node_hour, sorted(each.name for each in plan.models.values() if each.pool == name)
        if price is not None and not pool.existing:
            if pool.reserved:
                yield f"{pool.reserved_usd_per_hour:.4f}"
            for step in sorted(pool.steps, key=lambda each: each.name):  # in any order asked for, one query
                if step.kind in ("spot", "on-demand"):
                    where = f'{POOL_IN_METRICS}="{name}",{STEP_IN_METRICS}="{step.name}"'
                    yield f"{step.usd_per_hour:.4f} * {_nodes(where)}"
            if not pool.steps:
                own = f'{POOL_IN_METRICS}="{name}"'
                yield f"{price:.4f} * {_nodes(own)}"
        elif price is not None and mine:
            yield f"{price / pool.gpus_per_node:.4f} * (sum({_gpus(plan, mine)}) or vector(0))"


def _nodes(labels: str) -> str:
    return f"(count(kube_node_labels{{{labels}}}) or vector(0))"


def per_hour(plan: Plan) -> str:
    """Nothing where Prometheus reads no node."""
    other = sum(item.expected for item in plan.cost.items if item.pool is None) / HOURS_PER_MONTH
    return f"({' + '.join([*of_pools(plan), f'{other:.4f}'])} and on () count(kube_node_labels))"


def _gpus(plan: Plan, servers: list[str]) -> str:
    pods = f'pod=~"({"|".join(servers)})-[a-z0-9]+-[a-z0-9]+"'
    which = f'namespace="{plan.settings.namespace.name}",{plan.gpus_in_metrics},node!="",{pods}'
    return f"kube_pod_container_resource_requests{{{which}}}"
