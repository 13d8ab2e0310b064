"""The stack between two pull requests: a pool beside the one that it is to follow, planned as a whole."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra.catalog import load_catalog
from infra.plan.plan import Plan
from infra.planning import make_plan
from infra.registry import region_in
from infra.settings.mistakes import BadStackFile
from infra.sides.types import Side
from infra.stack_file import load_config


def with_both(old: Side, new: Side, pool: str, beside: str, models: Sequence[str]) -> Plan | None:
    """The new stack with the pool as it was and as large, its new form under another name, and the models there; None
    where such a stack file would be refused."""
    platform = _written(old, new.platform, pool, beside, models)
    region = region_in(new.config.get)
    stack = str(new.plan.get("stack", ""))
    try:
        file = load_config(stack=stack, platform=platform, region=region)
    except BadStackFile:
        return None
    return make_plan(
        stack,
        file.settings,
        region=file.region,
        secrets=file.secrets,
        catalog=load_catalog(),
        config=file.config,
    )


def kept_max(old: Side, pool: str) -> int | None:
    """The max that the program chose for the models that leave: with none on it, it would choose one below the nodes
    that still run. None: the stack file has one."""
    written = (old.platform.get("gpuPools") or {}).get(pool) or {}
    return None if "max" in written else old.pools[pool]["max"]


def _written(old: Side, new: Mapping[str, Any], pool: str, beside: str, models: Sequence[str]) -> dict[str, Any]:
    platform = json.loads(json.dumps(new))
    pools = platform["gpuPools"]
    pools[beside], pools[pool] = pools[pool], (old.platform.get("gpuPools") or {}).get(pool)
    if pools[pool] is not None and (kept := kept_max(old, pool)) is not None:
        pools[pool] = {**pools[pool], "max": kept}
    for model in models:
        platform["models"][model]["pool"] = beside
    return platform
