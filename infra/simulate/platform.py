"""What a plan says of its models and pools, as a run needs it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from components.scaling_behavior import behavior, failures
from infra.plan.gateway import Upstream
from infra.plan.models import ColdStart, ModelPlan, Scaling
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.signals import CACHE, IN_FLIGHT, KEPT, WAITING
from infra.simulate.clients import ClientLimits, clients_of
from infra.simulate.hours import Hours, hours_of
from infra.simulate.nodes import PoolShape, Step
from infra.simulate.replica import Limits, Replica
from infra.sizing.estimates import Estimate, Steps

_NODE, _IMAGE, _SERVER = ("node", "boot"), ("image",), ("weights", "engine")


@dataclass(frozen=True)
class NextOf:
    """Which requests of a model its next version answers."""

    model: str
    weight: int  # percent
    clients: tuple[str, ...]  # whose requests all go there


@dataclass(frozen=True)
class Server:
    """A model that can be simulated."""

    name: str
    pool: str
    gpus: int
    min: int
    max: int
    steps: Steps
    limits: Limits
    context: int  # tokens of the longest request
    scaling: Scaling | None
    behavior: Mapping[str, Any]  # of its HPA
    new_node: tuple[Estimate, ...]  # parts of a start
    new_pod: tuple[Estimate, ...]
    fallback: bool  # a request that its own servers don't answer goes elsewhere
    hours: Hours | None = None  # None: its minimum of replicas is the same at all hours
    failures: int = 3  # of a query in a row, after which KEDA falls back
    surge: int = 1  # pods that a rollout has beside the old ones
    unavailable: int = 0  # pods that a rollout may be short of
    next_of: NextOf | None = None  # it is a second server under the name of a model

    @property
    def sent_as(self) -> str:
        """What its requests name."""
        return self.next_of.model if self.next_of is not None else self.name

    @cached_property
    def signals(self) -> Mapping[str, float]:
        """Thresholds per replica, as the scaler gets them."""
        return self.scaling.thresholds if self.scaling is not None else {}

    def measure(self, replicas: Sequence[Replica]) -> Mapping[str, float]:
        """What Prometheus reads of the engines; nothing where there is none and one should be."""
        if not replicas and self.min:
            return {}
        waiting = sum(each.waiting for each in replicas)
        in_flight = waiting + sum(each.running for each in replicas)
        kept = min(in_flight, self.signals.get(KEPT, 0) * len(replicas))
        return {IN_FLIGHT: in_flight, KEPT: kept, WAITING: waiting, CACHE: 100 * sum(each.cache for each in replicas)}


@dataclass(frozen=True)
class Beside:
    """Pods of a model that isn't simulated: they keep their GPUs."""

    name: str
    pool: str
    gpus: int
    replicas: int
    hours: Hours | None = None


@dataclass(frozen=True)
class Gateway:
    held_requests: int  # per model, in all Envoys together
    refresh: float  # seconds until it knows of a new pod, at most
    leaves: float  # seconds until it sends nothing more to a pod that ends


@dataclass(frozen=True)
class Events:
    """What happens in a run because somebody asked for it: the name, and the second."""

    rollouts: tuple[tuple[str, float], ...] = ()  # of models
    interruptions: tuple[tuple[str, float], ...] = ()  # of pools


NO_EVENTS = Events()


@dataclass(frozen=True)
class Platform:
    stack: str
    servers: tuple[Server, ...]
    beside: tuple[Beside, ...]
    pools: tuple[PoolShape, ...]
    gateway: Gateway
    left_out: Mapping[str, str]  # model -> why it isn't simulated
    clients: tuple[ClientLimits, ...] = ()  # (): nobody is limited
    events: Events = NO_EVENTS


def platform_of(plan: Plan) -> Platform:
    left_out = {name: why for name, model in plan.models.items() if (why := _why_not(model, plan))}
    servers = tuple(_server(plan, model) for name, model in plan.models.items() if name not in left_out)
    traffic = plan.traffic
    leaves = max((plan.models[each.name].timeouts.pre_stop for each in servers), default=0)
    return Platform(
        plan.stack,
        servers,
        tuple(_beside(plan, left_out)),
        tuple(_pool(each, plan) for each in plan.pools.values()),
        Gateway(traffic.held_requests * traffic.replicas, traffic.dns_refresh_seconds, leaves),
        left_out,
        tuple(clients_of(traffic)),
    )


def _why_not(model: ModelPlan, plan: Plan) -> str | None:
    if model.paused:
        return "it is paused"
    if model.throughput.steps is None or model.pool is None or _cache(model) is None:
        return _no_estimate(model)
    if model.next_of is not None and (why := _why_not(plan.models[model.next_of], plan)):
        return f"{model.next_of}: {why}"
    return None


def _no_estimate(model: ModelPlan) -> str:
    if model.pods is None and (model.scaling is None or model.scaling.cpu is None):
        return model.throughput.reason
    return f"{model.throughput.reason}, which has no throughput model, so its HPA by CPU isn't played"


def _cache(model: ModelPlan) -> int | None:
    return model.fit.kv_cache_tokens if model.fit is not None else None


def _server(plan: Plan, model: ModelPlan) -> Server:
    steps, start, upstream = model.throughput.steps, model.cold_start, plan.traffic.upstreams[model.sent_as]
    assert steps is not None
    assert model.pool is not None
    pool = plan.pools[model.pool]
    return Server(
        name=model.name,
        pool=model.pool,
        gpus=model.gpus,
        min=model.replicas.min,
        max=model.replicas.max,
        steps=steps,
        limits=Limits(
            seqs=model.max_num_seqs or 1,
            batch=model.max_num_batched_tokens or 1,
            cache=_cache(model) or 0,
            silence=plan.traffic.idle_seconds,
            total=plan.traffic.total_seconds,
        ),
        context=model.max_model_len,
        scaling=model.scaling,
        behavior=behavior(model.scaling.cooldown_seconds) if model.scaling is not None else {},
        failures=failures(model.replicas.min, model.scaling.polling_seconds) if model.scaling is not None else 0,
        new_node=_new_node(start, pool),
        new_pod=tuple(start.parts[name] for name in (*(() if pool.spare else _IMAGE), *_SERVER)),
        fallback=upstream.fallback is not None,
        hours=hours_of(model.schedule),
        surge=model.rollout.max_surge,
        unavailable=model.rollout.max_unavailable,
        next_of=_next_of(model, upstream),
    )


def _new_node(start: ColdStart, pool: PoolPlan) -> tuple[Estimate, ...]:
    """With spare GPUs, whatever has them first pulls the image."""
    return tuple(start.new_node[name] for name in (*_NODE, *(_IMAGE if pool.spare else ())))


def _next_of(model: ModelPlan, upstream: Upstream) -> NextOf | None:
    coming = upstream.next
    if model.next_of is None or coming is None:
        return None
    return NextOf(model.next_of, coming.weight, coming.clients)


def _beside(plan: Plan, left_out: Mapping[str, str]) -> Iterator[Beside]:
    for name in left_out:
        model = plan.models[name]
        if model.pool is not None and model.gpus and not model.paused and (model.replicas.min or model.schedule):
            yield Beside(name, model.pool, model.gpus, model.replicas.min, hours_of(model.schedule))


def _pool(pool: PoolPlan, plan: Plan) -> PoolShape:
    made = not pool.existing
    return PoolShape(
        pool.name,
        pool.gpus_per_node,
        pool.min,
        pool.max,
        made,
        tuple(_steps(pool)),
        _notice(pool, plan),
        pool.reserved_usd_per_hour,
        pool.spare,
        next((_new_node(each.cold_start, pool) for each in plan.models.values() if each.pool == pool.name), ()),
        counted=pool.existing and pool.min == pool.max,
    )


def _steps(pool: PoolPlan) -> Iterator[Step]:
    """Reserved instances are paid whether they run or not, and a Capacity Block was paid before."""
    if not pool.steps:
        yield Step(pool.max, pool.usd_per_node_hour, pool.capacity == "spot")
    for each in pool.steps:
        yield Step(each.max, each.usd_per_hour if each.kind != "reservation" else 0.0, each.kind == "spot")


def _notice(pool: PoolPlan, plan: Plan) -> float | None:
    """What the plan leaves a pod on spot: the time in which new requests still come, and that of the longest answer."""
    if pool.capacity != "spot":
        return None
    on = [each.timeouts for each in plan.models.values() if each.pool == pool.name]
    return max((each.pre_stop + each.whole_answer for each in on), default=0)
