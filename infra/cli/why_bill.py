"""The rows of the bill in which something is, and of what a row is."""

import re
from collections.abc import Iterator

from infra.cli.why_monitoring import PARTS, rows_of
from infra.cli.why_paths import kebab, thing, within
from infra.plan.alike import parts
from infra.plan.money import CostItem
from infra.plan.plan import Plan


def paths_of_row(plan: Plan, row: str) -> list[str]:
    """Of the thing that is paid in it; none: there is no such row."""
    if row not in {each.name for each in plan.cost.items}:
        return []
    return [next((path for path in _things(plan) if row in {each.name for each in items(plan, path)}), "cluster")]


def _things(plan: Plan) -> Iterator[str]:
    yield from (f"gpuPools.{name}" for name in plan.pools)
    yield from PARTS
    yield from (f"addons.{name}" for name in plan.addons)
    yield from ("cache", "gateway")


def items(plan: Plan, path: str) -> list[CostItem]:
    """The rows of the nodes of a pool, a model's too; all others of the cluster; else those that name it."""
    section, name, _ = parts(path)
    if section in ("models", "gpuPools"):
        pools = (
            {each.pool for each in plan.models.values() if within(path, each.path)} if section == "models" else {name}
        )
        return [each for each in plan.cost.items if each.pool is not None and each.pool in pools]
    if section == "cluster":
        return [each for each in plan.cost.items if each.pool is None and not _of_others(plan, each)]
    if (rows := rows_of(path)) is not None:
        return [each for each in plan.cost.items if each.name in rows]
    last = kebab(thing(path).rpartition(".")[2]) if path else ""
    words = {last, plan.cache.kind, "weights"} if section == "cache" else {last}
    return [each for each in plan.cost.items if any(word and _names(each, word) for word in words)]


def _names(item: CostItem, word: str) -> bool:
    """In its name, or at the beginning of what it is: `system nodes` only says whose shares are elsewhere."""
    in_name = re.search(rf"\b{re.escape(word)}\b", item.name, re.IGNORECASE) is not None
    return in_name or (item.pool is None and item.what.lower().startswith(f"the {word}"))


def _of_others(plan: Plan, item: CostItem) -> bool:
    words = ("gateway", plan.cache.kind, *map(kebab, plan.addons))
    return item.name in (rows_of("monitoring") or ()) or any(_names(item, word) for word in words)
