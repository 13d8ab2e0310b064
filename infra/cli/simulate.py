"""`simulate`: the question as it was typed, and its answer as JSON or for a person to read."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra.cli.document import Column, Document, Row, Section, columns
from infra.plan.plan import Plan
from infra.plan.words import count, number, usd
from infra.simulate.arrivals import Arrivals
from infra.simulate.patterns import SAID, SPREAD_OUTPUT, SPREAD_PROMPT, requests_of
from infra.simulate.simulation import Pattern, Simulation, simulate
from infra.simulate.summary import ModelSummary, Spread, Summary
from infra.simulate.traffic_file import BadTraffic, read_traffic

DEFAULT_PATTERN, DEFAULT_SEEDS = "daily", 5
MAX_SEEDS, MAX_DAYS, MAX_REQUESTS = 50, 31, 5_000_000
NO_ESTIMATE = "no model of this stack has an estimate of its speed"
_SHOWN = 20  # mistakes of a file
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"


class BadQuestion(Exception):
    """All that is wrong with the options, with what to write."""

    def __init__(self, mistakes: list[Row]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


@dataclass(frozen=True)
class Asked:
    traffic: Pattern | Arrivals
    said: str  # of the traffic
    seeds: int
    file: str | None
    assumed: tuple[str, ...]  # of the traffic


def asked_of(given: Mapping[str, str | None], plan: Plan) -> Asked:
    """Raises BadQuestion."""
    mistakes: list[Row] = []
    seeds = _whole(given, "seeds", DEFAULT_SEEDS, MAX_SEEDS, mistakes)
    if given["traffic"] is not None:
        asked = _of_file(given, given["traffic"], plan, seeds, mistakes)
    else:
        asked = _of_pattern(given, seeds, mistakes)
    if mistakes or asked is None:
        raise BadQuestion(mistakes)
    return asked


def answer(plan: Plan, asked: Asked) -> Simulation:
    return simulate(plan, asked.traffic, asked.seeds)


def _of_pattern(given: Mapping[str, str | None], seeds: int, mistakes: list[Row]) -> Asked | None:
    name = given["pattern"] or DEFAULT_PATTERN
    days = _whole(given, "days", 1, MAX_DAYS, mistakes)
    if name not in SAID:
        mistakes.append(("--pattern", f"{name!r} is no pattern; write {', '.join(SAID)}"))
    if given["model"] is not None:
        mistakes.append(("--model", "it says the model of a file's rows; write it with --traffic FILE"))
    rate = _rate(given["rate"], mistakes)
    if mistakes:
        return None
    expected = requests_of(name, rate, days)
    if not 1 <= expected <= MAX_REQUESTS:
        wrong = f"{number(expected)} requests; from 1 to {number(MAX_REQUESTS)} can be simulated"
        mistakes.append(("--rate", f"{given['rate']} for {count(days, 'day')} is {wrong}"))
    said = f"{count(days, 'day')} of about {number(expected)} requests ({name}: {rate:g} per second in the peak hour)"
    return Asked(Pattern(name, rate, days), said, seeds, None, tuple(_assumed_of(name)))


def _assumed_of(name: str) -> Iterator[str]:
    yield f"requests come by chance (Poisson), whatever callers wait; {name}: {SAID[name]}"
    yield (
        "all simulated models get equal shares; lengths are drawn around the mean request of the plan's throughput"
        f" (lognormal, deviations {SPREAD_PROMPT} of prompts and {SPREAD_OUTPUT} of answers)"
    )


def _of_file(given: Mapping[str, str | None], file: str, plan: Plan, seeds: int, mistakes: list[Row]) -> Asked | None:
    for option in ("pattern", "rate", "days"):
        if given[option] is not None:
            mistakes.append((f"--{option}", "it is of a pattern; write either --traffic FILE or a pattern"))
    names = {sent: name for name, each in plan.traffic.upstreams.items() for sent in each.names}
    model = given["model"]
    if model is not None and model not in names:
        mistakes.append(("--model", f"{model!r} is no model of {plan.stack}; write {', '.join(sorted(names))}"))
        return None
    try:
        with Path(file).open(encoding="utf-8", newline="") as lines:
            arrivals = read_traffic(lines, names, model)
    except BadTraffic as bad:
        mistakes += ((f"{file}, {where}", what) for where, what in bad.mistakes[:_SHOWN])
        if (more := len(bad.mistakes) - _SHOWN) > 0:
            mistakes.append((file, f"and {count(more, 'mistake')} more"))
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        mistakes.append(("--traffic", f"{file}: {why}; name a CSV file"))
        return None
    said = f"{number(len(arrivals.times))} requests of {file}, in {arrivals.times[-1] / 3600:,.1f} h"
    assumed = (
        "requests come at the times of the file, whatever callers wait; each run has the same requests",
        "hours and dollars per day: as if it went on like that for 24 hours",
    )
    return Asked(arrivals, said, seeds, file, assumed)


def _whole(given: Mapping[str, str | None], name: str, default: int, maximum: int, mistakes: list[Row]) -> int:
    text = given[name]
    if text is None:
        return default
    if text.isdecimal() and 1 <= int(text) <= maximum:
        return int(text)
    mistakes.append((f"--{name}", f"{text!r}: write a whole number from 1 to {maximum}"))
    return default


def _rate(text: str | None, mistakes: list[Row]) -> float:
    if text is None:
        mistakes.append(("--rate", "missing; write requests per second in the peak hour, such as --rate 6"))
        return 0.0
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        mistakes.append(("--rate", f"{text!r}: write a number above 0, in requests per second"))
    return rate


def data(plan: Plan, asked: Asked, found: Simulation) -> dict[str, Any]:
    pattern = asked.traffic if isinstance(asked.traffic, Pattern) else None
    made = found.summary
    return {
        "stack": plan.stack,
        "traffic": {
            "file": asked.file,
            "pattern": pattern.name if pattern else None,
            "requests_per_second": pattern.rate if pattern else None,
            "seconds": made.seconds if made else None,
        },
        "seeds": asked.seeds,
        "models": {each.name: _model_data(each) for each in made.models} if made else {},
        "gpu_pools": {
            each.name: {
                "node_hours_per_day": asdict(each.node_hours),
                "usd_per_day": asdict(each.usd) if each.usd else None,
            }
            for each in (made.pools if made else ())
        },
        "usd_per_day": made.usd if made else None,
        "left_out": dict(found.platform.left_out),
        "assumptions": list(_assumptions(asked, plan)),
        "version": 1,
    }


def _model_data(each: ModelSummary) -> dict[str, Any]:
    replicas = each.replicas
    return {
        "requests": each.requests,
        "answered": each.answered,
        "lost": each.lost,
        "refused": each.refused,
        "silent": each.silent,
        "cut": each.cut,
        "too_long": each.too_long,
        "elsewhere": each.elsewhere,
        "in_system_at_end": each.in_system,
        "held": each.held,
        "preempted": each.preempted,
        "replicas": {
            "min": replicas.min,
            "mean": replicas.mean,
            "max": replicas.max,
            "over_time": replicas.line,
            "hours_per_day_at_max": replicas.hours_at_max,
        },
        "first_token_seconds": {name: asdict(one) if one else None for name, one in each.first_token.items()},
        "seconds_per_token": {name: asdict(one) if one else None for name, one in each.per_token.items()},
        "queue": {"mean": asdict(each.queue_mean), "max": asdict(each.queue_max)},
        "gpu_hours_per_day": asdict(each.gpu_hours),
        "usd_per_day": each.usd,
    }


def document(plan: Plan, asked: Asked, found: Simulation) -> Document:
    made = found.summary
    runs = f"{count(asked.seeds, 'run')}"
    return Document(
        title=f"{plan.stack} · {asked.said} · {runs} · an estimate",
        verdict=list(_verdict(made, plan)) if made else [("NOTHING", NO_ESTIMATE)],
        sections=[*(_sections(made, found) if made else ()), *_left_out(found, asked)],
        footer="\n".join(("assumed:", *_assumptions(asked, plan))),
    )


def _verdict(made: Summary, plan: Plan) -> Iterator[Row]:
    lost = [each for each in made.models if each.lost]
    every = sum(each.requests for each in made.models)
    if not lost:
        yield ("OK", f"none of {number(every)} requests is lost")
    for each in lost:
        yield ("LOST", f"{each.name}: {_some(each.lost)} of {number(each.requests)} requests; {_why_lost(each, plan)}")
    if made.usd is None:
        yield ("COSTS", "not known, because a pool has no price: write gpuPools.NAME.existing.usdPerGpuHour")
    else:
        yield ("COSTS", f"{usd(made.usd)} per day, for the nodes of the GPU pools alone")


def _why_lost(each: ModelSummary, plan: Plan) -> str:
    causes = {
        "found no replica that was ready": each.refused,
        f"waited {plan.traffic.idle_seconds} s in a queue": each.silent,
        f"took longer than {plan.traffic.total_seconds} s": each.cut,
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
    yield Section(
        "POOLS",
        columns("node-hours per day", "$ per day", right=2),
        [(each.name, f"{each.node_hours.mean:,.1f}", usd(each.usd.mean) if each.usd else "-") for each in made.pools],
    )


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
    decimals = 2 if found.mean < 1 else 1 if found.mean < 100 else 0
    text = f"{found.mean:,.{decimals}f}"
    return f"{text} ±{found.half:,.{decimals}f}" if spread and found.half else text


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


def _assumptions(asked: Asked, plan: Plan) -> Iterator[str]:
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
    yield "clients' limits, lost spot nodes, rollouts and callers who try again aren't in it"
    yield "dollars are those of GPU nodes at the plan's price per hour; other costs aren't in it"
