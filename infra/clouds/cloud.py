"""A cloud: where a stack runs, and what that decides. A small one overrides four or five of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from infra.services.owner import Owner, Touched

if TYPE_CHECKING:
    from infra.catalog import Catalog
    from infra.settings import Settings
    from infra.settings.platform import Prices


class Cloud(Owner):
    """It owns the components of the cluster. What it doesn't override does nothing."""

    def handles(self, settings: Settings) -> bool:
        """Whether the stack runs there. Of the clouds of the registry one does."""
        raise NotImplementedError

    def priced(self, catalog: Catalog, region: str | None, prices: Prices) -> Catalog:
        """The catalogue with its own instance types, each at what it costs in that region and under these settings."""
        return catalog

    def offered(self, catalog: Catalog, region: str | None) -> Catalog:
        """The catalogue with its own instance types of a region, at list prices: what `fit` looks at."""
        return catalog

    def notices(self, touched: Sequence[Touched]) -> Iterator[str]:
        """Nothing: its users are those of the models, and hear of them."""
        yield from ()
