"""A pool beside an old one, for the time between two pull requests: what to write, and what both cost together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from infra.diff.interim import Beside, as_written, kept_max, others_on, sections_moved, shares_max, with_both
from infra.diff.moved_weights import kept_cache
from infra.diff.versions import coming, is_idle, model_of, one_version
from infra.plan.notes import Violation
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.plan.writes import shown
from infra.settings.types import MAX_POOL_NAME
from infra.sides.types import Side


def second(pool: str, models: Sequence[str], old: Side, new: Side) -> Beside:
    """With rollouts that start the new pod first, where the stack file's own would leave a gap and these don't."""
    name = _names_beside({*old.pools, *new.pools})[pool]
    move = Beside(pool, name, models, others_on(new, pool, models))
    gaps = _with_a_gap(move, with_both(old, new, [move]), new)
    rolling = replace(move, rolling=[each for each in gaps if coming(new, model_of(new, each) or each) is None])
    then = with_both(old, new, [rolling]) if rolling.rolling else None
    return rolling if is_possible(then) and not _with_a_gap(rolling, then, new) else move


def _with_a_gap(move: Beside, then: Plan | None, new: Side) -> list[str]:
    """The models that are down while their pods move, although both pools are there: also one that may be asleep, and
    each version that answers, of two."""
    planned = then.models if then is not None else {}
    asked = (planned[each] for each in move.models if each in planned and not is_idle(new, new, each))
    return [each.name for each in asked if each.rollout.max_unavailable >= max(1, each.replicas.min)]


def is_possible(then: Plan | None) -> bool:
    return then is not None and not _broken(then)


def _broken(then: Plan) -> list[Violation]:
    """The rules that are broken beside the budget, which can be raised for the time of both."""
    return [each for each in then.violations if each.rule != Rule.BUDGET]


def beside(move: Beside, allow: str, old: Side, new: Side) -> str:
    """Both pools exist, and are billed, until the second pull request, so a stack with both is planned too."""
    pool, name, models = move.pool, move.name, move.models
    then = with_both(old, new, [move])
    broken = _broken(then) if then is not None else []
    if then is None or broken:
        why = f" ({broken[0].message})" if broken else ""
        return (
            f"A second pool next to `{pool}` isn't possible{why}, so {listed(models)} would be down: {allow}, at a"
            " time with few requests."
        )
    if gaps := _with_a_gap(move, then, new):
        return (
            f"A second pool next to `{pool}` would not help, because a rollout of {listed(gaps)} stops the old pod"
            f" first: {allow}, at a time with few requests{_once_alone(gaps, new)}."
        )
    wanted = as_yaml(as_written(new, pool))
    moves = ", ".join(f"`{path}.pool: {name}`" for path in sections_moved(new, move))
    rolling = ", ".join(f"`models.{model}.rollout.strategy: rolling`" for model in move.rolling)
    moves += f" with {rolling} for this change" if rolling else ""
    kept = kept_cache(old, new) if then.settings.cache is not None else {}
    moves += f" with `cache: {shown(kept)}`" if kept else ""
    return (
        f"Without a gap: leave `{pool}` as it is{_as_it_is(old, pool)} and add a pool beside it, `{name}: {wanted}`,"
        f" set {moves}, and remove"
        f" `{pool}` in a second pull request (`allow: {{remove: [{pool}]}}`). Until then both are in the bill:"
        f" ${then.cost.usd_per_month_max:,.0f} per month at most{budget_of_both(then)}."
    )


def _once_alone(servers: Sequence[str], new: Side) -> str:
    """Of two versions of a model, the old pod of each stops first."""
    two = sorted({model for each in servers if coming(new, model := model_of(new, each) or each)})
    ended = "; ".join(f"{one_version(new, each)} ends its next version" for each in two)
    return f", or when each model has one version ({ended})" if two else ""


def _as_it_is(old: Side, pool: str) -> str:
    """What keeps it so. A cloud may refuse a max below the nodes that run, and pods would wait for a node."""
    kept = kept_max(old, pool)
    with_max = "with the max that it needs while no rollout runs"
    if shares_max(old, pool):
        with_max = "with the max that it has now, so that no node group is removed"
    if pool not in (old.platform.get("gpuPools") or {}):
        written = as_yaml({**as_written(old, pool), "max": kept})
        return f", as the program chose it, {with_max} (`{pool}: {written}`),"
    return "" if kept is None else f", {with_max} (`gpuPools.{pool}.max: {kept}`),"


def budget_of_both(then: Plan) -> str:
    """The budget that is needed while both pools exist."""
    over = [each for each in then.violations if each.rule == Rule.BUDGET]
    return f", for which the budget needs `{over[0].advice[-1].text.partition(' (')[0]}`" if over else ""


def _names_beside(pools: Collection[str]) -> dict[str, str]:
    """For each pool the name of a second one next to it, so that all can be written at once: no two are the same."""
    names: dict[str, str] = {}
    for pool in sorted(pools):
        names[pool] = _free(pool, {*pools, *names.values()})
    return names


def _free(pool: str, taken: Collection[str]) -> str:
    ends = (f"-{number}" for number in count(1))
    names = (f"{pool[: MAX_POOL_NAME - len(end)].rstrip('-')}{end}" for end in ends)
    return next(name for name in names if name not in taken)


def listed(models: Sequence[str]) -> str:
    return ", ".join(f"`{model}`" for model in models)


def as_yaml(value: Any) -> str:
    """As YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {as_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
