"""When KEDA adds a replica, and when a model sleeps."""

from collections.abc import Iterator

from infra.plan.models import ColdStart, Scaling
from infra.plan.schedule import Schedule
from infra.plan.words import minutes
from infra.services.serving.cold_start import half_minutes_up
from infra.services.serving.placed import Placed
from infra.services.serving.pod_scaling import cpu_of
from infra.services.serving.section import Model
from infra.services.serving.signals import Signals, signals_of
from infra.sizing.estimates import Throughput

POLLING_SECONDS = 15
MIN_COOLDOWN = 300
CONFIRMED_SECONDS = 60  # for which more replicas are asked for before they start
WAKING = 2 * POLLING_SECONDS + 5  # until Prometheus reads it, KEDA asks, and Envoy has found the pod: at most


def cooldown(start: ColdStart) -> int:
    """Seconds for which a replica is kept after it was last needed."""
    return half_minutes_up(max(MIN_COOLDOWN, start.seconds))


def plan_scaling(placed: Placed, start: ColdStart, schedule: Schedule | None, made: Throughput) -> Scaling | None:
    """None where the number of replicas is fixed, or nothing is measured and no schedule says it. A model with a
    minimum of 0 wakes and sleeps by what the gateway measures, whatever its engine does."""
    served = placed.served
    asked, sleeps = served.asked, served.asked.min == 0
    signals = signals_of(placed, made)
    if asked.min == asked.max or not (signals.waiting or sleeps or schedule):
        return None
    given = served.settings.scaling.requests_per_replica if served.settings.scaling else None
    return Scaling(
        in_flight=signals.in_flight,
        kept=signals.kept,
        waiting=signals.waiting,
        cache=signals.cache,
        held=(signals.in_flight or given or served.question.concurrency) if sleeps else None,
        held_seconds=_held(served.settings, start) if sleeps and not served.settings.paused else 0,
        wakes_seconds=wakes(start) if sleeps else 0,
        polling_seconds=POLLING_SECONDS,
        cooldown_seconds=cooldown(start),
        # Without an answer of Prometheus KEDA starts no replica, but a model that sleeps wakes: nothing else would.
        fallback_replicas=max(served.replicas.min, 1),
        reasons=() if served.settings.paused else tuple(_reasons(start, signals, sleeps=sleeps, several=asked.max > 1)),
        cpu=None if sleeps else cpu_of(placed),  # what the gateway counts says it sooner
    )


def _reasons(start: ColdStart, signals: Signals, *, sleeps: bool, several: bool) -> Iterator[str]:
    """`several`: there can be another replica than the first."""
    kept = cooldown(start)
    if several:
        yield from signals.reasons
    if several and signals.waiting:
        yield (
            f"scaling: a new replica takes {start.seconds} s, so at most twice as many start within {kept} s, and one"
            f" is kept for {2 * kept} s after it was last needed; without an answer of Prometheus the number stays"
        )
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
