"""Where AWS gives less time than a pod may take to end, and what makes that time shorter."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from infra.clouds.aws.load_balancer import ALB, LONGEST_DEREGISTRATION
from infra.plan.findings import warned
from infra.plan.gateway import TrafficPlan, Upstream
from infra.plan.notes import Advice, Finding, Warned, Write
from infra.plan.pools import PoolPlan
from infra.plan.way_in import GatewayPlan
from infra.plan.writes import written

# docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html: an update that isn't forced fails where a
# pod hasn't left its node after 15 minutes.
NODE_UPDATE_SECONDS = 900
_PATH = "gateway.timeoutSeconds"
_SHORTEST = 60  # seconds: no shorter timeout or wait is named


def warn_of_drain(
    gateway: GatewayPlan | None, pools: Iterable[PoolPlan], traffic: TrafficPlan, end: int, shortest: int
) -> Iterator[Finding]:
    """`end`: the seconds that a pod may take to end, with its last answers. `shortest`: a timeout below it would end
    ordinary answers, so none is named."""
    lowest = max(shortest, _SHORTEST)
    if end > NODE_UPDATE_SECONDS and any(pool.groups for pool in pools):
        message = (
            f"pods may take {end} s to end, and an EKS node group gives those of a node"
            f" {NODE_UPDATE_SECONDS // 60} minutes: an update of the group fails where they take longer, and a node"
            " that AWS moves to another zone ends with their answers"
        )
        yield _advised(warned(_PATH, message), traffic, end - NODE_UPDATE_SECONDS, lowest)
    answer = traffic.longest_seconds
    if gateway is not None and gateway.controller == ALB and answer > LONGEST_DEREGISTRATION:
        message = (
            f"an answer may take {answer} s with its wait for a server, and an ALB keeps the requests of an"
            f" Envoy that ends for {LONGEST_DEREGISTRATION} s at most: a longer one is cut when its Envoy is replaced"
        )
        yield _advised(warned(_PATH, message), traffic, answer - LONGEST_DEREGISTRATION, lowest)


def _advised(warning: Warned, traffic: TrafficPlan, over: int, lowest: int) -> Warned:
    ways = tuple(Advice(write, written(write)) for write in _ways(traffic, over, lowest))
    wait = _wait(traffic)
    waiting = [each.model for each in traffic.upstreams.values() if wait and each.wait_seconds == wait]
    cause = f". Of these, {wait} s are the wait until {' and '.join(waiting)} has a server" if waiting else ""
    said = f". What makes it short enough: {', or '.join(way.text for way in ways)}" if ways else ""
    return replace(warning, message=f"{warning.message}{cause}{said}", advice=ways)


def _ways(traffic: TrafficPlan, over: int, lowest: int) -> Iterator[Write]:
    """Each makes it shorter by `over` seconds. The timeout counts twice: before the first byte, and after it. `lowest`:
    the shortest timeout that is named."""
    wait = _wait(traffic)
    alone = [*_shorter_wait(traffic, wait - over), *_shorter_timeout(traffic, over, lowest)]
    both = (
        (*waits, *shorter)
        for rest in (0, _SHORTEST)
        for waits in _shorter_wait(traffic, rest)
        for shorter in _shorter_timeout(traffic, over - wait + rest, lowest)
    )
    yield from alone or islice(both, 1)


def _shorter_wait(traffic: TrafficPlan, seconds: int) -> Iterator[Write]:
    """No model's is longer than `seconds` then. Nothing where no key can do that."""
    ways = [_waits_less(each, seconds) for each in traffic.upstreams.values() if each.wait_seconds > seconds]
    if seconds >= 0 and ways and None not in ways:
        yield tuple(pair for way in ways if way is not None for pair in way)


def _shorter_timeout(traffic: TrafficPlan, over: int, lowest: int) -> Iterator[Write]:
    """`afterSeconds` has to be shorter than the timeout."""
    late = [each.fallback.after_seconds or 0 for each in traffic.upstreams.values() if each.fallback]
    shorter = traffic.idle_seconds - -(-over // 2)
    if shorter >= lowest and all(each < shorter for each in late):
        yield ((_PATH, shorter),)


def _wait(traffic: TrafficPlan) -> int:
    return max((each.wait_seconds for each in traffic.upstreams.values()), default=0)


def _waits_less(upstream: Upstream, seconds: int) -> Write | None:
    """A model that always has a replica waits for none; one that falls back waits for `afterSeconds`, and while it may
    sleep about twice as long, and a quarter more."""
    path, late = f"models.{upstream.model}", upstream.fallback and upstream.fallback.after_seconds
    if (late or 0) <= seconds:
        return upstream.always
    shorter = seconds * 4 // 9 if upstream.held_seconds else seconds
    return ((f"{path}.fallback.afterSeconds", shorter),) if shorter >= _SHORTEST else None
