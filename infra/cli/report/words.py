"""Numbers in a report as people read them."""

import math

from infra.plan.models import ReplicasPlan
from infra.plan.pools import PoolPlan
from infra.sizing.estimates import span


def two_figures(amount: float) -> str:
    """`0.66`, `1.6`, `12`, `130`: an estimate has no more."""
    decimals = 1 - math.floor(math.log10(amount)) if amount > 0 else 0
    return f"{round(amount, decimals):,.{max(decimals, 0)}f}"


def between(replicas: ReplicasPlan) -> str:
    return span(str(replicas.min), str(replicas.max))


def price(pool: PoolPlan, share: float = 1.0) -> str:
    """Of this share of a node; of a Capacity Block, nothing more is paid."""
    if set(pool.kinds) == {"block"}:
        return "paid"
    if pool.usd_per_node_hour is None or pool.usd_per_node_hour_min is None:
        return "-"
    return span(*(f"{usd * share:,.2f}" for usd in (pool.usd_per_node_hour_min, pool.usd_per_node_hour)))
