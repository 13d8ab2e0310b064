"""Rules that concern several values of the stack file. They need only the stack file and the catalogue."""

from collections.abc import Callable, Sequence
from typing import Any

from infra.catalog import Catalog, read_price_table
from infra.clouds.existing.check_nodes import check_existing_nodes
from infra.offers.check_shared import check_sharing
from infra.registry import cloud_said, clouds, services
from infra.settings.checks.cluster import check_cluster
from infra.settings.checks.platform import check_platform
from infra.settings.checks.pools import check_pools
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Report
from infra.settings.platform import Settings


def check(
    settings: Settings,
    *,
    region: str | None,
    catalog: Catalog,
    report: Report,
    regions_meant: Sequence[str] = (),
    platform: Any = None,
    holding: Callable[[str], Sequence[str]] = lambda _: (),
) -> None:
    """Reports every rule that the settings break. `platform`: the section as it is written, if it differs from the
    settings; `holding`: the types of the region on which a pool's models fit."""
    platform = platform or settings.model_dump(mode="json", by_alias=True, exclude_unset=True)
    here = cloud_said(settings)
    names = tuple(name for owner in (*services(), *([here] if here else [])) for name in owner.in_allow)
    called = {word: name for cloud in clouds() for word, name in cloud.called.items()}
    scope = Scope(settings, region, catalog, report, here, names, called, regions_meant, platform, holding)
    check_cluster(scope)
    for cloud in clouds():
        cloud.check(scope)
    check_pools(scope)
    check_existing_nodes(scope)
    check_sharing(scope)
    check_platform(scope)
    _check_prices(scope)
    for service in services():
        service.check(scope)


def _check_prices(scope: Scope) -> None:
    """Reads the price table. It may have prices of every cloud, because several stacks may use it."""
    table = scope.settings.prices.table
    if table is not None:
        types = {name for cloud in clouds() for name in cloud.priced_types(scope.catalog)}
        for got, write in read_price_table(table, types)[1]:
            scope.report.wrong(("prices", "table"), got, write)
