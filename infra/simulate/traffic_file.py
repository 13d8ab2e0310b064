"""Requests from a CSV file: a log, or a published trace, whose columns have other names."""

import csv
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from infra.plan.words import count
from infra.simulate.arrivals import Arrivals
from infra.simulate.clients import ClientLimits
from infra.simulate.hours import second_of_week
from infra.simulate.patterns import DAY

# Our name -> the names of it, in small letters: ours, those of Azure's traces, those of BurstGPT.
COLUMNS = {
    "time": ("time", "timestamp"),
    "model": ("model",),
    "input_tokens": ("input_tokens", "contexttokens", "request tokens"),
    "output_tokens": ("output_tokens", "generatedtokens", "response tokens"),
    "client": ("client",),
}
MAX_DAYS, MAX_REQUESTS = 31, 5_000_000
MAX_TOKENS = 100_000_000  # of a prompt or an answer: far beyond any context
AFTER_LAST = 300.0  # seconds that a run goes on after the last request
EXAMPLE = "time,model,input_tokens,output_tokens"
_NO_ROWS = f"no rows; write one per request, below {EXAMPLE}"


class BadTraffic(Exception):
    """All mistakes of a file: where, and what is wrong there."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


@dataclass(frozen=True)
class _Table:
    """What its header says, and what its rows may name."""

    places: Mapping[str, int]  # of a column, by our name
    width: int
    only: str | None  # the model of all rows
    names: Mapping[str, str]
    clients: Mapping[str, ClientLimits]

    def cell(self, cells: Sequence[str], name: str) -> str:
        return cells[self.places[name]].strip()

    def model(self, cells: Sequence[str]) -> str:
        return self.only or self.cell(cells, "model")


@dataclass
class _Requests:
    """Of rows that were read, in their order: compact, as a file may have millions."""

    times: "array[float]" = field(default_factory=lambda: array("d"))  # of dates: seconds since 1970
    models: list[str] = field(default_factory=list[str])
    prompts: "array[int]" = field(default_factory=lambda: array("q"))
    outputs: "array[int]" = field(default_factory=lambda: array("q"))
    clients: list[str] = field(default_factory=list[str])

    def add(self, table: _Table, cells: Sequence[str], time: float) -> None:
        self.times.append(time)
        self.models.append(table.names[table.model(cells)])
        self.prompts.append(int(table.cell(cells, "input_tokens")))
        self.outputs.append(int(table.cell(cells, "output_tokens")))
        if "client" in table.places:
            self.clients.append(sys.intern(table.cell(cells, "client")))


def read_traffic(
    lines: Iterable[str],
    names: Mapping[str, str],
    model: str | None,
    monday: float = 0.0,
    clients: Sequence[ClientLimits] = (),
) -> Arrivals:
    """`names`: what requests may send as `model` -> the model. `model`: of all rows; None: each row says it. `monday`:
    the second of the week at which a file begins that has no dates. `clients`: of which rows may name one. Raises
    BadTraffic."""
    reader = csv.reader(lines)
    table = _table(next(reader, []), model, names, clients)
    found, mistakes, ways = _Requests(), list[tuple[str, str]](), set[bool]()
    for cells in reader:
        if not cells:
            continue
        if len(found.times) >= MAX_REQUESTS:
            mistakes.append(("the file", f"more than {MAX_REQUESTS:,} requests, which is what can be played"))
            break
        wrong = list(_wrong(cells, table))
        mistakes += ((f"line {reader.line_num}", each) for each in wrong)
        if len(cells) >= table.width and (time := _time(table.cell(cells, "time"))) is not None:
            ways.add(time.dated)
            if not wrong:
                found.add(table, cells, time.seconds)
    mistakes += _wrong_whole(found, ways) if found.times or mistakes else [("the file", _NO_ROWS)]
    if mistakes:
        raise BadTraffic(sorted(mistakes, key=lambda each: _line(each[0])))
    return _arrivals(found, clients, monday, dated=ways == {True})


def _table(
    header: Sequence[str], model: str | None, names: Mapping[str, str], clients: Sequence[ClientLimits]
) -> _Table:
    titles = [each.strip().lower().removeprefix("\ufeff") for each in header]
    places = {ours: titles.index(name) for ours, all_ in COLUMNS.items() for name in all_ if name in titles}
    models = set(names.values())
    only = model or (next(iter(models)) if "model" not in places and len(models) == 1 else None)
    missing = [name for name in COLUMNS if name not in places and not (name == "model" and only) and name != "client"]
    if missing:
        hint = "; --model NAME says it for all rows" if "model" in missing else ""
        commas = "; columns are separated by commas" if len(header) == 1 and header[0].strip() else ""
        raise BadTraffic([("line 1", f"no column {', '.join(missing)}; write {EXAMPLE}{hint}{commas}")])
    return _Table(places, len(titles), only, names, {each.name: each for each in clients})


def _wrong(cells: Sequence[str], table: _Table) -> Iterator[str]:
    if len(cells) < table.width:
        yield f"{count(len(cells), 'cell')}, where the header has {table.width}"
        return
    given = table.cell(cells, "time")
    time = _time(given)
    if time is None:
        yield f"time {given!r}: write seconds from the start (12.5) or a date (2026-11-26T08:00:00Z)"
    elif not time.dated and not 0 <= time.seconds < float("inf"):
        yield f"time {given}: seconds from the start are 0 or more"
    if (name := table.model(cells)) not in table.names:
        yield f"model {name!r}: the stack has {', '.join(sorted(table.names))}"
    for column in ("input_tokens", "output_tokens"):
        tokens = table.cell(cells, column)
        if not (tokens.isdecimal() and 0 < int(tokens) <= MAX_TOKENS):
            yield f"{column} {tokens!r}: write a whole number from 1 to {MAX_TOKENS:,}"
    if "client" in table.places:
        yield from _wrong_client(table.cell(cells, "client"), name, table)


def _wrong_client(given: str, name: str, table: _Table) -> Iterator[str]:
    client, model = table.clients.get(given), table.names.get(name)
    if client is None:
        yield f"client {given!r}: the stack has {', '.join(table.clients) or 'none'}"
    elif model is not None and model not in client.models:
        yield f"client {given!r} may not call {model}: it may call {', '.join(client.models) or 'no model'}"


def _wrong_whole(found: _Requests, ways: set[bool]) -> Iterator[tuple[str, str]]:
    if len(ways) > 1:
        yield "column time", "some rows have seconds and others dates; write all of them in one way"
    elif found.times and (days := (max(found.times) - _start(found, dated=ways == {True})) / DAY) > MAX_DAYS:
        yield "column time", f"the last request comes after {days:,.0f} days; at most {MAX_DAYS} can be played"


def _start(found: _Requests, *, dated: bool) -> float:
    """Dates count from the first of them."""
    return min(found.times) if dated else 0.0


def _arrivals(found: _Requests, clients: Sequence[ClientLimits], monday: float, *, dated: bool) -> Arrivals:
    order = sorted(range(len(found.times)), key=found.times.__getitem__)
    start, names = _start(found, dated=dated), tuple(sorted(set(found.models)))
    model_places = {name: place for place, name in enumerate(names)}
    client_places = {each.name: place for place, each in enumerate(clients)}
    times = array("d", (found.times[row] - start for row in order))
    return Arrivals(
        times,
        [model_places[found.models[row]] for row in order],
        array("q", (found.prompts[row] for row in order)),
        array("q", (found.outputs[row] for row in order)),
        names,
        times[-1] + AFTER_LAST,
        second_of_week(datetime.fromtimestamp(start, UTC)) if dated else monday,
        [client_places[found.clients[row]] for row in order] if found.clients else (),
        dated,
    )


def _line(where: str) -> int:
    """What is said of no line stands first."""
    return int(where.removeprefix("line ")) if where.startswith("line ") else 0


class _Time(NamedTuple):
    seconds: float  # of a date: since 1970
    dated: bool


def _time(text: str) -> _Time | None:
    """A date without a time zone is in UTC."""
    try:
        return _Time(float(text), dated=False)
    except ValueError:
        pass
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _Time((date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp(), dated=True)
