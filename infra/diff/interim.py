"""Stacks that no stack file has, planned as a whole: one between two pull requests, with pools and the pools that will
replace them, and one whose platform section is another."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.diff.moved_weights import kept_cache
from infra.diff.nodes import group_of
from infra.plan.plan import Plan
from infra.plan.versions import ServerName
from infra.planning import plan_without_advice
from infra.registry import region_in
from infra.settings.mistakes import BadStackFile
from infra.sides.nodes import highest_number
from infra.sides.types import Side
from infra.stack_file import load_config


@dataclass(frozen=True)
class Beside:
    """A pool, the name of its new form next to it, and the models that move there: those whose pods have to have no
    gap, and every other that names the pool, such as one that is paused, or the pool can't go."""

    pool: str
    name: str
    models: Sequence[str]
    others: Sequence[str] = ()
    rolling: Sequence[str] = ()  # of the models, those whose rollout would stop the old pod first, and needn't


def with_both(old: Side, new: Side, moves: Sequence[Beside]) -> Plan | None:
    """The new stack with each pool as it was and as large, its new form under another name, and the models there; with
    the cache as it was where the program would choose another, and each model can use it. None where such a stack file
    would be refused."""
    written, kept = _written(old, new, moves), kept_cache(old, new)
    then = plan_of(new, {**written, "cache": kept}) if kept else None
    return then if then is not None else plan_of(new, written)


def others_on(new: Side, pool: str, models: Sequence[str]) -> list[str]:
    """The servers on a pool besides these; without those that are paused and don't name it, which take any."""
    on = (name for name, server in new.models.items() if server.get("pool") == pool and name not in models)
    return sorted(name for name in on if not new.paused(name) or "pool" in _section(name, new, new.platform))


def sections_moved(new: Side, move: Beside) -> list[str]:
    """Where the stack file has the pool of each server that moves. A next version has its model's, unless it names
    one."""
    servers = sorted({*move.models, *move.others})
    with_its_model = {
        name
        for name in servers
        if new.models[name].get("next_of") in servers and "pool" not in _section(name, new, new.platform)
    }
    return [_named(name, new).path for name in servers if name not in with_its_model]


def _named(server: str, side: Side) -> ServerName:
    return ServerName(server, side.models[server].get("next_of"))


def _section(server: str, side: Side, platform: Mapping[str, Any]) -> dict[str, Any]:
    """Of a server in a stack file."""
    return at(platform, _named(server, side).path)


def at(platform: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The section at a dotted path."""
    found: Any = platform
    for key in path.split("."):
        found = found[key]
    return found


def plan_of(side: Side, platform: Mapping[str, Any]) -> Plan | None:
    """The side's stack with another platform section; None where such a stack file would be refused."""
    region = region_in(side.config.get)
    stack = str(side.plan.get("stack", ""))
    try:
        file = load_config(stack=stack, platform=platform, region=region, path=side.file)
    except BadStackFile:
        return None
    return plan_without_advice(file)


def as_written(side: Side, pool: str) -> dict[str, Any]:
    """A pool as the stack file has it, or would have it where the program chose it."""
    written = (side.platform.get("gpuPools") or {}).get(pool)
    if written is not None:
        return dict(written)
    chosen = side.pools[pool]
    spot = {"capacity": "spot"} if chosen["capacity"] == "spot" else {}
    return {"instanceTypes": list(chosen["instance_types"]), **spot}


def kept_max(old: Side, pool: str) -> int | None:
    """The nodes of the models that leave: with none of them on the pool, the program would choose a max below the nodes
    that still run. Without the nodes that only a rollout needs, which would be in the bill for the whole month then,
    unless node groups share its max. None: the stack file has this max."""
    kept = old.pools[pool]["max"] if shares_max(old, pool) else highest_number(old.pools[pool])
    return kept if kept != as_written(old, pool).get("max") else None


def shares_max(side: Side, pool: str) -> bool:
    """Whether each of its node groups has a part of its max: with less, a group that has nodes may get a part below
    them, or none and be removed. Each group of a step has the whole max."""
    groups = [each for each in side.resources if group_of(each["urn"], pool)]
    return len(groups) > 1 and not side.pools[pool].get("steps")


def _written(old: Side, new: Side, moves: Sequence[Beside]) -> dict[str, Any]:
    platform = json.loads(json.dumps(new.platform))
    pools = platform["gpuPools"] = platform.get("gpuPools") or {}
    for each in moves:
        pools[each.name], pools[each.pool] = as_written(new, each.pool), as_written(old, each.pool)
        if (kept := kept_max(old, each.pool)) is not None:
            pools[each.pool]["max"] = kept
        for path in sections_moved(new, each):
            at(platform, path)["pool"] = each.name
        for model in each.rolling:
            written = platform["models"][model]
            written["rollout"] = {**(written.get("rollout") or {}), "strategy": "rolling"}
    return platform
