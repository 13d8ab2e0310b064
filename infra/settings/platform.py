"""The whole of `llm-platform:platform`."""

from typing import Literal

from pydantic import Field

from infra.services.addons.section import Addons
from infra.services.gateway.section import Gateway
from infra.services.serving.section import Models
from infra.services.weights.section import Cache
from infra.settings.cluster import Cluster, GpuPool, Namespace
from infra.settings.types import PoolName, Section


class Budget(Section):
    """What the platform may cost per month."""

    usd_per_month: float = Field(
        gt=0, description="US dollars per month; a plan whose bill is higher is refused", examples=[30000]
    )
    of: Literal["max", "expected", "min"] = Field(
        default="max",
        description="which bill is compared: the maximum (pools at their maxima), the expected one, or the minimum",
    )


class Prices(Section):
    """Your own price table (a CSV of instance_type,usd_per_hour), and a discount on what the cloud lists."""

    table: str | None = Field(
        default=None,
        min_length=1,
        description="path of a CSV file with the columns instance_type,usd_per_hour, from the project's folder",
        examples=["stacks/prices.csv"],
    )
    discount_percent: float = Field(
        default=0,
        ge=0,
        lt=100,
        description="off every price that the cloud lists, spot too; those of `table` are billed as they stand there",
        examples=[15],
    )


# What a stack has once and `diff` guards: the EKS cluster, its VPC, what holds the weights (file system,
# bucket, claim), the Kubernetes provider, the system nodes. A GPU pool is guarded by its own name.
GUARDED = ("cluster", "network", "cache", "kubernetes", "systemNodes")


class Allow(Section):
    """Guarded changes that one pull request may make."""

    replace: tuple[str, ...] = Field(
        default=(), description=f"what may be replaced: a pool's name, {', '.join(GUARDED)}", examples=[["l4"]]
    )
    remove: tuple[str, ...] = Field(
        default=(), description=f"what may be removed: a pool's name, {', '.join(GUARDED)}", examples=[["l4"]]
    )


class Mirror(Section):
    """Copies of what is downloaded. A chart folder holds `<chart>-<version>.tgz`."""

    charts: str | None = Field(
        default=None,
        min_length=1,
        description="where Helm charts come from: a folder of the project with <chart>-<version>.tgz files, or a URL",
        examples=["charts"],
    )


class Settings(Section):
    """What the user says. Only `cluster` and `models` are needed."""

    cluster: Cluster = Field(
        description="where the models run: a new EKS cluster, or one that exists",
        examples=[{"create": {"version": "1.35"}}],
    )
    namespace: Namespace = Field(
        default=Namespace(), description="the Kubernetes namespace of the models", examples=[{"name": "llm"}]
    )
    gpu_pools: dict[PoolName, GpuPool] = Field(
        default={},
        description="GPU nodes, by a name that you choose; when absent, the program makes pools for the models",
        examples=[{"l4": {"instanceTypes": ["g6.xlarge"]}}],
    )
    models: Models = Field(description="what is served, by the name that applications send as `model`")
    addons: Addons = Field(
        default=Addons(), description="cluster-wide software that models need", examples=[{"metricsServer": "disabled"}]
    )
    cache: Cache | None = Field(
        default=None,
        description="where the weights of the models are kept; chosen when absent",
        examples=[{"kind": "efs"}],
    )
    gateway: Gateway | None = Field(
        default=None,
        description="URLs for calls from outside the cluster; without it, only pods in the cluster reach the models",
        examples=[{"domain": "llm.example.com"}],
    )
    budget: Budget | None = Field(
        default=None, description="the limit of the bill; a plan above it is refused", examples=[{"usdPerMonth": 30000}]
    )
    prices: Prices = Field(
        default=Prices(),
        description="what instances cost you, where it differs from the cloud's list",
        examples=[{"discountPercent": 15}],
    )
    allow: Allow = Field(
        default=Allow(), description="guarded changes that this pull request may make", examples=[{"replace": ["l4"]}]
    )
    mirror: Mirror = Field(
        default=Mirror(), description="your copies of what is downloaded", examples=[{"charts": "charts"}]
    )
    tags: dict[str, str] = Field(
        default={}, description="tags for every AWS resource", examples=[{"team": "ml-platform"}]
    )
    protect: bool = Field(
        default=False,
        description="true: `pulumi up` refuses to delete the cluster and what holds data",
        examples=[True],
    )
