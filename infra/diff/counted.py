"""What a change of the bill is made of: other prices and nodes that are counted or no longer counted, or what runs."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.diff.figures import BILLS, EXPECTED, MAX, MIN, cost
from infra.diff.interim import plan_of
from infra.plan.money import rise
from infra.registry import region_keys
from infra.sides.types import Change, Changes, Side

Dollars = Mapping[str, int]  # per month, by bill
_PER_GPU = "usdPerGpuHour"
_PRICE = re.compile(rf"prices(\..+)?|gpuPools\.([^.]+)\.existing\.{_PER_GPU}")
_OF_A_NODE = "usd_per_node_hour"


@dataclass(frozen=True)
class Counted:
    settings: tuple[str, ...]  # those that change a price of nodes that are there before and after
    region: Change | None  # it has other prices, and what they change can't be distinguished from what runs there
    no_longer: tuple[str, ...]  # pools whose nodes stay without a price: their bill isn't lower, it isn't known
    from_now: tuple[str, ...]  # pools whose nodes were there, and in no bill
    by_prices: Dollars | None  # what `settings` alone change; None: nobody can say


def counted(old: Side, new: Side, settings: Changes) -> Counted:
    if not (old.exists and new.exists):
        return Counted((), None, (), (), {})
    both = old.pools.keys() & new.pools.keys()
    prices = tuple(path for path in settings if (found := _PRICE.fullmatch(path)) and (found[2] or "") in {"", *both})
    return Counted(
        prices,
        next((settings[key] for key in sorted(region_keys()) if key in settings), None),
        tuple(name for name in unpriced(new) if name in _own(old, priced=True)),
        tuple(name for name in unpriced(old) if name in _own(new, priced=True)),
        _by_prices(old, new) if prices else {},
    )


def unpriced(side: Side) -> list[str]:
    """Pools of nodes that exist, and to which the stack file gives no price: no bill counts them."""
    return sorted(_own(side, priced=False))


def _own(side: Side, *, priced: bool) -> Iterator[str]:
    """An older program doesn't say a price."""
    for name, pool in side.pools.items():
        if _of_existing(side, name) is not None and _OF_A_NODE in pool and (pool[_OF_A_NODE] is not None) is priced:
            yield name


def _of_existing(side: Side, pool: str) -> Mapping[str, Any] | None:
    written = (side.platform.get("gpuPools") or {}).get(pool) or {}
    return written.get("existing")


def _by_prices(old: Side, new: Side) -> Dollars | None:
    """The bill of the new stack less what it is at the old one's prices."""
    then, now = plan_of(new, _with_prices_of(old, new)), cost(old, new)
    if then is None:
        return None
    before = {
        MIN: then.cost.usd_per_month_min,
        EXPECTED: then.cost.usd_per_month_expected,
        MAX: then.cost.usd_per_month_max,
    }
    return {key: rise(before[key], now[key].new) for key in BILLS if key in now}


def _with_prices_of(old: Side, new: Side) -> dict[str, Any]:
    platform = json.loads(json.dumps({key: value for key, value in new.platform.items() if key != "prices"}))
    if "prices" in old.platform:
        platform["prices"] = old.platform["prices"]
    for name, pool in (platform.get("gpuPools") or {}).items():
        before = _of_existing(old, name)
        if before is not None and "existing" in pool:
            pool["existing"].pop(_PER_GPU, None)
            pool["existing"] |= {key: value for key, value in before.items() if key == _PER_GPU}
    return platform
