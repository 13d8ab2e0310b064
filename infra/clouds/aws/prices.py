"""What instance types cost in the cluster's region, with a company's own prices and discount."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from infra.catalog import Catalog, Instance
from infra.catalog.price_table import read_price_table
from infra.clouds.aws.facts import HOME, CpuInstance, PriceList, RegionPrice

_UNKNOWN = RegionPrice(None, None)


def priced_types(catalog: Catalog) -> tuple[str, ...]:
    """The types for which a company may give its own price."""
    return (*catalog.instances, *catalog.aws.cpu_instances)


def with_prices(
    catalog: Catalog, region: str | None, table: str | Path | None = None, discount_percent: float = 0
) -> Catalog:
    """The catalogue with a region's prices of instances, a company's own, and a discount on what AWS lists.

    A type without a price of that region keeps the one of us-east-1, and `priced_by` says so.
    """
    own = read_price_table(table, priced_types(catalog))[0] if table else {}
    factor = 1 - discount_percent / 100
    here = region or HOME
    instances = {
        name: dataclasses.replace(
            row, **_price(row, catalog, here, own, factor), spot_usd=_spot(row, catalog, here, own, factor)
        )
        for name, row in catalog.instances.items()
    }
    cpu_instances = {
        name: dataclasses.replace(row, **_price(row, catalog, here, own, factor))
        for name, row in catalog.aws.cpu_instances.items()
    }
    return dataclasses.replace(
        catalog,
        region=here,
        instances=MappingProxyType(instances),
        aws=dataclasses.replace(
            catalog.aws,
            cpu_instances=MappingProxyType(cpu_instances),
            prices=_discounted(catalog.aws.prices, factor),
        ),
    )


def _price(
    row: Instance | CpuInstance, catalog: Catalog, region: str, own: Mapping[str, float], factor: float
) -> dict[str, Any]:
    """The company's own price, else the region's, else that of us-east-1. In us-east-1 the newer table counts."""
    if row.name in own:
        return {"usd_per_hour": own[row.name], "priced_by": None}
    listed = catalog.aws.region_prices.get((row.name, region), _UNKNOWN).usd_per_hour
    if region == HOME or listed is None:
        return {"usd_per_hour": row.usd_per_hour and row.usd_per_hour * factor, "priced_by": HOME}
    return {"usd_per_hour": listed * factor, "priced_by": region}


def _spot(
    row: Instance, catalog: Catalog, region: str, own: Mapping[str, float], factor: float
) -> tuple[float, float] | None:
    """A company's own price holds for spot as well."""
    found = catalog.aws.region_prices.get((row.name, region), _UNKNOWN).spot_usd
    return None if found is None or row.name in own else (found[0] * factor, found[1] * factor)


def _discounted(prices: PriceList, factor: float) -> PriceList:
    listed = {field.name: getattr(prices, field.name) for field in dataclasses.fields(prices)}
    less = {name: value * factor for name, value in listed.items() if name.endswith(("_hour", "_month"))}
    return dataclasses.replace(prices, **less)


def offered_in(catalog: Catalog, region: str) -> Catalog:
    """The catalogue with the GPU instance types of one region."""
    offered = {name: row for name, row in catalog.instances.items() if catalog.zones_of(name, region)}
    return dataclasses.replace(catalog, instances=MappingProxyType(offered))
