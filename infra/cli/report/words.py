"""Numbers in a report as people read them."""

import math
from collections.abc import Mapping
from typing import Any

from infra.plan.cluster import PoolPlan
from infra.plan.models import Replicas
from infra.sizing.estimates import Estimate


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def usd(amount: float) -> str:
    return f"${amount:,.0f}"


def number(amount: float) -> str:
    return f"{amount:,.0f}"


def two_figures(amount: float) -> str:
    """`0.66`, `1.6`, `12`, `130`: an estimate has no more."""
    decimals = 1 - math.floor(math.log10(amount)) if amount > 0 else 0
    return f"{round(amount, decimals):,.{max(decimals, 0)}f}"


def span(low: float, high: float) -> str:
    return number(low) if number(low) == number(high) else f"{number(low)} to {number(high)}"


def requests(requests: float) -> str:
    """Rounded down: a replica never holds more than is said."""
    return f"{math.floor(requests * 10) / 10:g}" if requests < 10 else f"{math.floor(requests):,}"


def between(replicas: Replicas) -> str:
    return str(replicas.min) if replicas.min == replicas.max else f"{replicas.min} to {replicas.max}"


def interval(estimate: Estimate) -> str:
    """Its low end is farther than its high one: both are said."""
    return f"{estimate.mid:.1f} ({estimate.low:.1f}–{estimate.high:.1f})"


def minutes(seconds: int) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds} s"


def price(pool: PoolPlan) -> str:
    if pool.usd_per_node_hour is None or pool.usd_per_node_hour_least is None:
        return "-"
    least, most = f"{pool.usd_per_node_hour_least:,.2f}", f"{pool.usd_per_node_hour:,.2f}"
    return most if least == most else f"{least} to {most}"


def shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(shown(item) for item in value) + "]" if isinstance(value, list | tuple) else str(value)
