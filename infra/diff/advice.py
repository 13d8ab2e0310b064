"""How to make the same change without a gap, where that is possible; each sentence holds for its change alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.diff.guard import SYSTEM_NODES, Guarded, serving
from infra.diff.interim import as_written, kept_max, with_both
from infra.diff.nodes import node_group
from infra.diff.settings import settings_changed
from infra.diff.traffic import AWAY, Notice
from infra.plan.alike import alike
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.registry import clouds, ground_names, owner_of
from infra.services.weights.service import WEIGHTS
from infra.sides.types import Side


def advice(old: Side, new: Side, refused: Sequence[Guarded], notices: Sequence[Notice]) -> list[str]:
    """A sentence for each name that `allow` would have to list, and for each change that a cloud refuses.

    Text for the stack file stands in backquotes.
    """
    return [
        *_ways(old, new, refused, notices),
        *(each for cloud in clouds() for each in cloud.types.advice(old, new)),
    ]


def _ways(old: Side, new: Side, refused: Sequence[Guarded], notices: Sequence[Notice]) -> list[str]:
    if refused and not new.exists:
        return [f"Take the stack down with `pulumi destroy` first; its file goes with {_allow(refused)} in the base."]
    if any(each.name in ground_names() for each in refused):
        return [_new_stack(old, refused)]
    by_name = alike((each, each.name) for each in refused)
    return [_way(found, old, new, notices) for _, found in sorted(by_name.items())]


def _allow(refused: Iterable[Guarded]) -> str:
    names: dict[str, set[str]] = {}
    for each in refused:
        names.setdefault(each.act, set()).add(each.name)
    return f"`allow: {_written({act: sorted(found) for act, found in sorted(names.items())})}`"


def _new_stack(old: Side, refused: Sequence[Guarded]) -> str:
    """One sentence for everything that is guarded, because it is replaced together."""
    create = (old.platform.get("cluster") or {}).get("create") or {}
    named = ", with another `cluster.create.name`" if "name" in create else ""
    move = "move the DNS name" if old.platform.get("gateway") else "have its callers use its URL"
    lost = (
        "Everything in the cluster would be recreated. " if any(each.name == "kubernetes" for each in refused) else ""
    )
    return (
        f"{lost}Without a gap: a new stack beside this one{named}; {move} when it serves; destroy this one."
        f" Else {_allow(refused)}."
    )


def _way(found: Sequence[Guarded], old: Side, new: Side, notices: Sequence[Notice]) -> str:
    allow, nodes = _allow(found), node_group(found[0].urn)
    if nodes and found[0].name == SYSTEM_NODES:
        by = f"and {nodes.ended_by} drains them"
        return f"The system nodes run the operators and the gateway, {by}: {allow}, at a time with few requests."
    if nodes:
        return _pool(found[0], allow, old, new, notices)
    if (owner := owner_of(found[0].urn)) is not WEIGHTS:
        return f"{owner.title} loses the data in it: copy it first, or leave it as it is. If this is intended: {allow}."
    if not _running(old) & _running(new):
        return f"No model that runs now runs afterwards, so none needs the weights: {allow}."
    return (
        "Every model is down until its weights are downloaded again; nothing else is lost. Without a gap:"
        f" a new stack beside this one. If this is intended: {allow}."
    )


def _running(side: Side) -> set[str]:
    return {name for name in side.models if not side.endpoint(name).get("paused")}


def _pool(each: Guarded, allow: str, old: Side, new: Side, notices: Sequence[Notice]) -> str:
    on = [model for model in serving(old, each.name) if model in _running(new)]
    staying = [model for model in on if each.act == "replace" and model in serving(new, each.name)]
    if not on:
        return f"No model that runs on `{each.name}` now runs afterwards, so none needs its nodes: {allow}."
    gap = {notice.model for notice in notices if notice.seconds is not None or notice.event == AWAY}
    if not staying:
        how = (
            "with the gap that users notice" if gap & {*on} else "before the old ones are ended, so users notice no gap"
        )
        return f"{_listed(on)} {'moves' if len(on) == 1 else 'move'} to other nodes {how}: {allow}."
    if not gap & {*staying}:
        return f"The models' pods go to the new nodes before the old ones are ended, so users notice no gap: {allow}."
    if not any(path.startswith(f"gpuPools.{each.name}.") for path in settings_changed(old, new)):
        return (
            f"`{each.name}` is replaced because of {', '.join(each.because)}, which isn't a setting of that pool,"
            f" so a second pool would not help: {allow}, at a time with few requests."
        )
    return _beside(each.name, staying, allow, old, new)


def _beside(pool: str, models: Sequence[str], allow: str, old: Side, new: Side) -> str:
    """Both pools exist, and are billed, until the second pull request, so a stack with both is planned too."""
    name = _free(f"{pool}-1", {*old.pools, *new.pools})
    then = with_both(old, new, pool, name, models)
    broken = [each for each in then.violations if each.rule != Rule.BUDGET] if then is not None else []
    if then is None or broken:
        why = f" ({broken[0].message})" if broken else ""
        return (
            f"A second pool next to `{pool}` isn't possible{why}, so {_listed(models)} would be down: {allow}, at a"
            " time with few requests."
        )
    wanted = _written(as_written(new, pool))
    moves = ", ".join(f"`models.{model}.pool: {name}`" for model in models)
    return (
        f"Without a gap: leave `{pool}` as it is{_as_it_is(old, pool)} and add a pool beside it, `{name}: {wanted}`,"
        f" set {moves}, and remove"
        f" `{pool}` in a second pull request (`allow: {{remove: [{pool}]}}`). Until then both are in the bill:"
        f" ${then.cost.usd_per_month_max:,.0f} per month at most{_budget(then)}."
    )


def _as_it_is(old: Side, pool: str) -> str:
    """What keeps it so. A cloud may refuse a max below the nodes that run, and pods would wait for a node."""
    kept = kept_max(old, pool)
    if pool not in (old.platform.get("gpuPools") or {}):
        return f", as the program chose it (`{pool}: {_written({**as_written(old, pool), 'max': kept})}`),"
    return "" if kept is None else f", with the max that it has now (`gpuPools.{pool}.max: {kept}`),"


def _budget(then: Plan) -> str:
    """The budget that is needed while both pools exist."""
    over = [each for each in then.violations if each.rule == Rule.BUDGET]
    return f", for which the budget needs `{over[0].advice[-1].text.partition(' (')[0]}`" if over else ""


def _free(name: str, taken: set[str]) -> str:
    stem, number = name.rpartition("-")[0], 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def _listed(models: Sequence[str]) -> str:
    return ", ".join(f"`{model}`" for model in models)


def _written(value: Any) -> str:
    """As YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
