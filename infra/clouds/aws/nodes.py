"""The nodes of a pool: their image, their disks, and the label that the autoscaler waits for."""

from collections.abc import Iterator
from dataclasses import replace

from infra.catalog import Catalog
from infra.clouds.aws.disks import AMI_GIB, root_gib
from infra.plan.labels import GPU_LABEL
from infra.plan.models import SERVER_SCRATCH_GIB
from infra.plan.notes import Assumption, Finding
from infra.plan.pools import PoolPlan
from infra.settings.cluster import GpuPool
from infra.settings.platform import Settings

BOTTLEROCKET = "bottlerocket"  # a value of `gpuPools.NAME.os`
# A tag of the node groups that we make on a cluster of somebody else. EKS gives the tags by which autoscalers find
# groups to each node group of a cluster: one that we install sees only those with this tag.
OWN_TAG = "llm-platform/cluster-autoscaler"
# NVIDIA's GPU operator runs nothing on a node on which it is "false" (its page Installing the NVIDIA GPU Operator).
NO_OPERANDS = "nvidia.com/gpu.deploy.operands"
AMI_TYPES = {"al2023": "AL2023_x86_64_NVIDIA", BOTTLEROCKET: "BOTTLEROCKET_x86_64_NVIDIA"}
# gp3: 3,000 IOPS are in its price and allow 750 MiB/s; an image unpacks at the disk's speed where there is no NVMe.
ROOT_IOPS = 3000
THROUGHPUT_WITH_NVME, THROUGHPUT_WITHOUT = 125, 600
ROOT_WITH_NVME_GIB = 50
BOTTLEROCKET_GIB = 4  # its own disk: Karpenter's default (pkg/providers/amifamily/bottlerocket.go, v1.14)
WEIGHTS_STEP_GIB = 50  # so that another model seldom replaces the nodes
# The part of a disk's nominal size that pods can use; file system and the kubelet's eviction threshold take the rest.
USABLE = 0.85
# From Hopper on, MIG's mode needs no reset of the GPU (NVIDIA's MIG User Guide, "Enable MIG Mode").
_MIG_WITHOUT_RESET = 9.0


def furnished(pool: PoolPlan, catalog: Catalog) -> PoolPlan:
    """The pool with image, disks and labels. Container images and scratch space of pods are on the root disk, unless
    the nodes have NVMe disks for them."""
    nvme = all(each.nvme_gb for each in pool.types) and not pool.warm_pool  # a stop empties them
    scratch = SERVER_SCRATCH_GIB * pool.gpus_per_node + -(-pool.weights_gib // WEIGHTS_STEP_GIB) * WEIGHTS_STEP_GIB
    root = ROOT_WITH_NVME_GIB if nvme else root_gib(catalog, scratch_gib=scratch)
    smallest_nvme_gib = min(each.nvme_gb for each in pool.types) * 1e9 / 2**30
    rocket = pool.os == BOTTLEROCKET
    # It has its own device plugin; NVIDIA's chart and dcgm-exporter, which end there as they start, ask for this label.
    labels = {key: value for key, value in pool.selector.items() if not (rocket and key == GPU_LABEL)}
    if rocket:
        labels[NO_OPERANDS] = "false"
    return replace(
        pool,
        ami_type=AMI_TYPES[pool.os or "al2023"],
        os_gib=BOTTLEROCKET_GIB if rocket else 0,
        root_gib=root,
        root_iops=ROOT_IOPS,
        root_throughput=THROUGHPUT_WITH_NVME if nvme else THROUGHPUT_WITHOUT,
        nvme=nvme,
        launch="launch-warm" if pool.warm_pool else pool.launch,
        ephemeral_gib=int((smallest_nvme_gib if nvme else root - AMI_GIB) * USABLE),
        selector={**labels, "k8s.amazonaws.com/accelerator": pool.card.lower()},
    )


def say_cut(pool: PoolPlan, catalog: Catalog) -> Iterator[Finding]:
    if pool.sharing is None or pool.sharing.mig is None:
        return
    restarts = (catalog.gpus[pool.card].compute_capability or 0.0) < _MIG_WITHOUT_RESET
    restart = f", and restarts once, because {pool.card} takes MIG's mode only then" if restarts else ""
    yield Assumption(
        f"gpuPools.{pool.name}.sharing.mig",
        f"a new node cuts each {pool.card} into slices {pool.sharing.mig} before it joins{restart}; nobody has measured"
        " how long that takes, so it isn't in the cold starts",
    )


def with_own(pool: PoolPlan, settings: Settings) -> PoolPlan:
    """With what its own keys say of its node groups; one that the program makes by itself has the defaults."""
    own = settings.gpu_pools.get(pool.name) or GpuPool()
    return replace(pool, node_repair=own.node_repair, release=own.ami_release, placement=own.placement_group)


def minor_of(release: str) -> str:
    """The Kubernetes version of an AMI's release."""
    return ".".join(release.split(".")[:2])
