"""A cloud that rents GPU servers by the hour: a section below `cluster`, types, prices, a quota, a shelf and a site.

This is the whole of what CONTRIBUTING's recipe asks for: in the program it would be `infra/clouds/rented/`, with its
components in `components/rented/` and a line in `infra/registry.py`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from pydantic import Field

from infra.catalog import Catalog, Instance
from infra.clouds.cloud import Cloud
from infra.clouds.resource_types import NodeGroups, ResourceTypes
from infra.clouds.site import Site
from infra.live import Namespaces
from infra.plan.cache import Storage
from infra.plan.cluster import ClusterPlan, Quota
from infra.plan.findings import Decided
from infra.plan.money import CostItem, PriceNote
from infra.plan.notes import Assumption, Chosen
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.planning.cost import Billed
from infra.services.addons.make import make_addons
from infra.settings.checks.scope import Scope
from infra.settings.platform import Prices, Settings
from infra.settings.sections import OwnSection
from infra.settings.types import Section
from infra.sides.types import ResourceChanges, Side, type_of

HALLS = {"north": ("n1", "n2"), "south": ("s1",)}
FEE_USD = 99.0  # per month
PROVIDER = {"pulumi:providers:kubernetes": "kubernetes"}
CLUSTER, POOL, SHELF = (f"rented:metal/{name.lower()}:{name}" for name in ("Cluster", "Pool", "Shelf"))


def instance(name: str, gpu: str, usd: float, vcpus: int = 16) -> Instance:
    return Instance(
        name=name,
        gpu=gpu,
        gpus=1,
        vcpus=vcpus,
        memory_gib=8 * vcpus,
        nvme_gb=1000,
        arch="x86_64",
        network_gbps=25,
        pod_cpu=vcpus - 1,
        pod_gib=8 * vcpus - 8,
        spot=False,
        usd_per_hour=usd,
        priced_by="north",
    )


METAL = (
    instance("metal.l4", "L4", 0.30),
    instance("metal.h100", "H100-80", 1.90),
    instance("metal.h200", "H200", 2.90, vcpus=192),
)
TYPES = {each.name: each for each in METAL}


class RentedSection(Section):
    """A cluster of rented servers."""

    hall: str = Field(description="where the servers stand", examples=["north"])


class Servers(pulumi.ComponentResource):
    """The cluster, the servers of each pool, and the shelf that holds the weights."""

    def __init__(self, name: str, *, hall: str, pools: Mapping[str, PoolPlan], provider: Any) -> None:
        super().__init__("llm:rented:Servers", name)
        opts = pulumi.ResourceOptions(parent=self, provider=provider)
        cluster = pulumi.CustomResource(CLUSTER, name, {"hall": hall}, opts)
        self.pools = {
            pool.name: pulumi.CustomResource(
                POOL,
                pool.name,
                {"types": list(pool.instance_types), "max": pool.max, "labels": dict(pool.selector)},
                pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[cluster])),
            )
            for pool in pools.values()
        }
        protected = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=True))
        pulumi.CustomResource(SHELF, f"{name}-shelf", {"hall": hall}, protected)
        own = pulumi.ResourceOptions(parent=self)
        self.provider = k8s.Provider(f"{name}-kubernetes", kubeconfig="{}", opts=own)
        self.register_outputs({})


SECTION = OwnSection("rented", RentedSection, "servers that are rented by the hour", {"hall": "north"}, of_cluster=True)


class RentedTypes(ResourceTypes):
    """What a diff asks of its SDK."""

    package = "rented"
    replacements = Path(__file__).with_name("rented.csv")
    in_place = frozenset({"pulumi:providers:rented"})
    holds_data = frozenset({SHELF})
    words = MappingProxyType({CLUSTER: "the rented servers"})
    nodes = (NodeGroups(POOL, "system", restarting=("image",), ended_by="the hall"),)

    def refused_in_place(self, old: Side, new: Side, resources: ResourceChanges) -> Iterator[tuple[str, str, str]]:
        for urn, paths in resources.changed.items():
            if type_of(urn) == POOL and "max" in paths and paths["max"].new < paths["max"].old:
                pool = urn.rpartition("::")[2]
                yield f"gpuPools.{pool}.max", "rented servers can't be given back", f"max: {paths['max'].old}"


class Rented(Cloud):
    name, title, kind = "rented", "The rented servers", "cluster of rented servers"
    owns = ("llm:rented:Servers",)
    guards = MappingProxyType({CLUSTER: "cluster", **PROVIDER})
    ground = frozenset(guards)
    section = SECTION
    types = RentedTypes()
    storage = (Storage("shelf", "the shelf of the hall"),)

    def makes_nodes(self, settings: Settings) -> bool:
        return True

    def installs(self, settings: Settings) -> Collection[str]:
        return ("keda", "prometheus", "nvidiaDevicePlugin")

    def described(self, cluster: ClusterPlan) -> str:
        return f"rented servers in hall {cluster.region}"

    def check(self, scope: Scope) -> None:
        rented = SECTION.of(scope.settings)
        if rented is not None and rented.hall not in HALLS:
            key = ("cluster", "rented", "hall")
            scope.report.wrong(key, f"unknown hall {rented.hall}", f"write one of {', '.join(HALLS)}")

    def priced_types(self, catalog: Catalog) -> Collection[str]:
        return TYPES

    def priced(self, catalog: Catalog, region: str | None, prices: Prices) -> Catalog:
        zones = dict.fromkeys(TYPES, HALLS)
        return replace(catalog, instances=TYPES, zones=zones, regions=HALLS, region="north")

    def offered(self, catalog: Catalog, region: str | None) -> Catalog:
        own = {} if region is not None and region not in HALLS else TYPES
        zones = {**catalog.zones, **dict.fromkeys(own, HALLS)}
        return replace(catalog, instances={**catalog.instances, **own}, zones=zones)

    def plan_cluster(
        self, stack: str, settings: Settings, region: str | None, config: Any, catalog: Catalog
    ) -> Decided[ClusterPlan]:
        hall = SECTION.of(settings).hall
        yield Chosen("cluster.rented.version", "1.35", "what the servers run")
        yield Assumption("cluster.rented", f"hall {hall} has servers left; nothing was read from it")
        return ClusterPlan(
            kind="rented", made=True, name=f"llm-{stack}", version="1.35", region=hall, zone_ids=HALLS[hall]
        )

    def bill(self, billed: Billed) -> Iterator[CostItem]:
        yield CostItem("management fee", FEE_USD, FEE_USD, FEE_USD)

    def price_note(self, billed: Billed) -> Decided[PriceNote]:
        yield from ()
        return PriceNote("traffic", "rents of hall north")

    def price_day(self, catalog: Catalog) -> str:
        return "rents of today"

    def quotas(self, cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> Iterator[Quota]:
        yield Quota("R-1", "Servers", cluster.region or "", sum(pool.max for pool in pools.values()), "servers")

    def counts(self, node: Instance, capacity: str) -> tuple[str, int]:
        return "R-1", 1

    def provider(self, plan: Plan) -> Any:
        return pulumi.ProviderResource("rented", "rented", {})

    def make_site(self, plan: Plan, provider: Any, namespaces: Namespaces) -> Site:
        servers = Servers("cluster", hall=plan.cluster.region or "", pools=plan.pools, provider=provider)
        opts = pulumi.ResourceOptions(provider=servers.provider)
        pools = {name: (pool,) for name, pool in servers.pools.items()}
        return Site(opts, pools=pools, addons=make_addons(plan, namespaces, opts=opts))
