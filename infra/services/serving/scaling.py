"""When KEDA adds a replica."""

from infra.plan.models import ColdStart, Scaling
from infra.services.serving.cold_start import half_minutes_up
from infra.services.serving.placement import Placed

WAITING = 5  # requests in the queue of a replica: what a public production stack uses
RUNNING_SHARE = 0.8  # of the batch, so that a new replica answers before the batch is full
POLLING_SECONDS = 15
MIN_COOLDOWN = 300


def plan_scaling(placed: Placed, start: ColdStart) -> Scaling | None:
    """None where the number of replicas is fixed, or the engine has no metrics."""
    served = placed.served
    if served.replicas.min == served.replicas.max or not served.question.engine.is_measured or placed.sized is None:
        return None
    batch = placed.sized.arguments.max_num_seqs
    running = max(1, int(batch * RUNNING_SHARE)) if batch else None  # None: nobody knows its batch
    or_running = f", or {running} running of a batch of {batch}" if running else ""
    cooldown = half_minutes_up(max(MIN_COOLDOWN, start.seconds))
    return Scaling(
        waiting=WAITING,
        running=running,
        polling_seconds=POLLING_SECONDS,
        cooldown_seconds=cooldown,
        fallback_replicas=served.replicas.min,  # without an answer of Prometheus, KEDA starts no replica
        reason=f"{WAITING} requests waiting{or_running}, a replica;"
        f" a new one takes {start.seconds} s, so one is kept for {cooldown} s after it was last needed",
    )
