"""What `simulate` assumed: the sentences below its answer."""

from collections.abc import Iterator

from infra.cli.simulate_input import Asked
from infra.plan.plan import Plan
from infra.simulate.arrivals import Arrivals
from infra.simulate.hours import zone
from infra.simulate.interruptions import PER_MONTH
from infra.simulate.simulation import Pattern


def assumptions(asked: Asked, plan: Plan) -> Iterator[str]:
    yield from asked.assumed
    yield (
        "a step takes what the plan's throughput model says in the middle of its interval; a prompt is read whole, no"
        " prefix of it is in the cache"
    )
    yield (
        "a run begins with the minimum of replicas; each start is drawn from the plan's intervals, with a new node only"
        " where no GPU is free; nodes go after 10 minutes without a pod"
    )
    yield (
        "KEDA, the HPA and the autoscaler of nodes act as their sources say; Prometheus reads every 15 s; the gateway"
        " chooses of two replicas the one with fewer requests"
    )
    yield "callers stream: an answer that comes whole would be a pause of as long as it takes"
    if any(model.schedule is not None for model in plan.models.values()):
        yield from _of_schedules(plan, asked)
    yield "each Envoy has its share of a client's requests, so that its limits count as one"
    yield from _of_gateway(plan)
    yield from _of_spot(plan)
    if any(len(pool.steps) > 1 for pool in plan.pools.values()):
        yield (
            "a new node is of the first step of `capacity` that isn't at its maximum, since nobody knows when a step"
            " lacks capacity; each has its own price, and only spot nodes are taken back"
        )
    blocks = [step.reservation or "" for pool in plan.pools.values() for step in pool.steps if step.kind == "block"]
    if blocks:
        yield (
            f"the day is in the window of {', '.join(blocks)}, whose nodes were paid up front and cost nothing here; on"
            " another day the next step has them, or nothing"
        )
    yield "callers who try again aren't in it"
    yield "dollars are those of GPU nodes at the plan's price per hour; other costs aren't in it"


def _of_schedules(plan: Plan, asked: Asked) -> Iterator[str]:
    traffic = asked.traffic
    dated = isinstance(traffic, Arrivals) and traffic.dated
    starts = "on the date of its first request" if dated else f"on Monday at 00:00, {zone(plan)}"
    yield f"the run begins {starts}; schedules are played as KEDA acts on them, without daylight saving time"
    if isinstance(traffic, Pattern) and traffic.days > 5:
        yield "Saturday and Sunday have as many requests as the other days"


def _of_gateway(plan: Plan) -> Iterator[str]:
    scaling = plan.traffic.scaling
    if scaling is not None:
        yield (
            f"the gateway stays at {plan.traffic.replicas} pods of at most {scaling.max}: its HPA isn't played, since"
            " how much CPU and memory a request takes there has no estimate"
        )


def _of_spot(plan: Plan) -> Iterator[str]:
    if any(pool.capacity == "spot" for pool in plan.pools.values()):
        yield (
            f"each spot node is taken back with a chance of {PER_MONTH * 100:g} % per month: the Spot Instance"
            " Advisor states under 5 % to over 20 %, by type; a new node is found as soon as the plan says"
        )
