"""Money, GPUs, quotas and fit of both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from infra.diff.speed import DOLLARS, TOKENS, is_new, speed_of
from infra.plan.adding_up import adding_up
from infra.plan.money import rise
from infra.registry import owner_of
from infra.services.serving.service import SERVING
from infra.sides.types import Change, Side

MIN, EXPECTED, MAX = "usd_per_month_min", "usd_per_month_expected", "usd_per_month_max"
_TYPICAL = "usd_per_month_typical"  # what EXPECTED was called; both stay in the JSON
COSTS = (MIN, EXPECTED, _TYPICAL, MAX)
_ENDS = (MIN, EXPECTED, MAX)
BILLS = {MIN: "minimum", EXPECTED: "expected", MAX: "maximum"}
# Words of `budget.of`; the last two stand in older stack files.
_BUDGETS = {"min": MIN, "expected": EXPECTED, "max": MAX, "least": MIN, "most": MAX}
_SECONDS_OF = ("cold_start_seconds", "timeout_seconds")
# Figures of a model that are shown where they change, in this order, by their names in the plan's JSON.
_OF_A_MODEL = (
    "engine",
    "model",
    "pool",
    "instance_type",
    "gpus_per_replica",
    "fits",
    "certain",
    "weights_gib",
    "kv_cache_gib",
    "max_model_len",
    "max_concurrency",
    TOKENS,
    "usd_per_hour",
    DOLLARS,
    "rollout_strategy",
    *_SECONDS_OF,
)


@dataclass(frozen=True)
class BudgetUse:
    usd_per_month: float
    of: str  # a key of BILLS
    over: int  # negative: what is left


@dataclass(frozen=True, order=True)
class QuotaId:
    """What a cloud must grant."""

    name: str
    code: str
    region: str
    unit: str

    def __str__(self) -> str:
        """As a key of the JSON."""
        return f"{self.name} ({self.code}, {self.region})"


def cost(old: Side, new: Side) -> dict[str, Change]:
    """Dollars per month; a figure that an older program doesn't give is left out."""
    known = [key for key in COSTS if all(key in _cost(side) for side in (old, new) if side.exists)]
    return {key: Change(_cost(old).get(key, 0), _cost(new).get(key, 0)) for key in known}


def priced_alike(old: Side, new: Side) -> list[str]:
    """Pools that change between spot and on demand at one own price of the user, so that the bill shows nothing."""
    tables = [(side.platform.get("prices") or {}).get("table") for side in (old, new)]
    if not all(tables):
        return []
    both = sorted(old.pools.keys() & new.pools.keys())
    return [name for name in both if _same_price(old.pools[name], new.pools[name])]


def _same_price(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    price = after["usd_per_node_hour"]
    return before["capacity"] != after["capacity"] and price is not None and before["usd_per_node_hour"] == price


def items_in_dollars(old: Side, new: Side) -> dict[str, Change]:
    """Items of the bill whose price changed, as [minimum, expected, maximum], in whole dollars that add up to the
    change of the bills as they are shown. What stays is rounded once for both sides, so a row may be $1 off the
    plan's."""
    before, after = _items(old), _items(new)
    names = sorted(before.keys() | after.keys())
    changed = [name for name in names if before.get(name) != after.get(name)]
    stays = [sum(before[name][end] for name in names if name not in changed) for end in range(len(_ENDS))]
    totals = _totals(old), _totals(new)
    rest = [min(round(each), *both) for each, *both in zip(stays, *totals, strict=True)]
    was, now = (
        _in_dollars(items, changed, [total - less for total, less in zip(of_side, rest, strict=True)])
        for items, of_side in zip((before, after), totals, strict=True)
    )
    return {name: Change(was.get(name), now.get(name)) for name in changed}


def _totals(side: Side) -> list[int]:
    return [round(_cost(side).get(end, 0)) for end in _ENDS]


def _in_dollars(items: Mapping[str, list[float]], names: Sequence[str], sums: Sequence[int]) -> dict[str, list[int]]:
    """A fixed price is one number, and a maximum no less than the minimum, also where the bills' own rounding leaves
    $1 over."""
    there = [name for name in names if name in items]
    shown = dict(zip(there, adding_up([items[name] for name in there], sums), strict=True))
    return {name: row if _is_like(row, items[name]) else [*map(round, items[name])] for name, row in shown.items()}


def _is_like(shown: Sequence[int], exact: Sequence[float]) -> bool:
    """Whether it rises and stays where the exact amounts do."""
    pairs = zip(pairwise(shown), pairwise(exact), strict=True)
    return all(one == two if before == after else one <= two for (one, two), (before, after) in pairs)


def budget(side: Side) -> BudgetUse | None:
    wanted = side.platform.get("budget")
    if not isinstance(wanted, Mapping) or not side.exists:
        return None
    limit, of = float(wanted.get("usdPerMonth", 0)), _BUDGETS.get(wanted.get("of", "max"), MAX)
    return BudgetUse(limit, of, rise(limit, _cost(side).get(of, 0)))


def gpus_at_peak(old: Side, new: Side) -> Change:
    """Every model at its maximum of replicas, and in each pool the largest rollout on top."""
    if all("peak_gpus" in pool for side in (old, new) for pool in side.pools.values()):
        return Change(_planned_peak(old), _planned_peak(new))
    return Change(_counted_peak(old), _counted_peak(new))  # the base's code is older than these keys of its plan


def _planned_peak(side: Side) -> int:
    return sum(pool["peak_gpus"] + pool["surge_gpus"] for pool in side.pools.values())


def _counted_peak(side: Side) -> int:
    peak, surge = 0, dict[str, int]()
    for name, model in side.models.items():
        gpus, pool = model.get("gpus_per_replica") or 0, model.get("pool") or ""
        peak += 0 if side.endpoint(name).get("paused") else gpus * model["replicas"]["max"]
        surge[pool] = max(surge.get(pool, 0), gpus * rollout(side, name)[0])
    return peak + sum(surge.values())


def rollout(side: Side, model: str) -> tuple[int, int]:
    """maxSurge and maxUnavailable of a model's Deployment."""
    deployment = deployment_of(side, model)
    strategy = (deployment or {}).get("inputs", {}).get("spec", {}).get("strategy", {}).get("rollingUpdate", {})
    return strategy.get("maxSurge", 1), strategy.get("maxUnavailable", 0)


def deployment_of(side: Side, model: str) -> Mapping[str, Any] | None:
    """Of the models' servers: another service may have one of the same name."""
    wanted = ("kubernetes:apps/v1:Deployment", f"{model}-deployment")
    return next(
        (r for r in side.resources if (r["type"], r["name"]) == wanted and owner_of(r["urn"]) is SERVING),
        None,
    )


def quotas(old: Side, new: Side) -> dict[QuotaId, Change]:
    """What clouds must grant; None: the base's code is older than this key of its plan."""
    before, after = quotas_of(old), quotas_of(new)
    found = sorted({*(before or ()), *(after or ())} - _said_by_one(old, new))
    changed = {quota: Change(_needed(before, quota), _needed(after, quota)) for quota in found}
    return {quota: change for quota, change in changed.items() if change}


def _said_by_one(old: Side, new: Side) -> set[QuotaId]:
    """Of system nodes, where the base's code is older than that: the change need not be what asks for them."""
    if all("system" in each for each in old.plan.get("quotas", [])):
        return set()
    return {_quota(each) for each in new.plan.get("quotas", []) if each["system"]}


def quotas_of(side: Side) -> dict[QuotaId, int] | None:
    """None: its code is older than this key of its plan."""
    if side.exists and "quotas" not in side.plan:
        return None
    return {_quota(each): each["needed"] for each in side.plan.get("quotas", [])}


def _quota(each: Mapping[str, Any]) -> QuotaId:
    return QuotaId(each["name"], each["code"], each["region"], each["unit"])


def _needed(quotas: Mapping[QuotaId, int] | None, quota: QuotaId) -> int | None:
    return None if quotas is None else quotas.get(quota, 0)


def models_changed(old: Side, new: Side) -> dict[str, dict[str, Change]]:
    """Figures that changed, of models that both sides have."""
    found = {}
    for name in sorted(old.models.keys() & new.models.keys()):
        before, after = _figures(old, name), _figures(new, name)
        keys = [key for key in _OF_A_MODEL if (key in before or key in after) and is_new(key, before, after)]
        changed = {key: Change(before.get(key), after.get(key)) for key in keys}
        if kept := {key: change for key, change in changed.items() if change}:
            found[name] = kept
    return found


def _figures(side: Side, model: str) -> dict[str, Any]:
    strategy = (side.models[model].get("rollout") or {}).get("strategy")
    return {
        **side.models[model],
        **speed_of(side.models[model]),
        "timeout_seconds": side.endpoint(model).get("timeout_seconds"),
        **({"rollout_strategy": strategy} if strategy else {}),
    }


def _cost(side: Side) -> Mapping[str, float]:
    """An older program gives the expected bill by its name before."""
    cost = side.plan.get("cost", {})
    return {EXPECTED: cost[_TYPICAL], **cost} if _TYPICAL in cost else cost


def _items(side: Side) -> dict[str, list[float]]:
    """An older program gives the expected amount by its name before."""
    items = side.plan.get("cost", {}).get("items", [])
    return {each["name"]: [each["min"], each.get("expected", each.get("typical", 0)), each["max"]] for each in items}
