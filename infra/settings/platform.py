"""The whole of `llm-platform:platform`."""

from typing import Literal

from pydantic import Field

from infra.services.addons.section import Addons
from infra.services.external.section import External
from infra.services.gateway.section import Gateway
from infra.services.serving.section import Models
from infra.services.weights.section import Cache
from infra.settings.cluster import Cluster, GpuPool, Namespace
from infra.settings.types import ModelName, PoolName, Section


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
    """Your own price table (a CSV file of instance_type,usd_per_hour), and a discount on the cloud's list prices."""

    table: str | None = Field(
        default=None,
        min_length=1,
        description="path of a CSV file with the columns instance_type,usd_per_hour, relative to the project's folder",
        examples=["stacks/prices.csv"],
    )
    discount_percent: float = Field(
        default=0,
        ge=0,
        lt=100,
        description="percent taken off each price of the cloud's list, spot prices included, but not off prices of"
        " `table`",
        examples=[15],
    )


# What `diff` guards and a stack has only one of: the EKS cluster, its VPC, what stores the weights (file system,
# bucket, claim), the Kubernetes provider, the system nodes. A GPU pool is guarded under its own name.
GUARDED = ("cluster", "network", "cache", "kubernetes", "systemNodes")


class Allow(Section):
    """Guarded resources that one pull request may replace or remove."""

    replace: tuple[str, ...] = Field(
        default=(),
        description=f"what this pull request may replace: names of pools, {', '.join(GUARDED)}",
        examples=[["l4"]],
    )
    remove: tuple[str, ...] = Field(
        default=(),
        description=f"what this pull request may remove: names of pools, {', '.join(GUARDED)}",
        examples=[["l4"]],
    )


class Mirror(Section):
    """Your own copies of downloads. A folder of charts contains `<chart>-<version>.tgz` files."""

    charts: str | None = Field(
        default=None,
        min_length=1,
        description="where Helm charts come from: a folder of the project with <chart>-<version>.tgz files, or a URL",
        examples=["charts"],
    )


class Settings(Section):
    """The settings of a stack. Only `cluster` and `models` are required."""

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
    models: Models = Field(description="the models that are served, by the name that applications send as `model`")
    addons: Addons = Field(
        default=Addons(), description="cluster-wide software that models need", examples=[{"metricsServer": "disabled"}]
    )
    cache: Cache | None = Field(
        default=None,
        description="where the weights of the models are kept; chosen when absent",
        examples=[{"kind": "efs"}],
    )
    external: dict[ModelName, External] = Field(
        default={},
        description="models that somebody else hosts, by the name that applications send as `model`: prompts for them"
        " leave the network, and without this section nothing does",
        examples=[
            {
                "gpt": {
                    "baseUrl": "https://api.openai.com/v1",
                    "model": "gpt-4.1-mini",
                    "keySecret": "externalKey-openai",
                }
            }
        ],
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
        description="what you pay for instances, if it differs from the cloud's list",
        examples=[{"discountPercent": 15}],
    )
    allow: Allow = Field(
        default=Allow(),
        description="guarded resources that this pull request may replace or remove",
        examples=[{"replace": ["l4"]}],
    )
    mirror: Mirror = Field(
        default=Mirror(),
        description="where downloads come from, if you have your own copies",
        examples=[{"charts": "charts"}],
    )
    tags: dict[str, str] = Field(
        default={}, description="tags for every AWS resource", examples=[{"team": "ml-platform"}]
    )
    protect: bool = Field(
        default=False,
        description="true: `pulumi up` refuses to delete the cluster and whatever stores data",
        examples=[True],
    )
