"""How a model whose rollout stops the old pod first would have none of that gap: a larger pool, and what it costs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from infra.diff.during import during_up
from infra.diff.figures import deployment_of
from infra.diff.interim import plan_of
from infra.diff.replacements import forces
from infra.diff.replicas import about
from infra.diff.resources import compare_resources
from infra.diff.settings import settings_changed
from infra.diff.traffic import Notice
from infra.diff.waiting import waits, with_rollouts
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.planning.peak_nodes import what_nodes_cost, what_nodes_need
from infra.sides.types import ResourceChanges, Side

_MODELS = 2  # of which it is said: each is another plan


def without_a_gap(old: Side, new: Side, notices: Sequence[Notice]) -> Iterator[str]:
    """A sentence for each model that this change stops by its rollout `recreate`, on nodes that we make."""
    stopped = [each for each in notices if each.seconds is not None and _stops_first(each.model, old, new)]
    resources = compare_resources(old.resources, new.resources, forces, settings_changed(old, new)) if stopped else None
    if resources is not None:
        down = (each for each in stopped if _has_no_gap(each.model, old, new, resources))
        yield from islice(filter(None, (_way(each, old, new, resources) for each in down)), _MODELS)


def _stops_first(model: str, old: Side, new: Side) -> bool:
    written = (new.platform.get("models") or {}).get(model) or {}
    was, is_ = (side.models.get(model, {}).get("pool") for side in (old, new))
    made = is_ is not None and was == is_ and bool(new.pools[is_]["instance_types"])
    return made and (written.get("rollout") or {}).get("strategy") == "recreate"


def _has_no_gap(model: str, old: Side, new: Side, resources: ResourceChanges) -> bool:
    """Whether the same change would not stop it if its new pod started first: not where its nodes go, for example."""
    if deployment_of(new, model) is None:
        return False
    return during_up(model, old, with_rollouts(new, {model: (1, 0)}), resources)[2] is None


def _way(notice: Notice, old: Side, new: Side, resources: ResourceChanges) -> str | None:
    name, pool = notice.model, new.models[notice.model]["pool"]
    platform: dict[str, Any] = json.loads(json.dumps(new.platform))
    platform["models"][name]["rollout"]["strategy"] = "rolling"
    then, larger = plan_of(new, platform), ""
    if then is not None and _is_too_small(then, pool):
        nodes = then.pools[pool].max_enough
        platform["gpuPools"][pool]["max"] = nodes
        then, larger = plan_of(new, platform), f" with `gpuPools.{pool}.max: {nodes}`"
    if then is None or any(each.rule != Rule.BUDGET for each in then.violations):
        return None
    if _waits(name, old, new, resources, nodes=then.pools[pool].max):
        return None
    before = plan_of(new, new.platform)
    said = "; ".join((*what_nodes_cost(before, then), *what_nodes_need(before, then))) if before is not None else ""
    over = [each.advice[-1].text.partition(" (")[0] for each in then.violations if each.advice]
    budget = f", for which the budget needs `{over[0]}`" if over else ""
    return (
        f"`{name}` is down for {about(notice.seconds or 0)} because its rollout is `recreate`. Without a gap:"
        f" `models.{name}.rollout.strategy: rolling`{larger} ({said or 'the bill stays'}){budget}."
    )


def _waits(model: str, old: Side, new: Side, resources: ResourceChanges, nodes: int) -> bool:
    """Whether its new pod would find no GPU beside its old ones, with that many nodes."""
    pool = new.models[model]["pool"]
    side = with_rollouts(new, {model: (1, 0)})
    pools = {**side.pools, pool: {**side.pools[pool], "max": nodes}}
    return model in waits(old, replace(side, plan={**side.plan, "gpu_pools": pools, "violations": []}), resources)


def _is_too_small(then: Plan, pool: str) -> bool:
    written = then.settings.gpu_pools.get(pool)
    return written is not None and written.max is not None and then.pools[pool].max < then.pools[pool].max_enough
