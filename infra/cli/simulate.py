"""`simulate`: its answer for a person to read."""

from collections.abc import Iterator, Mapping, Sequence

from infra.cli.document import Column, Document, Row, Section, columns
from infra.cli.simulate_assumed import assumptions
from infra.cli.simulate_input import Asked
from infra.cli.simulate_svg import picture
from infra.plan.gateway import TrafficPlan
from infra.plan.plan import Plan
from infra.plan.words import count, minutes, number, usd
from infra.simulate.arrivals import Arrivals
from infra.simulate.clients import AT_ONCE, PER_MINUTE, TOKENS, ClientLimits
from infra.simulate.counted import Rolled
from infra.simulate.higher_limits import HigherLimits
from infra.simulate.remedies import Remedy, Trial
from infra.simulate.simulation import Simulation, simulate
from infra.simulate.summary import ModelSummary, PoolSummary, Spread, Summary

NOT_ONE = "no model of this stack can be simulated: LEFT OUT says why"
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"


def answer(plan: Plan, asked: Asked, trial: Trial) -> Simulation:
    return simulate(plan, asked.traffic, asked.seeds, asked.events, trial)


def title(plan: Plan, asked: Asked) -> str:
    return f"{plan.stack} · {asked.said}"


def picture_of(plan: Plan, asked: Asked, found: Simulation) -> str:
    """Empty where nothing was simulated."""
    return picture(found.timeline, f"{title(plan, asked)} · the first run, an estimate") if found.timeline else ""


def document(plan: Plan, asked: Asked, found: Simulation) -> Document:
    made = found.summary
    return Document(
        title=f"{title(plan, asked)} · {count(asked.seeds, 'run')} · an estimate",
        verdict=list(_verdict(made, found, plan)) if made else [("NOTHING", NOT_ONE)],
        sections=[*(_sections(made, found) if made else ()), *_left_out(found, asked)],
        footer="\n".join(("assumed:", *assumptions(asked, plan))),
    )


def _verdict(made: Summary, found: Simulation, plan: Plan) -> Iterator[Row]:
    lost = [each for each in made.models if each.lost]
    every = sum(each.requests for each in made.models)
    if not every:
        yield ("NOTHING", "no request is for a model that can be simulated")
    elif not lost:
        yield ("OK", f"none of {count(round(every), 'request')} is lost")
    for each in lost:
        yield ("LOST", f"{each.name}: {_some(each.lost)} of {number(each.requests)} requests; {_why_lost(each, plan)}")
    yield from _limited(made, found.platform.clients, plan.traffic)
    yield from (("ROLLOUT", f"{each.name}: {_rolled(one)}") for each in made.models for one in each.rollouts)
    if made.usd is None:
        yield ("COSTS", "not known, because a pool has no price: write gpuPools.NAME.existing.usdPerGpuHour")
    else:
        yield ("COSTS", f"{usd(made.usd)} per day, for the nodes of the GPU pools alone")


def _rolled(each: Rolled) -> str:
    lowest = f"at least {count(each.ready, 'replica')} ready"
    if each.ended is None:
        return f"hour {each.begun / 3600:g} of the first run, not over at its end; {lowest}"
    took = minutes(round(each.ended - each.begun))
    return f"hour {each.begun / 3600:g} of the first run, all replicas are new {took} later; {lowest}"


def _limited(made: Summary, clients: Sequence[ClientLimits], traffic: TrafficPlan) -> Iterator[Row]:
    """Refused on purpose: the limit keeps the others from waiting."""
    for each, limits in zip(made.clients, clients, strict=True):
        if each.limited:
            whose = {
                AT_ONCE: _over_pods(limits, traffic),
                PER_MINUTE: number(limits.per_minute),
                TOKENS: number(limits.tokens or 0),
            }
            by = (f"{_some(amount)} above {limit} of {whose[limit]}" for limit, amount in each.refused.items())
            asked = f"{_some(each.limited)} of {number(each.requests)} requests"
            yield ("LIMITED", f"client {each.name}: {asked} got 429 at once; {', '.join(by)}")


def _over_pods(limits: ClientLimits, traffic: TrafficPlan) -> str:
    """Each gateway pod admits its share, rounded up, so that all of them may admit more than the file says."""
    given = traffic.clients[limits.name].concurrent_requests
    if given == limits.at_once:
        return number(given)
    together = f"{traffic.replicas} gateway pods admit {number(limits.at_once)} together"
    return f"{number(given)} ({together}, as each rounds its share up)"


def _why_lost(each: ModelSummary, plan: Plan) -> str:
    causes = {
        "found no replica that was ready": each.refused,
        f"waited {plan.traffic.idle_seconds} s in a queue": each.silent,
        f"took longer than {plan.traffic.total_seconds} s": each.cut,
        "were cut when a spot node went": each.broken,
    }
    return ", ".join(f"{_some(amount)} {why}" for why, amount in causes.items() if amount)


def _some(amount: float) -> str:
    """A mean over runs: below 10 with a decimal."""
    return number(amount) if amount >= 10 or amount == int(amount) else f"{amount:.1f}"


def _sections(made: Summary, found: Simulation) -> Iterator[Section]:
    holds = any(each.held for each in made.models)
    waits = ("first token p50", "p95", "p99", "per token", "queue", *(("held",) if holds else ()))
    titles = columns("replicas", *waits, "lost", "GPU-hours", "$ per day", right=9 + holds)
    yield Section(
        "MODELS",
        titles,
        [_row(each, holds=holds) for each in made.models],
        note="replicas: minimum, mean, maximum that were ready; first token: seconds from the request on, of those that"
        " got one; per token: milliseconds in the median; queue: the maximum; ±: half of what lies between the runs",
    )
    yield Section(
        "REPLICAS",
        [Column("from the start to the end", fixed=True), Column("")],
        [(each.name, line(each.replicas.line), _at_max(each, found)) for each in made.models],
        note="each of the 48 signs is the mean of ready replicas in its part of the first run; a is 10",
    )
    yield from _advised("WHAT WOULD HELP", found.advice.would_help)
    saves = found.advice.would_save
    yield from _advised("AT EQUAL WAITS LESS", (saves,) if saves is not None else ())
    yield from _limits_of(found.higher_limits)
    spot = any(each.taken is not None for each in made.pools)
    yield Section(
        "POOLS",
        columns("node-hours per day", "$ per day", *(("taken back",) if spot else ()), right=2 + spot),
        [_pool(each, spot=spot) for each in made.pools],
        note="taken back: spot nodes per run, in the mean" if spot else "",
    )


def _advised(title: str, changes: Sequence[Remedy]) -> Iterator[Section]:
    if changes:
        yield Section(
            title,
            (Column(""), Column("")),
            [(each.model, _written(each), _helps(each)) for each in changes],
            note="planned, and played with the requests of the first run; dollars are those of the model's pool",
        )


def _limits_of(found: Sequence[HigherLimits]) -> Iterator[Section]:
    if found:
        yield Section(
            "WHAT HIGHER LIMITS WOULD DO",
            (Column(""), Column("")),
            [
                (each.client, ", ".join(f"{key}: {value}" for key, value in each.settings.items()), _admits(each))
                for each in found
            ],
            note="below gateway.clients.NAME; planned, and played with the requests of the first run; lost: requests of"
            " all clients; p99: of the first token, where it is the longest; dollars are those of all GPU pools",
        )


def _pool(each: PoolSummary, *, spot: bool) -> Row:
    taken = "-" if each.taken is None else _some(each.taken)
    price = usd(each.usd.mean) if each.usd else "-"
    return (each.name, f"{each.node_hours.mean:,.1f}", price, *((taken,) if spot else ()))


def _row(each: ModelSummary, *, holds: bool) -> Row:
    low, mean, high = each.replicas.min, each.replicas.mean, each.replicas.max
    waits = [_seconds(each.first_token[name], spread=name == "p99") for name in ("p50", "p95", "p99")]
    token = each.per_token["p50"]
    return (
        each.name,
        f"{low:g} {mean:.1f} {high:g}",
        *waits,
        f"{token.mean * 1000:,.0f} ms" if token else "-",
        number(each.queue_max.mean),
        *((_some(each.held),) if holds else ()),
        _some(each.lost),
        f"{each.gpu_hours.mean:,.1f}",
        "-" if each.usd is None else number(each.usd),
    )


def _seconds(found: Spread | None, *, spread: bool) -> str:
    if found is None:
        return "-"
    text = _short(found.mean)
    return f"{text} ±{_short(found.half)}" if spread and found.half else text


def _written(each: Remedy) -> str:
    text = ", ".join(f"{key}: {_flow(value)}" for key, value in each.settings.items())
    return f"{text}, and at least {count(each.nodes, 'node')} in its pool" if each.nodes else text


def _flow(value: object) -> str:
    """As a stack file has it on one line; a time of day is quoted."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return f'"{value}"' if isinstance(value, str) and ":" in value else str(value)


def _helps(each: Remedy) -> str:
    old, new = each.old, each.new
    waits = (*_wait("p95", old.p95, new.p95), *_wait("p99", old.p99, new.p99))
    return ", ".join((*_lost(old.lost, new.lost), *waits, *_dollars(old.usd, new.usd)))


def _admits(each: HigherLimits) -> str:
    old, new = each.old, each.new
    refused = f"429 {number(old.limited)} → {number(new.limited)}"
    waits = _wait("p99", old.p99, new.p99)
    return ", ".join((refused, *_lost(old.lost, new.lost), *waits, *_dollars(old.usd, new.usd)))


def _lost(old: int, new: int) -> Iterator[str]:
    if old != new:
        yield f"lost {number(old)} → {number(new)}"


def _wait(name: str, old: float | None, new: float | None) -> Iterator[str]:
    if old is not None and new is not None:
        yield f"{name} {_short(old)} → {_short(new)} s"


def _dollars(old: float | None, new: float | None) -> Iterator[str]:
    if old is not None and new is not None:
        less_or_more = f"{usd(abs(new - old))} per day {'more' if new >= old else 'less'}"
        yield less_or_more if round(abs(new - old)) else "it costs the same"


def _short(seconds: float) -> str:
    return f"{seconds:,.{2 if seconds < 1 else 1 if seconds < 100 else 0}f}"


def _at_max(each: ModelSummary, found: Simulation) -> str:
    """Of a model whose replicas follow its traffic."""
    server = next(one for one in found.platform.servers if one.name == each.name)
    hours = each.replicas.hours_at_max
    return f"at its maximum of {server.max} for {hours:.1f} h per day" if server.scaling and hours >= 0.05 else ""


def line(replicas: tuple[float, ...]) -> str:
    return "".join(_SIGNS[min(len(_SIGNS) - 1, round(each))] for each in replicas)


def _left_out(found: Simulation, asked: Asked) -> Iterator[Section]:
    if found.platform.left_out:
        yield Section("LEFT OUT", (Column("why"),), list(_why(found.platform.left_out, asked)))


def _why(left_out: Mapping[str, str], asked: Asked) -> Iterator[Row]:
    traffic = asked.traffic
    for name, why in left_out.items():
        rows = traffic.count(name) if isinstance(traffic, Arrivals) else 0
        yield (name, f"{why}; {count(rows, 'request')} of the file" if rows else why)
