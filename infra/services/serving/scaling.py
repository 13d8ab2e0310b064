"""When KEDA adds a replica, and when a model sleeps."""

from collections.abc import Iterator

from infra.plan.models import ColdStart, Scaling
from infra.plan.schedule import Schedule
from infra.plan.words import minutes
from infra.services.serving.cold_start import half_minutes_up
from infra.services.serving.placement import Placed
from infra.services.serving.pod_scaling import cpu_of
from infra.services.serving.section import Model

WAITING = 5  # requests in the queue of a replica: what a public production stack uses
RUNNING_SHARE = 0.8  # of the batch, so that a new replica answers before the batch is full
POLLING_SECONDS = 15
MIN_COOLDOWN = 300
WAKING = 2 * POLLING_SECONDS + 5  # until Prometheus reads it, KEDA asks, and Envoy has found the pod: at most


def cooldown(start: ColdStart) -> int:
    """Seconds for which a replica is kept after it was last needed."""
    return half_minutes_up(max(MIN_COOLDOWN, start.seconds))


def plan_scaling(placed: Placed, start: ColdStart, schedule: Schedule | None) -> Scaling | None:
    """None where the number of replicas is fixed, or nothing is measured and no schedule says it. A model with a
    minimum of 0 wakes and sleeps by what the gateway measures, whatever its engine does."""
    served = placed.served
    low, sleeps = served.replicas.min, served.replicas.min == 0
    measured = served.question.engine.is_measured and placed.sized is not None
    if low == served.replicas.max or not (measured or sleeps or schedule):
        return None
    batch = placed.sized.arguments.max_num_seqs if placed.sized and measured else None
    running = max(1, int(batch * RUNNING_SHARE)) if batch else None  # None: nobody knows its batch
    return Scaling(
        waiting=WAITING if measured else None,
        running=running,
        held=(running or served.question.concurrency) if sleeps else None,
        held_seconds=_held(served.settings, start) if sleeps and not served.settings.paused else 0,
        wakes_seconds=wakes(start) if sleeps else 0,
        polling_seconds=POLLING_SECONDS,
        cooldown_seconds=cooldown(start),
        # Without an answer of Prometheus KEDA starts no replica, but a model that sleeps wakes: nothing else would.
        fallback_replicas=max(low, 1),
        cpu=None if sleeps else cpu_of(placed),  # what the gateway counts says it sooner
        reason="; ".join(_reasons(start, running, measured=measured, sleeps=sleeps)),
    )


def _reasons(start: ColdStart, running: int | None, *, measured: bool, sleeps: bool) -> Iterator[str]:
    kept = cooldown(start)
    if measured:
        or_running = f", or {running} running of a batch" if running else ""
        yield f"another replica for each {WAITING} requests waiting{or_running}"
        yield f"a new one takes {start.seconds} s, so one is kept for {kept} s after it was last needed"
    if sleeps:
        waits = minutes(wakes(start))
        yield f"{kept} s after the last request it has no replica; who comes then is held while one starts, {waits}"


def _held(model: Model, start: ColdStart) -> int:
    """Where the stack file says so, a request goes elsewhere before the model has started."""
    late = model.fallback.after_seconds if model.fallback is not None else None
    return min(held_for(start), late) if late is not None else held_for(start)


def wakes(start: ColdStart) -> int:
    """How long the first request to a sleeping model waits for its answer."""
    return start.seconds + WAKING


def held_for(start: ColdStart) -> int:
    """How long a request to a sleeping model is held: the slowest start, and the time until KEDA sees it (rule 5)."""
    return half_minutes_up(start.high + WAKING)
