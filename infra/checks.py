"""Rules that join several values, checked from the stack file and the catalogue alone."""

from infra.catalog import Catalog
from infra.registry import services
from infra.services.addons.check import check_addons
from infra.services.gateway.check import check_gateway
from infra.services.serving.check import check_models
from infra.services.weights.check import check_cache
from infra.settings.checks.cluster import check_cluster
from infra.settings.checks.platform import check_platform
from infra.settings.checks.pools import check_pools
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Report
from infra.settings.platform import Settings


def check(settings: Settings, *, region: str | None, catalog: Catalog, report: Report) -> None:
    """Reports every rule that the settings break."""
    scope = Scope(settings, region, catalog, report, tuple(service.name for service in services()))
    check_cluster(scope)
    check_pools(scope)
    check_models(scope)
    check_addons(scope)
    check_gateway(scope)
    check_cache(scope)
    check_platform(scope)
