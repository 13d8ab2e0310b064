"""What the program asks of AWS."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from infra.catalog import load_catalog
from infra.clouds.aws import bill, karpenter, placeholders, storage_prices, warnings
from infra.clouds.aws.answers import ANSWERS
from infra.clouds.aws.arns import of_the_stack, written_account
from infra.clouds.aws.bottlerocket import SYSTEMS, say_bottlerocket
from infra.clouds.aws.cheaper import cheaper_platform
from infra.clouds.aws.check import check_aws
from infra.clouds.aws.cluster import explain_versions, plan_cluster
from infra.clouds.aws.config import AwsConfig, read_aws_config
from infra.clouds.aws.diff.tokens import CLUSTER, OWNS, VPC
from infra.clouds.aws.diff.types import AwsTypes
from infra.clouds.aws.drain import warn_of_drain
from infra.clouds.aws.endpoint import bucket_cidrs
from infra.clouds.aws.existing import adds_nodes, to_do_there
from infra.clouds.aws.groups import with_groups, zones_of_reservations
from infra.clouds.aws.left import left_in_aws
from infra.clouds.aws.live import access, access_entries, log_groups, older_groups, older_versions
from infra.clouds.aws.live_existing import nodes_there
from infra.clouds.aws.load_balancer import ALB
from infra.clouds.aws.no_node import NO_NODE_WORDS
from infra.clouds.aws.node_repair import to_do_agent
from infra.clouds.aws.nodes import furnished, say_cut, with_own
from infra.clouds.aws.plan import AwsCluster, aws_cluster
from infra.clouds.aws.pods_stay import warn_of_pods_that_stay
from infra.clouds.aws.prices import offered_in, priced_types, with_prices
from infra.clouds.aws.quotas import counts, list_quotas, plan_quotas
from infra.clouds.aws.regions import regions_meant
from infra.clouds.aws.storage import CLASSES_OF_EBS, EBS, EFS, NODE_DIRECTORY, NODE_DIRECTORY_REASON, S3
from infra.clouds.aws.system_nodes import system_nodes
from infra.clouds.aws.to_do import bucket_rights, list_account, list_zones
from infra.clouds.cloud import Cloud
from infra.services.addons.plan import ADDONS

if TYPE_CHECKING:
    from pathlib import Path

    from infra.catalog import Catalog, Instance
    from infra.clouds.site import Site
    from infra.live import Namespaces
    from infra.live.left import Left
    from infra.live.state import Held, State
    from infra.models.places import Bucket
    from infra.plan.cache import CachePlan
    from infra.plan.cluster import AddonPlan, ClusterPlan, Quota, SystemNodesPlan
    from infra.plan.findings import Decided
    from infra.plan.gateway import TrafficPlan
    from infra.plan.models import ModelPlan
    from infra.plan.money import CheaperPlatform, CostItem, PriceNote
    from infra.plan.notes import Finding, Note
    from infra.plan.plan import Plan
    from infra.plan.pools import PoolPlan
    from infra.plan.way_in import GatewayPlan
    from infra.planning.cost import Billed
    from infra.settings.checks.scope import Scope
    from infra.settings.mistakes import Report
    from infra.settings.platform import Prices, Settings

_GROUND = {
    CLUSTER: "cluster",
    VPC: "network",
    "pulumi:providers:kubernetes": "kubernetes",
}
_CALLED = {"eks": "cluster", "vpc": "network", **dict.fromkeys(("efs", "ebs", "bucket"), "cache")}
_LOOKS = {
    "whether an earlier cluster left its log groups": log_groups,
    "whether newer versions run": older_versions,
    "whether EKS makes node groups of their releases": older_groups,
    "whom EKS lets in already": access_entries,
    "whether the cluster and its network take nodes of ours": nodes_there,
}


class Aws(Cloud):
    """`cluster.create`, and `cluster.existing.eks`."""

    name, title, kind = "aws", "The AWS cluster", "EKS cluster"
    owns, keys = OWNS, ("cluster",)
    guards, ground = _GROUND, frozenset(_GROUND)
    called = _CALLED
    looks = _LOOKS
    answers = ANSWERS
    lends: Mapping[str, tuple[str, ...]] = {
        "weights": ("llm:aws:WeightsFileSystem", "llm:aws:WeightsBucket"),
        "serving": ("llm:aws:BucketReader", "llm:aws:MountedBucket"),
    }
    types = AwsTypes()
    ingress = ALB
    dns_ttl_seconds = 5  # the default of CoreDNS: EKS writes no ttl into its Corefile
    spot_leave_seconds = warnings.SPOT_NOTICE_SECONDS - warnings.SPOT_NOTICED_SECONDS
    storage = EFS, EBS, S3
    classes_of_one_node = CLASSES_OF_EBS
    systems = SYSTEMS
    node_directory = NODE_DIRECTORY
    node_directory_reason = NODE_DIRECTORY_REASON
    no_node_words: Mapping[str, Literal["no-capacity", "quota"]] = NO_NODE_WORDS
    region_key = "aws:region"
    region_schema: Mapping[str, Any] = {"type": "string", "description": "AWS region", "examples": ["us-east-1"]}

    @property
    def in_allow(self) -> tuple[str, ...]:
        """Nothing: all that holds data there holds the weights, and is guarded as `cache`."""
        return ()

    def handles(self, settings: Settings) -> bool:
        cluster = settings.cluster
        return cluster.create is not None or (cluster.existing is not None and cluster.existing.eks is not None)

    def makes_nodes(self, settings: Settings) -> bool:
        return settings.cluster.create is not None or adds_nodes(settings)

    def installs(self, settings: Settings) -> Collection[str]:
        return ADDONS if settings.cluster.create is not None else ()

    def read_config(self, keys: Mapping[str, Any], report: Report, *, here: bool) -> AwsConfig:
        return read_aws_config(keys, on_aws=here, report=report)

    def described(self, cluster: ClusterPlan) -> str:
        new = f"new EKS {cluster.version} in {len(cluster.zone_ids)} zones"
        return new if cluster.kind == "create" else f"EKS cluster {cluster.name}, which exists"

    def check(self, scope: Scope) -> None:
        check_aws(scope, here=self.handles(scope.settings))

    def regions_meant(self, region: str | None, platform: Any, catalog: Catalog) -> Sequence[str]:
        return regions_meant(region, platform, catalog.regions, catalog.other_regions)

    def as_here(self, texts: Sequence[str], platform: Any, region: str | None) -> Sequence[str]:
        known, account = region if region in load_catalog().regions else None, written_account(platform)
        return [of_the_stack(text, known, account) for text in texts]

    def priced_types(self, catalog: Catalog) -> Collection[str]:
        return priced_types(catalog)

    def priced(self, catalog: Catalog, region: str | None, prices: Prices) -> Catalog:
        return with_prices(catalog, region, prices.table, prices.discount_percent)

    def offered(self, catalog: Catalog, region: str | None) -> Catalog:
        return with_prices(offered_in(catalog, region) if region else catalog, region)

    def plan_cluster(
        self, stack: str, settings: Settings, region: str | None, config: Any, catalog: Catalog
    ) -> Decided[AwsCluster]:
        return plan_cluster(stack, settings, region, config or AwsConfig(), catalog)

    def explain(
        self, settings: Settings, cluster: ClusterPlan, cache: CachePlan, catalog: Catalog
    ) -> Iterator[Finding]:
        return explain_versions(settings, aws_cluster(cluster), cache, catalog)

    def furnish(self, pool: PoolPlan, settings: Settings, cluster: ClusterPlan, catalog: Catalog) -> Decided[PoolPlan]:
        yield from say_cut(pool, catalog)
        nodes = furnished(pool, catalog)
        if aws_cluster(cluster).karpenter:
            yield from zones_of_reservations(nodes, settings, cluster)
            return replace(nodes, launch=karpenter.LAUNCH)
        return (yield from with_groups(with_own(nodes, settings), settings, cluster))

    def system_nodes(self, settings: Settings, catalog: Catalog) -> SystemNodesPlan | None:
        return system_nodes(settings, catalog)

    def warn_of_pool(
        self, pool: PoolPlan, models: Sequence[ModelPlan], cluster: ClusterPlan, namespace: str
    ) -> Iterator[Finding]:
        yield from warnings.warn_of_pool(pool, models, cluster)
        yield from warn_of_pods_that_stay(pool, models, cluster, namespace)

    def warn_of_drain(
        self, gateway: GatewayPlan | None, pools: Iterable[PoolPlan], traffic: TrafficPlan, end: int, shortest: int
    ) -> Iterator[Finding]:
        return warn_of_drain(gateway, pools, traffic, end, shortest)

    def bill(self, billed: Billed) -> Iterator[CostItem]:
        return bill.bill(billed)

    def usd_beside_node(self, pool: PoolPlan, settings: Settings, catalog: Catalog) -> float:
        return bill.usd_beside_node(pool, settings, catalog)

    def usd_per_stored_gib(self, cache: CachePlan, catalog: Catalog) -> float | None:
        return storage_prices.usd_per_stored_gib(cache, catalog)

    def bucket_cidrs(
        self, settings: Settings, cluster: ClusterPlan, catalog: Catalog
    ) -> Decided[tuple[tuple[str, ...], str]]:
        return (yield from bucket_cidrs(settings, aws_cluster(cluster), catalog))

    def price_note(self, billed: Billed) -> Decided[PriceNote]:
        return bill.price_note_of(billed)

    def cheaper_platform(self, settings: Settings, cluster: ClusterPlan, catalog: Catalog) -> Iterator[CheaperPlatform]:
        return cheaper_platform(settings, aws_cluster(cluster), catalog)

    def counts(self, node: Instance, capacity: str) -> tuple[str, int]:
        return counts(node, capacity)

    def quotas(self, cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> tuple[Quota, ...]:
        return plan_quotas(cluster, pools)

    def to_dos(
        self,
        settings: Settings,
        cluster: ClusterPlan,
        pools: Mapping[str, PoolPlan],
        addons: Mapping[str, AddonPlan],
        quotas: Sequence[Quota],
    ) -> Iterator[Finding]:
        yield from list_account(settings, aws_cluster(cluster), addons)
        yield from to_do_there(settings, aws_cluster(cluster), pools, addons)
        yield from to_do_agent(settings, aws_cluster(cluster), pools)
        yield from list_quotas(quotas)
        yield from list_zones(settings, pools.values())
        yield from karpenter.list_karpenter(aws_cluster(cluster), pools)
        yield from say_bottlerocket(aws_cluster(cluster), pools, addons)

    def reserved(self, text: str) -> str | None:
        return placeholders.reserved(text)

    def placeholders_that_stop(self, settings: Settings, reserved: Callable[[str], str | None]) -> Iterator[Note]:
        return placeholders.that_stop(settings, reserved)

    def price_day(self, catalog: Catalog) -> str:
        prices = catalog.aws.prices
        return f"{catalog.region}, {prices.gpu_date if catalog.region == prices.region else prices.region_date}"

    def provider(self, plan: Plan) -> Any:
        from infra.clouds.aws.make import make_provider

        return make_provider(plan)

    def admit(self, plan: Plan, provider: Any, state: State) -> None:
        from infra.clouds.aws.make import admit

        admit(plan, provider, state)

    def bucket_rights(self, cluster: ClusterPlan, namespace: str, model: str, bucket: Bucket) -> str:
        return bucket_rights(aws_cluster(cluster))

    def make_site(self, plan: Plan, provider: Any, namespaces: Namespaces) -> Site:
        from infra.clouds.aws.make import make_site

        return make_site(plan, provider, namespaces)

    def access(self, cluster: ClusterPlan, path: Path, given: str | None) -> tuple[str, ...] | None:
        if given is not None:
            path.write_text(given, encoding="utf-8")
            return ("--kubeconfig", str(path))
        return None if cluster.made else access(aws_cluster(cluster), path)

    def why_no_node(self, cluster: ClusterPlan, group: str) -> str:
        where = " ".join(aws_cluster(cluster).aws_arguments)
        query = "aws autoscaling describe-scaling-activities --max-items 3 --auto-scaling-group-name"
        return f"{query} {group} {where}".rstrip()

    def left(self, plan: Plan, held: Held) -> Left | None:
        where = plan.cluster.aws_arguments if isinstance(plan.cluster, AwsCluster) else ()
        return left_in_aws(held, where)


AWS = Aws()
