"""What the program asks of AWS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from infra.catalog import load_catalog
from infra.clouds.aws.arns import of_the_stack, written_account
from infra.clouds.aws.check import check_aws
from infra.clouds.aws.config import AwsConfig, read_aws_config
from infra.clouds.aws.diff.tokens import CLUSTER, OWNS, VPC
from infra.clouds.aws.diff.types import AwsTypes
from infra.clouds.aws.left import left_in_aws
from infra.clouds.aws.live import access, access_entries, log_groups, older_versions
from infra.clouds.aws.load_balancer import ALB
from infra.clouds.aws.prices import offered_in, priced_types, with_prices
from infra.clouds.cloud import Cloud

if TYPE_CHECKING:
    from pathlib import Path

    from infra.catalog import Catalog
    from infra.live.left import Left
    from infra.live.state import Held
    from infra.plan.cluster import ClusterPlan
    from infra.plan.plan import Plan
    from infra.settings import Settings
    from infra.settings.checks.scope import Scope
    from infra.settings.mistakes import Report
    from infra.settings.platform import Prices

_GROUND = {
    CLUSTER: "cluster",
    VPC: "network",
    "pulumi:providers:kubernetes": "kubernetes",
}
_CALLED = {"eks": "cluster", "vpc": "network", **dict.fromkeys(("efs", "ebs", "bucket"), "cache")}
_LOOKS = {
    "whether an earlier cluster left its log groups": log_groups,
    "whether newer versions run": older_versions,
    "whom EKS lets in already": access_entries,
}


class Aws(Cloud):
    """`cluster.create`, and `cluster.existing.eks`."""

    name, title = "aws", "The AWS cluster"
    owns = OWNS
    guards, ground = _GROUND, frozenset(_GROUND)
    called = _CALLED
    looks = _LOOKS
    lends: Mapping[str, tuple[str, ...]] = {"weights": ("llm:aws:WeightsFileSystem",)}
    types = AwsTypes()
    ingress = ALB
    open_config = frozenset({"aws:region"})

    def handles(self, settings: Settings) -> bool:
        cluster = settings.cluster
        return cluster.create is not None or (cluster.existing is not None and cluster.existing.eks is not None)

    def makes_nodes(self, settings: Settings) -> bool:
        return settings.cluster.create is not None

    def read_config(self, keys: Mapping[str, Any], report: Report, *, here: bool) -> AwsConfig:
        return read_aws_config(keys, on_aws=here, report=report)

    def described(self, cluster: ClusterPlan) -> str:
        new = f"new EKS {cluster.version} in {len(cluster.zone_ids)} zones"
        return new if cluster.kind == "create" else f"EKS cluster {cluster.name}, which exists"

    def check(self, scope: Scope) -> None:
        check_aws(scope, here=self.handles(scope.settings))

    def as_here(self, text: str, platform: Any, region: str | None) -> str:
        known = region if region in load_catalog().regions else None
        return of_the_stack(text, known, written_account(platform))

    def priced_types(self, catalog: Catalog) -> Collection[str]:
        return priced_types(catalog)

    def priced(self, catalog: Catalog, region: str | None, prices: Prices) -> Catalog:
        return with_prices(catalog, region, prices.table, prices.discount_percent)

    def offered(self, catalog: Catalog, region: str | None) -> Catalog:
        return with_prices(offered_in(catalog, region) if region else catalog, region)

    def access(self, cluster: ClusterPlan, path: Path) -> tuple[str, ...] | None:
        return access(cluster, path) if cluster.kind == "eks" else None

    def left(self, plan: Plan, held: Held) -> Left | None:
        return left_in_aws(held, plan.cluster.aws_arguments)


AWS = Aws()
