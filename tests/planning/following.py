"""Advice followed as a user would: written into the stack file, loaded with every check, planned again."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from infra.planning import Plan, make_plan, plan_without_advice
from infra.settings.file import StackFile
from infra.stack_file import load_config
from tests.planning.stacks import CATALOG


def planned(stack: Mapping[str, Any], region: str = "us-east-1") -> Plan:
    """Raises BadStackFile if the stack file is refused."""
    return make_plan(_loaded(stack, region))


def outcome(stack: Mapping[str, Any], region: str = "us-east-1") -> Plan:
    """The same plan without advice, which takes most of the time: rules, bill and fits don't depend on it."""
    return plan_without_advice(_loaded(stack, region))


def _loaded(stack: Mapping[str, Any], region: str) -> StackFile:
    platform = json.loads(json.dumps(stack))
    return load_config(stack="s", platform=platform, region=region, catalog=CATALOG)


def follow(stack: Mapping[str, Any], write: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with each dotted path set; None removes the key."""
    copy = json.loads(json.dumps(stack))
    for path, value in write.items():
        *parents, key = path.split(".")
        inner = copy
        for parent in parents:
            number = inner.get(parent) if isinstance(inner.get(parent), int) else None
            if number is not None:
                inner[parent] = {"min": number, "max": number}  # `replicas: 2` is short for both
            inner = inner.setdefault(parent, {})
        if value is None:
            inner.pop(key, None)
        else:
            inner[key] = list(value) if isinstance(value, tuple) else value
    return copy


def line(text: str) -> dict[str, Any]:
    """`gpuPools.l4.min: 2` as a path and its value."""
    path, _, value = text.partition(": ")
    return {path: yaml.safe_load(value)}


def broken(plan: Plan) -> set[tuple[str, str]]:
    return {(each.rule, each.path) for each in plan.violations}


def counted_nodes(plan: Plan) -> int:
    """Nodes that the stack file says exist: no advice may count one that isn't there."""
    pools = (pool.existing for pool in plan.settings.gpu_pools.values())
    return sum(pool.nodes or 0 for pool in pools if pool is not None)


def bill(plan: Plan) -> float:
    """The value that the budget compares, or the minimum without a budget."""
    budget = plan.settings.budget
    return getattr(plan.cost, f"usd_per_month_{budget.of if budget is not None else 'min'}")


def saved(before: Plan, after: Plan) -> float:
    """Of the expected bill where nodes are on spot, whose minimum is one moment's price in the cheapest zone."""
    return before.cost.bill(_end(before, after)) - after.cost.bill(_end(before, after))


def saved_as_shown(before: Plan, after: Plan) -> int:
    """Of the same bills in the whole dollars that both plans show."""
    return round(before.cost.bill(_end(before, after))) - round(after.cost.bill(_end(before, after)))


def _end(before: Plan, after: Plan) -> str:
    spot = any(pool.capacity == "spot" for each in (before, after) for pool in each.pools.values())
    return "expected" if spot else "min"


def node_dollars(plan: Plan, end: str = "min") -> float:
    return sum(getattr(item, end) for item in plan.cost.items if item.name.startswith("GPU nodes"))
