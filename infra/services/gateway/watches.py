"""The files that an Envoy reads again when they change: it takes an inotify instance of the node for each, and ends
where it gets none."""

from collections.abc import Iterator

from infra.plan.cluster import ClusterPlan
from infra.plan.gateway import TrafficPlan
from infra.plan.notes import Finding, Step, ToDo
from infra.services.gateway.envoy.fallback import with_fallback

_OF_EVERY_GATEWAY = 3  # clients, clusters, listeners
_OF_TLS = 2  # the file that names the certificate, and the folder of the certificate
_ALLOWED = 128  # per user of a node, by Linux's default; EKS's AMI allows 8,192 (amazon-eks-ami, pull request 614)


def watched(traffic: TrafficPlan) -> int:
    """What one Envoy watches."""
    own = len(traffic.permissions) + len(list(with_fallback(traffic))) + len(traffic.externals)
    return _OF_EVERY_GATEWAY + own + (_OF_TLS if traffic.tls_secret is not None else 0)


def list_watched(traffic: TrafficPlan, cluster: ClusterPlan) -> Iterator[Finding]:
    """On nodes that others make. In a rollout each pod may have a successor beside it, all of them on one node."""
    files, pods = watched(traffic), 2 * traffic.max_replicas
    if cluster.made or files * pods <= _ALLOWED:
        return
    yield ToDo(
        "gateway.clients",
        f"each pod of the gateway watches {files} files, each by an inotify instance, of which Linux allows {_ALLOWED}"
        f" per user of a node unless it is set; {pods} of these pods may be on one node in a rollout, and an Envoy that"
        f" gets no instance ends: `sysctl fs.inotify.max_user_instances` has to say at least {_enough(files * pods)} on"
        " the nodes, or give more clients the same `models`",
        Step.NODES,
    )


def _enough(number: int) -> int:
    """The next power of two, with room for other pods of the same user."""
    return 1 << number.bit_length()
