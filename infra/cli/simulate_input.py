"""The question of `simulate` as it was typed: options, and the file of requests."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from infra.cli.document import Row
from infra.cli.simulate_events import events_of
from infra.plan.plan import Plan
from infra.plan.words import count, number
from infra.simulate.arrivals import Arrivals
from infra.simulate.clients import clients_of
from infra.simulate.hours import monday
from infra.simulate.patterns import DAY, SAID, SPREAD_OUTPUT, SPREAD_PROMPT, requests_of
from infra.simulate.platform import NO_EVENTS, Events
from infra.simulate.simulation import Pattern
from infra.simulate.traffic_file import MAX_DAYS, MAX_REQUESTS, BadTraffic, read_traffic

DEFAULT_PATTERN, DEFAULT_SEEDS = "daily", 5
MAX_SEEDS = 50
_SHOWN = 20  # mistakes of a file


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
    events: Events = NO_EVENTS

    @property
    def seconds(self) -> float:
        """That a run takes."""
        return self.traffic.days * DAY if isinstance(self.traffic, Pattern) else self.traffic.seconds


def asked_of(
    given: Mapping[str, str | None], plan: Plan, rollouts: Sequence[str] = (), interruptions: Sequence[str] = ()
) -> Asked:
    """Raises BadQuestion."""
    mistakes: list[Row] = []
    seeds = _whole(given, "seeds", DEFAULT_SEEDS, MAX_SEEDS, mistakes)
    if given["traffic"] is not None:
        asked = _of_file(given, given["traffic"], plan, seeds, mistakes)
    else:
        asked = _of_pattern(given, seeds, mistakes)
    events = events_of(rollouts, interruptions, plan, asked.seconds if asked is not None else None, mistakes)
    if mistakes or asked is None:
        raise BadQuestion(mistakes)
    return replace(asked, events=events)


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
        "all simulated models get equal shares, and a model's clients equal shares of its requests; lengths are drawn"
        " around the mean request of the plan's throughput"
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
            arrivals = read_traffic(lines, names, model, monday(plan), tuple(clients_of(plan.traffic)))
    except BadTraffic as bad:
        mistakes += ((f"{file}, {where}", what) for where, what in bad.mistakes[:_SHOWN])
        if (more := len(bad.mistakes) - _SHOWN) > 0:
            mistakes.append((file, f"and {count(more, 'mistake')} more"))
        return None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no table of text in UTF-8"
        mistakes.append(("--traffic", f"{file}: {why}; name a CSV file"))
        return None
    said = f"{count(len(arrivals.times), 'request')} of {file}, in {arrivals.times[-1] / 3600:,.1f} h"
    assumed = (
        "requests come at the times of the file, whatever callers wait; each run has the same requests",
        *(() if arrivals.clients else ("a model's clients have equal shares of its requests",)),
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
