"""Where models run, as the components that serve them need to know it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.addons import Addons
from components.bucket_access import BucketAccess
from components.model_cache import Disk, Volume
from infra.models.places import BUCKET_KEYS, Bucket
from infra.plan.labels import bucket_secret
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan

# The plan, the model's name, its bucket, what has to be there first -> what its pods may read it with.
ReadBucket = Callable[[Plan, str, Bucket, Sequence[pulumi.Resource]], BucketAccess]

_PRIVATE_ADDRESSES = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
)  # RFC 1918: where a load balancer of a private network sends from


def _by_secret(plan: Plan, model: str, bucket: Bucket, after: Sequence[pulumi.Resource]) -> BucketAccess:
    """Keys that a person puts into a Secret."""
    return BucketAccess(secret=bucket_secret(model), keys=BUCKET_KEYS)


@dataclass(frozen=True)
class Mount:
    """By which the pods of one server read a bucket as files."""

    claim: str
    service_account: str  # whose rights the mount has
    after: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True)
class BucketCache:
    """The bucket that is the cache."""

    # The plan, the model, what has to be there first -> what its pods read its weights and keep what they compile with.
    read: Callable[[Plan, ModelPlan, Sequence[pulumi.Resource]], BucketAccess]
    # The plan, the model's name, the prefixes of its files, cores and GiB for what mounts it, what has to be there
    # first -> what its pods mount.
    mount: Callable[[Plan, str, Sequence[str], tuple[float, float], Sequence[pulumi.Resource]], Mount]
    # The plan, what has to be there first -> what its downloads fill it with.
    fill: Callable[[Plan, Sequence[pulumi.Resource]], BucketAccess]


@dataclass(frozen=True)
class Site:
    """What the components that serve models need to know about the place where they run."""

    opts: pulumi.ResourceOptions  # the Kubernetes provider
    ready: Sequence[pulumi.Resource] = ()  # nodes, names and volumes that pods wait for
    pools: Mapping[str, Sequence[pulumi.Resource]] = field(default_factory=dict)  # what makes the nodes of each
    addons: Addons | None = None
    load_balancer_cidrs: Sequence[pulumi.Input[str]] = _PRIVATE_ADDRESSES
    volume: Volume | Disk | None = None  # what the claim of the weights is bound to; None: a storage class decides
    read_bucket: ReadBucket = _by_secret
    bucket_cache: BucketCache | None = None
    # Annotations of a route for the cloud's own load balancer, by the model's health path.
    annotations: Callable[[Plan, str], Mapping[str, pulumi.Input[str]]] = lambda plan, health_path: {}

    @property
    def operators(self) -> list[pulumi.Resource]:
        """The add-ons that are installed before what they serve, and removed after it."""
        return self.addons.installed if self.addons else []
