"""The whole of `llm-platform:platform`."""

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.cluster import Cluster, GpuPool, Namespace
from infra.settings.model import Models
from infra.settings.types import CertificateArn, Domain, HttpUrl, ObjectName, OneWord, PoolName, Section, Size


class ExistingAddon(Section):
    """Where an add-on is that somebody else runs."""

    url: HttpUrl | None = Field(None, description="Prometheus: the address that KEDA asks")
    monitor_labels: dict[str, str] = Field({}, description="Prometheus: labels without which it ignores a ServiceMonitor")
    namespace: str | None = Field(None, description="where it runs, for the NetworkPolicies")


class Addon(Section):
    """`install`, `existing`, `disabled`, or `{existing: {...}}`."""

    state: Literal["install", "existing", "disabled"] | None = None
    existing: ExistingAddon | None = None


AddonChoice = Annotated[Addon, OneWord]


class Addons(Section):
    """Cluster-wide software. Default: install on a cluster that we create, existing on one that exists."""

    nvidia_device_plugin: AddonChoice = Addon()
    cluster_autoscaler: AddonChoice = Addon()
    metrics_server: AddonChoice = Addon()
    keda: AddonChoice = Addon()
    prometheus: AddonChoice = Addon()
    load_balancer_controller: AddonChoice = Addon()


class Cache(Section):
    """Where the weights are kept."""

    kind: Literal["efs", "ebs", "storageClass"]
    storage_class: ObjectName | None = None
    size: Size | None = None


class Gateway(Section):
    """One host a model, `<model>.<domain>`. Absent: no Ingress."""

    domain: Domain
    visibility: Literal["internal", "public"] = "internal"
    certificate_arn: CertificateArn | None = None
    tls_secret: ObjectName | None = None
    ingress_class: ObjectName | None = None
    annotations: dict[str, str] = {}
    timeout_seconds: int = Field(300, ge=1, le=4000)


class Budget(Section):
    """What a month may cost."""

    usd_per_month: float = Field(gt=0, examples=[30000])
    of: Literal["most", "least"] = "most"


class Prices(Section):
    """A price table of one's own (a CSV of instance_type,usd_per_hour), and a discount on every price."""

    table: str | None = None
    discount_percent: float = Field(0, ge=0, lt=100)


class Allow(Section):
    """Guarded changes that one pull request may make."""

    replace: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class Mirror(Section):
    """Copies of what is downloaded. A chart folder holds `<chart>-<version>.tgz`."""

    charts: str | None = None


class Settings(Section):
    """What the user says. Only `cluster` and `models` are needed."""

    cluster: Cluster
    namespace: Namespace = Namespace()
    gpu_pools: dict[PoolName, GpuPool] = {}
    models: Models
    addons: Addons = Addons()
    cache: Cache | None = None
    gateway: Gateway | None = None
    budget: Budget | None = None
    prices: Prices = Prices()
    allow: Allow = Allow()
    mirror: Mirror = Mirror()
    tags: dict[str, str] = {}
    protect: bool = False
