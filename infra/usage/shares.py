"""Who pays what: the measured hours of the GPU nodes at the plan's prices, shared by the work that clients asked for.

A node's hour costs what it costs whether or not anybody asks. So the dollars of all rows add up to the hours of the
nodes times their price: a client has the share that its tokens need at the speed of a full replica, and the rest is
idle.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.plan.models import ModelPlan
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.sizing.requests import MEAN_REQUEST
from infra.usage.measured import Measured, Node, Used


@dataclass(frozen=True)
class Share:
    """What a client used of a model, in dollars; None: the model runs on no node with a price."""

    used: Used
    usd: float | None


@dataclass(frozen=True)
class Idle:
    """GPUs that nobody asked anything of."""

    of: str | None  # a model that held them; None: no model's pod had them
    usd: float


@dataclass(frozen=True)
class PoolHours:
    pool: str
    hours: float
    usd: float


@dataclass(frozen=True)
class Usage:
    hours: float
    shares: Sequence[Share]
    elsewhere: Sequence[Share]  # at the list price of the provider; None: not given. In no other sum
    idle: Sequence[Idle]
    pools: Sequence[PoolHours]
    other_usd: float  # what the plan's bill has besides GPU nodes, for the same hours
    unknown_hours: float  # of GPU nodes whose pool or price isn't known: in no sum
    estimated: Sequence[str]  # models whose work is shared by tokens alone, since their speed isn't known

    @property
    def nodes_usd(self) -> float:
        return sum(each.usd for each in self.pools)

    @property
    def elsewhere_usd(self) -> float:
        return sum(each.usd or 0.0 for each in self.elsewhere)

    @property
    def usd(self) -> float:
        return self.nodes_usd + self.other_usd

    @property
    def usd_per_month(self) -> float:
        """At the pace of the period."""
        return self.usd / self.hours * HOURS_PER_MONTH


def share(measured: Measured, plan: Plan) -> Usage:
    prices = {each.name: _price(each, plan) for each in measured.nodes}
    priced = {name: price for name, price in prices.items() if price is not None}
    by_node = {each.name: each for each in measured.nodes}
    cost_of: dict[str, float] = {}
    hours_of: dict[str, float] = {}
    for each in measured.occupied:
        if each.node in priced:
            price = priced[each.node] / by_node[each.node].gpus
            cost_of[each.model] = cost_of.get(each.model, 0.0) + each.gpu_hours * price
            hours_of[each.model] = hours_of.get(each.model, 0.0) + each.gpu_hours
    here = [each for each in measured.used if not each.served_by]
    shares = list(_shares(here, cost_of, hours_of, plan))
    pools = list(_pools(measured, priced, plan))
    return Usage(
        hours=measured.hours,
        shares=shares,
        elsewhere=[Share(each, _list_price(each, plan)) for each in measured.used if each.served_by],
        idle=list(_idle(shares, cost_of, sum(each.usd for each in pools), plan)),
        pools=pools,
        other_usd=_other(plan) * measured.hours / HOURS_PER_MONTH,
        unknown_hours=sum(each.hours for each in measured.nodes if prices[each.name] is None),
        estimated=sorted(name for name in cost_of if _work(plan.models[name]) is None),
    )


def _list_price(used: Used, plan: Plan) -> float | None:
    external = plan.traffic.externals.get(used.served_by)
    price = external.usd_per_million if external is not None else None
    return (used.tokens_in * price["in"] + used.tokens_out * price["out"]) / 1e6 if price is not None else None


def _price(node: Node, plan: Plan) -> float | None:
    """Per hour, of the step of capacity that gave it; of several types, or where the step isn't known, of the most
    expensive one."""
    if node.pool is None:
        return None
    pool = plan.pools[node.pool]
    step = next((each for each in pool.steps if each.name == node.step), None)
    return step.usd_per_hour if step is not None else pool.usd_per_node_hour


def _pools(measured: Measured, priced: Mapping[str, float], plan: Plan) -> Iterator[PoolHours]:
    there = {each.pool for each in measured.nodes if each.pool is not None and each.name in priced}
    for pool in sorted({*there, *(name for name, each in plan.pools.items() if each.reserved)}):
        mine = [each for each in measured.nodes if each.pool == pool]
        usd = sum(each.hours * priced[each.name] for each in mine)
        yield PoolHours(pool, sum(each.hours for each in mine), usd + _not_run(mine, plan.pools[pool], measured.hours))


def _not_run(nodes: Sequence[Node], pool: PoolPlan, hours: float) -> float:
    """What reserved instances cost in the hours in which they didn't run."""
    reserved = {each.name: each.instances * hours for each in pool.steps if each.kind == "reservation"}
    for each in nodes:
        if each.step in reserved:
            reserved[each.step] -= each.hours
    return sum(max(0.0, reserved.get(each.name, 0.0)) * each.usd_per_hour for each in pool.steps)


def _shares(
    used: Sequence[Used], cost_of: Mapping[str, float], hours_of: Mapping[str, float], plan: Plan
) -> Iterator[Share]:
    for name in sorted({each.model for each in used}):
        mine = [each for each in used if each.model == name]
        model = _behind(name, plan)
        if model is None or model.name not in cost_of:
            yield from (Share(each, None) for each in mine)
            continue
        everybody = [each for each in used if _behind(each.model, plan) is model]
        usd_per_second = _usd_per_second(everybody, model, cost_of[model.name], hours_of[model.name])
        yield from (Share(each, _seconds(each, model) * usd_per_second) for each in mine)


def _behind(name: str, plan: Plan) -> ModelPlan | None:
    """The model whose server answers to a name: its own, or an adapter's."""
    return next(
        (each for each in plan.named.values() if name == each.name or name in {one.name for one in each.adapters}),
        None,
    )


def _usd_per_second(everybody: Sequence[Used], model: ModelPlan, usd: float, gpu_hours: float) -> float:
    """Of work. Where more work was done than the hours hold at the estimated speed, the hours are shared."""
    work = sum(_seconds(each, model) for each in everybody)
    replica_seconds = gpu_hours / max(model.gpus, 1) * 3600
    if _work(model) is None or work > replica_seconds:
        return usd / work if work else 0.0
    return usd / replica_seconds


def _seconds(used: Used, model: ModelPlan) -> float:
    """Of a full replica's time; where its speed isn't known, one per token, which shares the hours by tokens."""
    per_token = _work(model) or (1.0, 1.0)
    return used.tokens_in * per_token[0] + used.tokens_out * per_token[1]


def _work(model: ModelPlan) -> tuple[float, float] | None:
    """Seconds of a full replica's time per token in and per token out, from the plan's estimate of its speed: the
    prompt of a request that is alone takes until its first token, and the mean request in full use takes the rest."""
    full, alone = model.throughput.full, next(iter(model.throughput.at), None)
    if full is None or alone is None or full.tokens_per_second.mid <= 0:
        return None
    per_out = 1 / full.tokens_per_second.mid
    per_in = alone.first_token.mid / MEAN_REQUEST.prompt
    rest = per_out - per_in * MEAN_REQUEST.prompt / MEAN_REQUEST.output
    return (per_in, rest) if rest > 0 else (0.0, per_out)


def _idle(shares: Sequence[Share], cost_of: Mapping[str, float], nodes_usd: float, plan: Plan) -> Iterator[Idle]:
    for name, usd in sorted(cost_of.items()):
        mine = (each.usd or 0.0 for each in shares if _behind(each.used.model, plan) is plan.models[name])
        yield Idle(name, max(0.0, usd - sum(mine)))
    yield Idle(None, max(0.0, nodes_usd - sum(cost_of.values())))


def _other(plan: Plan) -> float:
    """Dollars per month of the plan's bill without GPU nodes, at the expected load."""
    return sum(item.expected for item in plan.cost.items if item.pool is None)
