"""When a model on the CPU gets another replica: by the CPU that its replicas use.

Its engine says nothing of its requests. Its memory says nothing either: weights and context are there at any load.
"""

from collections.abc import Iterator

from infra.plan.models import Scaling
from infra.plan.pods import PodScaling
from infra.plan.schedule import Schedule
from infra.plan.words import duration
from infra.services.serving.placed import Placed
from infra.services.serving.pods import server_resources

SHARE = 0.8  # of the CPU that a replica asks for, before it computes all the time
_STEP = 1
_LONGEST = 3600  # seconds, of a HorizontalPodAutoscaler


def cpu_of(placed: Placed) -> float | None:
    """Cores per replica in the mean, above which there is another one. None: it isn't on the CPU, or has one replica
    at most."""
    served = placed.served
    return round(SHARE * server_resources(placed).cpu, 3) if served.cpu and served.replicas.max > 1 else None


def plan_pod_scaling(placed: Placed, keep_seconds: int, schedule: Schedule | None) -> PodScaling | None:
    asked, replicas, cpu = placed.served.asked, placed.served.replicas, cpu_of(placed)
    if cpu is None or schedule or not 1 <= asked.min < asked.max:
        return None
    return PodScaling(replicas.min, replicas.max, cpu, None, _STEP, min(keep_seconds, _LONGEST))


def say_pods(pods: PodScaling | None, scaling: Scaling | None) -> Iterator[str]:
    """By Kubernetes' own autoscaler, or by KEDA, which reads the same number."""
    if pods is not None:
        yield f"{_say_cpu(pods.cpu)}; one goes {duration(pods.keep_seconds)} after it was last needed"
    elif scaling is not None and scaling.cpu is not None:
        yield _say_cpu(scaling.cpu)


def _say_cpu(cpu: float) -> str:
    return (
        f"another replica above {cpu:g} CPU per replica in the mean, {SHARE:.0%} of what it asks for, as metrics-server"
        " measures; a request that is computed may use more, so that one after the other is enough for a second"
        " replica. Memory says nothing: weights and context are there at any load"
    )
