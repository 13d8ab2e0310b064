"""The whole of `llm-platform:platform`."""

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from infra.settings.cluster import Cluster, GpuPool, Namespace
from infra.settings.model import Models
from infra.settings.prometheus_login import PrometheusLogin
from infra.settings.types import (
    CertificateArn,
    Cidr,
    Domain,
    HttpUrl,
    NamespaceName,
    ObjectName,
    OneWord,
    PoolName,
    Section,
    Short,
    Size,
    WebAclArn,
)


class ExistingAddon(Section):
    """Where an add-on is that somebody else runs."""

    url: HttpUrl | None = Field(default=None, description="Prometheus: the address that KEDA asks")
    auth: PrometheusLogin | None = Field(
        default=None,
        description="Prometheus: how KEDA logs in",
        examples=[{"bearerSecret": {"name": "prometheus-login"}}],
    )
    monitor_labels: dict[str, str] | None = Field(
        default=None,
        description="Prometheus: labels without which it ignores a ServiceMonitor; {}: it takes every one",
        examples=[{"release": "kube-prom"}],
    )
    namespace: NamespaceName | None = Field(
        default=None, description="where it runs, for the NetworkPolicies", examples=["monitoring"]
    )

    @property
    def of_prometheus(self) -> bool:
        """Whether it says what only a Prometheus has."""
        return (self.url, self.auth, self.monitor_labels) != (None, None, None)


class Addon(Section):
    """`install`, `existing`, `disabled`, or `{existing: {...}}`."""

    state: Literal["install", "existing", "disabled"] | None = None
    existing: ExistingAddon | None = Field(
        default=None, description="what exists", examples=[{"namespace": "monitoring"}]
    )

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> Any:
        return self.state or handler(self)


AddonChoice = Annotated[Addon, OneWord, Short({"enum": ["install", "existing", "disabled"]})]


class Addons(Section):
    """Cluster-wide software. Default: install on a cluster that we create, existing on one that exists."""

    nvidia_device_plugin: AddonChoice = Field(default=Addon(), description="makes GPUs schedulable")
    cluster_autoscaler: AddonChoice = Field(default=Addon(), description="makes and removes nodes of the GPU pools")
    metrics_server: AddonChoice = Field(default=Addon(), description="kubectl top")
    keda: AddonChoice = Field(default=Addon(), description="scales models on their queue")
    prometheus: AddonChoice = Field(default=Addon(), description="where KEDA reads the queue")
    load_balancer_controller: AddonChoice = Field(default=Addon(), description="makes the ALB of a gateway")


class Cache(Section):
    """Where the weights are kept."""

    kind: Literal["efs", "ebs", "storageClass"] = Field(
        description="efs: every replica reads it; ebs: one replica; storageClass: a claim on a class of the cluster",
        examples=["efs"],
    )
    storage_class: ObjectName | None = Field(
        default=None, description="with kind storageClass; the cluster's default when absent", examples=["efs-sc"]
    )
    size: Size | None = Field(default=None, description="of the claim; EFS has none; chosen when absent")


class Gateway(Section):
    """One host a model, `<model>.<domain>`. Absent: no Ingress."""

    domain: Domain = Field(description="a model is at https://<model>.<domain>/v1", examples=["llm.example.com"])
    visibility: Literal["internal", "public"] = Field(default="internal", description="public: from the internet")
    certificate_arn: CertificateArn | None = Field(default=None, description="ACM certificate for *.<domain>; ALB only")
    tls_secret: ObjectName | None = Field(
        default=None, description="Secret with the certificate for *.<domain>; not with ALB", examples=["llm-tls"]
    )
    ingress_class: ObjectName | None = Field(default=None, description="alb on EKS when absent", examples=["nginx"])
    namespace: NamespaceName | None = Field(
        default=None,
        description="where the Ingress controller runs, for the NetworkPolicies; nginx: ingress-nginx when absent",
        examples=["ingress-nginx"],
    )
    inbound_cidrs: tuple[Cidr, ...] = Field(
        default=(),
        description="who may call; everybody whom the visibility lets near when absent; ALB only",
        examples=[["10.0.0.0/8"]],
    )
    waf_acl_arn: WebAclArn | None = Field(
        default=None, description="web ACL of AWS WAF that filters requests; ALB only, and in its region"
    )
    annotations: dict[str, str] = Field(
        default={},
        description="more annotations of each Ingress",
        examples=[{"alb.ingress.kubernetes.io/tags": "team=ml"}],
    )
    timeout_seconds: int = Field(default=300, ge=1, le=4000, description="how long an answer may take", examples=[300])


class Budget(Section):
    """What a month may cost."""

    usd_per_month: float = Field(gt=0, description="US dollars", examples=[30000])
    of: Literal["max", "expected", "min"] = Field(
        default="max",
        description="which bill is compared: the maximum (pools at their maxima), the expected one, or the minimum",
    )


class Prices(Section):
    """A price table of one's own (a CSV of instance_type,usd_per_hour), and a discount on every price."""

    table: str | None = Field(
        default=None, min_length=1, description="a CSV of instance_type,usd_per_hour", examples=["prices.csv"]
    )
    discount_percent: float = Field(default=0, ge=0, lt=100, description="off every price", examples=[15])


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
        default=None, min_length=1, description="a folder beside the program, or a URL", examples=["charts"]
    )


class Settings(Section):
    """What the user says. Only `cluster` and `models` are needed."""

    cluster: Cluster = Field(
        description="where: a new EKS cluster, or one that exists", examples=[{"create": {"version": "1.35"}}]
    )
    namespace: Namespace = Field(default=Namespace(), description="of the models' objects", examples=[{"name": "llm"}])
    gpu_pools: dict[PoolName, GpuPool] = Field(
        default={},
        description="GPU nodes; made for the models when absent",
        examples=[{"l4": {"instanceTypes": ["g6.xlarge"]}}],
    )
    models: Models = Field(description="what is served, by the name that applications send")
    addons: Addons = Field(
        default=Addons(), description="cluster-wide software", examples=[{"metricsServer": "disabled"}]
    )
    cache: Cache | None = Field(
        default=None, description="where the weights are kept; chosen when absent", examples=[{"kind": "efs"}]
    )
    gateway: Gateway | None = Field(
        default=None, description="URLs outside the cluster", examples=[{"domain": "llm.example.com"}]
    )
    budget: Budget | None = Field(
        default=None, description="a plan above it is refused", examples=[{"usdPerMonth": 30000}]
    )
    prices: Prices = Field(default=Prices(), description="what instances cost you", examples=[{"discountPercent": 15}])
    allow: Allow = Field(
        default=Allow(), description="guarded changes, for one pull request", examples=[{"replace": ["l4"]}]
    )
    mirror: Mirror = Field(
        default=Mirror(), description="copies of what is downloaded", examples=[{"charts": "charts"}]
    )
    tags: dict[str, str] = Field(
        default={}, description="tags of every AWS resource", examples=[{"team": "ml-platform"}]
    )
    protect: bool = Field(default=False, description="guards what holds data and the cluster", examples=[True])
