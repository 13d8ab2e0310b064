"""What a pool is to Karpenter: kinds of capacity in its own order, an image by its release."""

from collections.abc import Iterator, Mapping

from infra.clouds.aws.drain import NODE_UPDATE_SECONDS
from infra.clouds.aws.plan import AwsCluster
from infra.plan.notes import Assumption, Finding, Step, ToDo
from infra.plan.pools import PoolPlan
from infra.plan.words import count
from infra.settings.capacity import Kind

# website/content/en/docs/concepts/nodepools.md of aws/karpenter-provider-aws, v1.14, read 2026-11-27: it "will
# prioritize reserved capacity, followed by spot, then finally on-demand". A Capacity Block is reserved capacity too
# (tasks/odcrs.md there).
ORDER: tuple[str, ...] = ("reserved", "spot", "on-demand")
_KINDS = {"reservation": "reserved", "block": "reserved"}
IDLE_SECONDS = 600  # a node without a pod then ends: the autoscaler's default, with which the bill counts
LAUNCH = "launch-karpenter"  # its row in cold_start.toml


def capacity_type(kind: Kind | str) -> str:
    """As the label karpenter.sh/capacity-type has it."""
    return _KINDS.get(kind, kind)


def capacity_types(pool: PoolPlan) -> tuple[str, ...]:
    wanted = {capacity_type(kind) for kind in pool.kinds}
    return tuple(each for each in ORDER if each in wanted)


def ami_alias(release: str, *, bottlerocket: bool = False) -> str:
    """By an alias Karpenter finds the AMI of the cluster's own version. A release is VERSION-DATE, where the version is
    that of Kubernetes; of Bottlerocket VERSION-COMMIT, where it is its own."""
    version, _, day = release.rpartition("-")
    return f"bottlerocket@v{version}" if bottlerocket else f"al2023@v{day}"


def leave_seconds(end: int) -> int:
    """What the pods of a node have to leave it: while a disruption budget holds them, as long as EKS waits at an update
    of a node group; then `end` seconds, the longest that one may take."""
    return NODE_UPDATE_SECONDS + end


def list_karpenter(cluster: AwsCluster, pools: Mapping[str, PoolPlan]) -> Iterator[Finding]:
    """What Karpenter needs in the account, and how exactly it holds what the plan counts with."""
    ours = {name: pool for name, pool in pools.items() if not pool.existing}
    if not cluster.karpenter or not ours:
        return
    path = "cluster.create.nodeScaler"
    if any("spot" in pool.kinds for pool in ours.values()):
        yield ToDo(
            path,
            "Karpenter asks for spot nodes itself, and may not make the role that an account needs once for them:"
            " `aws iam create-service-linked-role --aws-service-name spot.amazonaws.com`; where the account had spot"
            " instances before, it says that the role has been taken",
            Step.ACCOUNT,
        )
    highest = ", ".join(f"{name} {count(pool.max * pool.gpus_per_node, 'GPU')}" for name, pool in ours.items())
    yield Assumption(
        path,
        f"Karpenter stops at a pool's maximum, which it counts in GPUs ({highest}); its documentation calls this check"
        " eventually consistent: when many pods come at once, it may start nodes above it for a moment, which bill and"
        f" quotas don't count. It ends a node {IDLE_SECONDS // 60} minutes after its last pod, and moves no running pod"
        " to save one",
    )
