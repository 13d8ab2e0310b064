"""Which prices a figure uses: the region's, those of us-east-1 if the region's aren't known, or the user's own."""

from collections.abc import Sequence

from infra.catalog import Catalog, Instance
from infra.catalog.whose import Priced, borrowed, names
from infra.clouds.aws.facts import HOME
from infra.plan.pools import PoolPlan
from infra.settings.platform import Settings
from infra.sizing.estimates import span


def others_elsewhere(catalog: Catalog) -> str:
    """A note for prices of everything but nodes outside us-east-1: only that region's are known. Blank inside it."""
    return "" if catalog.region == HOME else f"price of {HOME}: none known for {catalog.region}"


def headline(types: Sequence[Priced], catalog: Catalog) -> str:
    """The note next to the sum of the bill; blank if every price is the region's."""
    if catalog.region == HOME:
        return ""
    found, own = borrowed(types, catalog), names(each for each in types if each.priced_by is None)
    yours = f"{', '.join(own)} at your own price, " if own else ""
    if len(found) + len(own) == len({each.name for each in types}):
        rest = "all else at " if own else ""
        return f"{yours}{rest}prices of {HOME}: none known for {catalog.region}"
    if found:
        return f"{yours}{', '.join(found)} and all but nodes at prices of {HOME}: none known for {catalog.region}"
    return f"{yours}{'other ' if own else ''}nodes at prices of {catalog.region}, all else at those of {HOME}"


def price_note(settings: Settings, types: Sequence[Priced], pools: Sequence[PoolPlan], catalog: Catalog) -> str:
    """The region and the date of every price of the bill, with the types that have the user's own price."""
    prices, region = catalog.aws.prices, catalog.region
    foreign, own = borrowed(types, catalog), names(each for each in types if each.priced_by is None)
    listed = names(each for each in types if each.priced_by == region)
    parts = []
    if region == HOME:
        parts.append(f"on-demand prices of {prices.gpu_date}, {HOME}")
    else:
        if on_demand := [name for name in listed if name not in _spot_alone(pools)]:
            parts.append(f"on-demand prices of {region} for {', '.join(on_demand)}, {prices.region_date}")
        if foreign:
            parts.append(
                f"on-demand prices of {HOME} for {', '.join(foreign)}, {prices.gpu_date}: none known for {region}"
            )
        parts.append(f"all but nodes at prices of {HOME}, {prices.date}: none known for {region}")
    if settings.prices.table:
        parts.append(_own(settings.prices.table, own, [*listed, *foreign] if region != HOME else listed))
    if settings.prices.discount_percent:
        parts.append(f"{settings.prices.discount_percent:g} % off AWS's list prices")
    if any(each.spot_usd is not None for pool in pools if pool.capacity == "spot" for each in pool.types):
        parts.append(
            f"spot prices of {region}'s zones at one moment, {prices.region_date}: they may rise to the on-demand price"
        )
    return "; ".join(parts)


def _spot_alone(pools: Sequence[PoolPlan]) -> set[str]:
    """Types that pools use only on spot, and whose spot price is known."""
    on_demand = {name for pool in pools if set(pool.kinds) != {"spot"} for name in pool.instance_types}
    spot = [each for pool in pools if pool.capacity == "spot" for each in pool.types]
    return {each.name for each in spot if each.name not in on_demand and each.spot_usd is not None}


def spot_note(pool: PoolPlan, catalog: Catalog) -> str:
    """The prices at which a spot pool is billed, and how certain they are."""
    unknown = [each for each in pool.types if each.spot_usd is None]
    own, missing = names(t for t in unknown if t.priced_by is None), names(t for t in unknown if t.priced_by)
    ranges = [f"{each.name} {_range(each)}" for each in pool.types if each.spot_usd is not None]
    moment = f"the prices of zones of {catalog.region} at one moment, {catalog.aws.prices.region_date}"
    parts = [
        *(
            [f"spot nodes are billed at {moment}: {', '.join(ranges)}; they change all day, and may rise"]
            if ranges
            else []
        ),
        *([f"{', '.join(own)} is billed at your own price, also on spot"] if own else []),
        *([f"no spot price of {', '.join(missing)} is known: it is billed at the on-demand price"] if missing else []),
    ]
    return "; ".join(parts)


def _range(instance: Instance) -> str:
    low, high = instance.spot_usd or (0.0, 0.0)
    return f"{span(f'${low:.2f}', f'${high:.2f}')} per hour (on demand ${instance.usd_per_hour or 0:.2f})"


def _own(table: str, own: Sequence[str], listed: Sequence[str]) -> str:
    if not own:
        return f"no price of {table} is used here"
    rest = f"; {', '.join(listed)} at AWS's list price" if listed else ""
    return f"{', '.join(own)} at your own price ({table}), as written there{rest}"
