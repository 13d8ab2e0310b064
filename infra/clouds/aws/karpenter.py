"""What a pool is to Karpenter: kinds of capacity in its own order, an image by its release."""

from infra.clouds.aws.drain import NODE_UPDATE_SECONDS
from infra.plan.cluster import PoolPlan
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


def ami_alias(release: str) -> str:
    """By an alias Karpenter finds the AMI of the cluster's own version; a release is VERSION-DATE."""
    return f"al2023@v{release.rpartition('-')[2]}"


def leave_seconds(end: int) -> int:
    """What the pods of a node have to leave it: while a disruption budget holds them, as long as EKS waits at an update
    of a node group; then `end` seconds, the longest that one may take."""
    return NODE_UPDATE_SECONDS + end
