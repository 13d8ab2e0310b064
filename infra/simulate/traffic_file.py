"""Requests from a CSV file: a log, or a published trace, whose columns have other names."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

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
MAX_DAYS = 31
AFTER_LAST = 300.0  # seconds that a run goes on after the last request
EXAMPLE = "time,model,input_tokens,output_tokens"


class BadTraffic(Exception):
    """All mistakes of a file: where, and what is wrong there."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


@dataclass(frozen=True)
class _Row:
    line: int
    cells: Mapping[str, str]  # by our names


@dataclass(frozen=True)
class _Request:
    time: float
    model: str
    prompt: int
    output: int
    client: str  # empty where no row names one


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
    rows, mistakes = _rows(lines, model, names)
    found: list[_Request] = []
    times = [each.cells["time"] for each in rows]
    if any(map(_is_number, times)) and any(_date(each) is not None for each in times if not _is_number(each)):
        mistakes.append(("column time", "some rows have seconds and others dates; write all of them in one way"))
    first = _first_date(rows)
    for row in rows:
        wrong = [*_wrong(row, names), *_wrong_client(row, names, clients)]
        mistakes += ((f"line {row.line}", each) for each in wrong)
        if not wrong and not mistakes:
            found.append(_request(row, names, first))
    if found and (days := max(each.time for each in found) / DAY) > MAX_DAYS:
        mistakes.append(
            ("column time", f"the last request comes after {days:,.0f} days; at most {MAX_DAYS} can be played")
        )
    if not rows and not mistakes:
        mistakes.append(("the file", f"no rows; write one per request, below {EXAMPLE}"))
    if mistakes:
        raise BadTraffic(sorted(mistakes, key=lambda each: _line(each[0])))
    begins = monday if first is None else second_of_week(first)
    ordered = sorted(found, key=lambda each: each.time)
    places = {each.name: place for place, each in enumerate(clients)}
    who = [places[each.client] for each in ordered if each.client]
    return replace(_arrivals(ordered), begins=begins, dated=first is not None, clients=who)


def _rows(
    lines: Iterable[str], model: str | None, names: Mapping[str, str]
) -> tuple[list[_Row], list[tuple[str, str]]]:
    reader = csv.reader(lines)
    header = [each.strip().lower().removeprefix("\ufeff") for each in next(reader, [])]
    places = {ours: header.index(name) for ours, all_ in COLUMNS.items() for name in all_ if name in header}
    models = set(names.values())
    only = model or (next(iter(models)) if "model" not in places and len(models) == 1 else None)
    missing = [name for name in COLUMNS if name not in places and not (name == "model" and only) and name != "client"]
    if missing:
        hint = "; --model NAME says it for all rows" if "model" in missing else ""
        return [], [("line 1", f"no column {', '.join(missing)}; write {EXAMPLE}{hint}")]
    found: list[_Row] = []
    wrong: list[tuple[str, str]] = []
    for cells in reader:
        if len(cells) >= len(header):
            taken = {name: cells[place].strip() for name, place in places.items()}
            found.append(_Row(reader.line_num, taken | ({"model": only} if only else {})))
        elif cells:
            wrong.append((f"line {reader.line_num}", f"{len(cells)} cells, where the header has {len(header)}"))
    return found, wrong


def _wrong(row: _Row, names: Mapping[str, str]) -> Iterator[str]:
    time = row.cells["time"]
    if _is_number(time):
        if not 0 <= float(time) < float("inf"):
            yield f"time {time}: seconds from the start are 0 or more"
    elif _date(time) is None:
        yield f"time {time!r}: write seconds from the start (12.5) or a date (2026-11-26T08:00:00Z)"
    if row.cells["model"] not in names:
        yield f"model {row.cells['model']!r}: the stack has {', '.join(sorted(names))}"
    for name in ("input_tokens", "output_tokens"):
        given = row.cells[name]
        if not (given.isdecimal() and int(given) > 0):
            yield f"{name} {given!r}: write a whole number from 1 on"


def _wrong_client(row: _Row, names: Mapping[str, str], clients: Sequence[ClientLimits]) -> Iterator[str]:
    given = row.cells.get("client")
    if given is None:
        return
    client, model = next((each for each in clients if each.name == given), None), names.get(row.cells["model"])
    if client is None:
        yield f"client {given!r}: the stack has {', '.join(each.name for each in clients) or 'none'}"
    elif model is not None and model not in client.models:
        yield f"client {given!r} may not call {model}: it may call {', '.join(client.models) or 'no model'}"


def _request(row: _Row, names: Mapping[str, str], first: datetime | None) -> _Request:
    cells, date = row.cells, _date(row.cells["time"]) if first is not None else None
    time = float(cells["time"]) if date is None or first is None else (date - first).total_seconds()
    return _Request(
        time, names[cells["model"]], int(cells["input_tokens"]), int(cells["output_tokens"]), cells.get("client", "")
    )


def _arrivals(requests: list[_Request]) -> Arrivals:
    names = tuple(sorted({each.model for each in requests}))
    places = {name: place for place, name in enumerate(names)}
    return Arrivals(
        [each.time for each in requests],
        [places[each.model] for each in requests],
        [each.prompt for each in requests],
        [each.output for each in requests],
        names,
        requests[-1].time + AFTER_LAST,
    )


def _line(where: str) -> int:
    """What is said of no line stands first."""
    return int(where.removeprefix("line ")) if where.startswith("line ") else 0


def _first_date(rows: list[_Row]) -> datetime | None:
    """Dates count from the first of them; None: times are seconds."""
    if not rows or _is_number(rows[0].cells["time"]):
        return None
    return min((date for row in rows if (date := _date(row.cells["time"])) is not None), default=None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _date(text: str) -> datetime | None:
    """Without a time zone it is UTC."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
