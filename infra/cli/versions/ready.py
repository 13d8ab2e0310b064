"""Whether replicas are ready, as the cluster says: a scaler starts them, for which `pulumi up` doesn't wait."""

from time import sleep

from infra.cli.client import NotApplied
from infra.cli.versions.growing import Growth
from infra.live.cluster import ReachedCluster
from infra.live.commands import NotRead
from infra.plan.plan import Plan
from infra.plan.words import count, minutes

_EVERY = 10  # seconds


def wait_until_ready(cluster: ReachedCluster, plan: Plan, grows: Growth) -> None:
    """For as long as the plan's slowest start of all of them may take. Raises NotApplied."""
    longest = plan.models[grows.server].timeouts.rollout
    ready = 0
    for _ in range(0, longest, _EVERY):
        ready = _ready(cluster, plan, grows.server)
        if ready >= grows.replicas:
            return
        sleep(_EVERY)
    why = f"{ready} of {count(grows.replicas, 'replica')} of {grows.server} are ready after {minutes(longest)}"
    raise NotApplied(f"{why}, so no request was moved", looked_at(plan, grows), code=3)


def looked_at(plan: Plan, grows: Growth) -> list[str]:
    return ["llm-platform", "status", plan.stack, plan.models[grows.server].sent_as]


def _ready(cluster: ReachedCluster, plan: Plan, server: str) -> int:
    try:
        found = cluster.get("deployment", server, plan.settings.namespace.name)
    except NotRead:  # an API server that doesn't answer for a moment is asked again
        return 0
    return ((found or {}).get("status") or {}).get("readyReplicas") or 0
