"""How fast a replica is, as JSON and for a person to read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from infra.cli.document import Column, Row, Section
from infra.plan.alike import alike
from infra.plan.words import count
from infra.sizing.estimates import Estimate, Speed, Throughput, requests, span
from infra.sizing.requests import CONCURRENCIES, MEAN_REQUEST, MeanRequest

_WAITS = "*"
_MANY_SECONDS = 5


def speed_data(made: Throughput) -> dict[str, Any]:
    """Null where there is no estimate; the note says why, or how many of the requests wait."""
    return {
        "speed": [_data(each) for each in made.at] if made.full is not None else None,
        "speed_full_load": _data(made.full) if made.full is not None else None,
        "speed_note": "; ".join(_left(made)) if made.full is not None else made.reason,
    }


def of_one_replica(made: Throughput, where: str) -> Section:
    """A row for each number of requests."""
    if made.full is None:
        return Section(f"speed of {where}: {made.reason}")
    shown = [Column(title, right=True) for title in ("first token", "next token", "tokens per second")]
    rows = [_row(count(each.concurrency, "request"), each) for each in made.at]
    rows.append(_row(f"full load, {made.full.concurrency:,}", made.full))
    note = "; ".join((f"{where}, estimated for {_requests(made.request)}", *_left(made, shorter=False)))
    return Section("speed", shown, rows, note)


def of_models(made: Mapping[str, Throughput]) -> Section:
    """A row for each model."""
    titles = ("full load", "first token", "next token", *(f"tokens/s at {number}" for number in CONCURRENCIES))
    known = {name: each for name, each in made.items() if each.full is not None}
    if not known:
        return Section("SPEED", [Column("")], [(", ".join(names), reason) for reason, names in _without(made).items()])
    rows = [_model_row(name, each, each.full) for name, each in known.items() if each.full is not None]
    return Section("SPEED", [Column(title, right=True) for title in titles], rows, "\n".join(_notes(made, known)))


def _notes(made: Mapping[str, Throughput], known: Mapping[str, Throughput]) -> Iterable[str]:
    yield (
        f"estimated for {_requests(MEAN_REQUEST)}; first and next token: at full load, the requests that a replica"
        " takes at once; tokens/s: of all requests together"
    )
    if any(speed.waits for each in known.values() for speed in each.at):
        yield f"{_WAITS} more than full load: the others wait for a place"
    less = alike((name, "; ".join(_left(each, waiting=False))) for name, each in known.items())
    yield from (f"{', '.join(names)}: {note}" for note, names in less.items() if note)
    yield from (f"{', '.join(names)}: {reason}" for reason, names in _without(made).items())


def _without(made: Mapping[str, Throughput]) -> dict[str, list[str]]:
    """The models of each reason for which there is no estimate."""
    return alike((name, each.reason) for name, each in made.items() if each.full is None)


def _model_row(name: str, made: Throughput, full: Speed) -> Row:
    rates = (_rate(speed) + (_WAITS if speed.waits else "") for speed in made.at)
    return name, f"{full.concurrency:,}", _seconds(full.first_token), _seconds(full.next_token), *rates


def _row(name: str, speed: Speed) -> Row:
    return name, _seconds(speed.first_token), _seconds(speed.next_token), _rate(speed)


def _requests(request: MeanRequest) -> str:
    return f"requests of {request.prompt:,} tokens in and {request.output:,} out"


def _left(made: Throughput, *, shorter: bool = True, waiting: bool = True) -> Iterator[str]:
    """What a reader of the figures has to know beside them."""
    if shorter and made.request != MEAN_REQUEST:
        yield f"estimated for {_requests(made.request)}, as the context is shorter"
    if waiting and (said := _waiting(made)):
        yield said
    if made.leaves_out:
        yield made.leaves_out


def _waiting(made: Throughput) -> str:
    assert made.full is not None
    *some, last = [f"{each.concurrency:,}" for each in made.at if each.waits] or [""]
    if not last:
        return ""
    held = requests(made.full.running)
    waiting = f"{', '.join(some)} or {last}" if some else last
    return f"with {waiting} requests, {held} run{'s' if held == '1' else ''} at once and the others wait"


def _rate(speed: Speed) -> str:
    return _interval(speed.tokens_per_second, lambda each: f"{each:,.0f}")


def _seconds(seconds: Estimate) -> str:
    """In milliseconds below a second, unless the high end is far above it."""
    if seconds.mid < 1 and seconds.high < _MANY_SECONDS:
        return f"{_interval(seconds, lambda each: f'{each * 1000:,.{int(seconds.mid < 0.01)}f}')} ms"
    return f"{_interval(seconds, lambda each: f'{each:,.{int(seconds.mid < 100)}f}')} s"


def _interval(estimate: Estimate, said: Callable[[float], str]) -> str:
    low, mid, high = map(said, (estimate.low, estimate.mid, estimate.high))
    return mid if low == mid == high else f"{mid} ({span(low, high, '–')})"


def _data(speed: Speed) -> dict[str, Any]:
    return {
        "concurrency": speed.concurrency,
        "tokens_per_second": _list(speed.tokens_per_second, 1, 1),
        "ttft_ms": _list(speed.first_token, 1000, 1),
        "tpot_ms": _list(speed.next_token, 1000, 2),
    }


def _list(estimate: Estimate, unit: float, decimals: int) -> list[float]:
    return [round(each * unit, decimals) for each in (estimate.low, estimate.mid, estimate.high)]
