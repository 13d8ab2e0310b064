"""What the program asks of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.clouds.aws.prices import offered_in, with_prices
from infra.clouds.cloud import Cloud

if TYPE_CHECKING:
    from infra.catalog import Catalog
    from infra.settings import Settings
    from infra.settings.platform import Prices

_GROUND = {
    "aws:eks/cluster:Cluster": "cluster",
    "aws:ec2/vpc:Vpc": "network",
    "pulumi:providers:kubernetes": "kubernetes",
}


class Aws(Cloud):
    """`cluster.create`, and `cluster.existing.eks`."""

    name, title = "aws", "The AWS cluster"
    owns = ("llm:aws:Cluster", "llm:aws:ExistingEksCluster", "llm:aws:Network", "llm:aws:GpuPool")
    guards, ground = _GROUND, frozenset(_GROUND)

    def handles(self, settings: Settings) -> bool:
        cluster = settings.cluster
        return cluster.create is not None or (cluster.existing is not None and cluster.existing.eks is not None)

    def priced(self, catalog: Catalog, region: str | None, prices: Prices) -> Catalog:
        return with_prices(catalog, region, prices.table, prices.discount_percent)

    def offered(self, catalog: Catalog, region: str | None) -> Catalog:
        return with_prices(offered_in(catalog, region) if region else catalog, region)


AWS = Aws()
