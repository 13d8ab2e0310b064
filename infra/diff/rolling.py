"""How a model whose rollout stops the old pod first would have none of that gap: a larger pool, and what it costs."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from infra.diff.interim import plan_of
from infra.diff.replicas import about
from infra.diff.traffic import Notice
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.planning.peak_nodes import what_nodes_cost, what_nodes_need
from infra.sides.types import Side

_MODELS = 2  # of which it is said: each is another plan


def without_a_gap(old: Side, new: Side, notices: Sequence[Notice]) -> Iterator[str]:
    """A sentence for each model that this change stops by its rollout `recreate`, on nodes that we make."""
    down = (each for each in notices if each.seconds is not None and _stops_first(each.model, old, new))
    yield from islice(filter(None, (_way(each, new) for each in down)), _MODELS)


def _stops_first(model: str, old: Side, new: Side) -> bool:
    written = (new.platform.get("models") or {}).get(model) or {}
    was, is_ = (side.models.get(model, {}).get("pool") for side in (old, new))
    made = is_ is not None and was == is_ and bool(new.pools[is_]["instance_types"])
    return made and (written.get("rollout") or {}).get("strategy") == "recreate"


def _way(notice: Notice, new: Side) -> str | None:
    name, pool = notice.model, new.models[notice.model]["pool"]
    platform: dict[str, Any] = json.loads(json.dumps(new.platform))
    platform["models"][name]["rollout"]["strategy"] = "rolling"
    then, larger = plan_of(new, platform), ""
    if then is not None and _is_too_small(then, pool):
        nodes = then.pools[pool].max_needed
        platform["gpuPools"][pool]["max"] = nodes
        then, larger = plan_of(new, platform), f" with `gpuPools.{pool}.max: {nodes}`"
    if then is None or any(each.rule != Rule.BUDGET for each in then.violations):
        return None
    before = plan_of(new, new.platform)
    said = "; ".join((*what_nodes_cost(before, then), *what_nodes_need(before, then))) if before is not None else ""
    over = [each.advice[-1].text.partition(" (")[0] for each in then.violations if each.advice]
    budget = f", for which the budget needs `{over[0]}`" if over else ""
    return (
        f"`{name}` is down for {about(notice.seconds or 0)} because its rollout is `recreate`. Without a gap:"
        f" `models.{name}.rollout.strategy: rolling`{larger} ({said or 'the bill stays'}){budget}."
    )


def _is_too_small(then: Plan, pool: str) -> bool:
    written = then.settings.gpu_pools.get(pool)
    return written is not None and written.max is not None and then.pools[pool].max < then.pools[pool].max_needed
