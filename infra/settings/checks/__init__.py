"""Rules that join several values, checked from the file and the catalogue alone."""

from infra.catalog import Catalog
from infra.settings.mistakes import Report
from infra.settings.platform import Settings


def check(settings: Settings, *, region: str | None, catalog: Catalog, report: Report) -> None:
    """Reports every rule that the settings break."""
