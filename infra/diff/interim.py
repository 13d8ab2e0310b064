"""The stack between two pull requests, with pools and the pools that will replace them, planned as a whole."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra.plan.plan import Plan
from infra.planning import make_plan
from infra.registry import region_in
from infra.settings.mistakes import BadStackFile
from infra.sides.types import Side
from infra.stack_file import load_config


@dataclass(frozen=True)
class Beside:
    """A pool, the name of its new form next to it, and the models that move there."""

    pool: str
    name: str
    models: Sequence[str]


def with_both(old: Side, new: Side, moves: Sequence[Beside]) -> Plan | None:
    """The new stack with each pool as it was and as large, its new form under another name, and the models there; None
    where such a stack file would be refused."""
    platform = _written(old, new, moves)
    region = region_in(new.config.get)
    stack = str(new.plan.get("stack", ""))
    try:
        file = load_config(stack=stack, platform=platform, region=region, path=new.file)
    except BadStackFile:
        return None
    return make_plan(
        stack,
        file.settings,
        region=file.region,
        secrets=file.secrets,
        catalog=file.catalog,
        config=file.config,
    )


def as_written(side: Side, pool: str) -> dict[str, Any]:
    """A pool as the stack file has it, or would have it where the program chose it."""
    written = (side.platform.get("gpuPools") or {}).get(pool)
    if written is not None:
        return dict(written)
    chosen = side.pools[pool]
    spot = {"capacity": "spot"} if chosen["capacity"] == "spot" else {}
    return {"instanceTypes": list(chosen["instance_types"]), **spot}


def kept_max(old: Side, pool: str) -> int | None:
    """The max that the program chose for the models that leave: with none on it, it would choose one below the nodes
    that still run. None: the stack file has one."""
    return None if "max" in as_written(old, pool) else old.pools[pool]["max"]


def _written(old: Side, new: Side, moves: Sequence[Beside]) -> dict[str, Any]:
    platform = json.loads(json.dumps(new.platform))
    pools = platform["gpuPools"] = platform.get("gpuPools") or {}
    for each in moves:
        pools[each.name], pools[each.pool] = as_written(new, each.pool), as_written(old, each.pool)
        if (kept := kept_max(old, each.pool)) is not None:
            pools[each.pool]["max"] = kept
        for model in each.models:
            platform["models"][model]["pool"] = each.name
    return platform
