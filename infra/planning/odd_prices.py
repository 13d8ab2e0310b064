"""Prices that are allowed and are hardly meant: what was understood by them."""

from collections.abc import Iterable, Iterator

from infra.catalog import Catalog, Instance
from infra.plan.findings import warned
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.notes import Finding
from infra.plan.words import number
from infra.settings.platform import Settings

_PERCENT = 100
_FAR = 5  # times the highest price of a GPU that is known


def warn_of_odd_prices(settings: Settings, catalog: Catalog) -> Iterator[Finding]:
    percent = settings.prices.discount_percent
    if 0 < percent < 1:
        yield warned(
            "prices.discountPercent",
            f"{percent:g} % is taken off, so that $100 become ${_PERCENT - percent:g};"
            f" a discount of {percent * _PERCENT:g} % is discountPercent: {percent * _PERCENT:g}",
        )
    usable = [each for each in catalog.instances.values() if each.left_out is None]
    highest = max((_per_gpu(each) for each in usable if each.priced_by is not None), default=0.0)
    for path, of, usd in (*_of_own_nodes(settings), *_of_table(settings, usable)):
        if highest and usd > _FAR * highest:
            yield warned(
                path,
                f"each GPU of {of} is billed at ${usd:,.2f} per hour, ${number(usd * HOURS_PER_MONTH)} per month; the"
                f" most expensive one that is known here costs ${highest:.2f}. A price per month is to be divided by"
                f" {HOURS_PER_MONTH}: ${usd / HOURS_PER_MONTH:.2f} per hour",
            )


def _of_own_nodes(settings: Settings) -> Iterator[tuple[str, str, float]]:
    for name, pool in settings.gpu_pools.items():
        usd = pool.existing.usd_per_gpu_hour if pool.existing is not None else None
        if usd is not None:
            yield f"gpuPools.{name}.existing.usdPerGpuHour", name, usd


def _of_table(settings: Settings, instances: Iterable[Instance]) -> Iterator[tuple[str, str, float]]:
    """Of the types that the user's table has."""
    for each in instances:
        if settings.prices.table is not None and each.priced_by is None:
            yield "prices.table", each.name, _per_gpu(each)


def _per_gpu(instance: Instance) -> float:
    return (instance.usd_per_hour or 0.0) / instance.gpus
