"""What docs/simulate.md takes from the comparison of scalers: a table for each kind of traffic, and a picture."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.contenders import DEFAULT, ORACLE, TRACES, Row, beats, on_front, read
from docs.labels import Place, labels, leader
from docs.markers import table
from docs.scatter import STYLE

TITLE = "GPU-hours and waits for the first token, by scaler and kind of traffic"
_WIDTH, _HEIGHT, _LEFT, _TOP = 760, 300, 56, 48
_LONGEST = 300.0  # seconds: requests that wait longer are lost
_SHORTEST = 0.5
_LETTERS = "abcdefghijklmnop"
_WAITS = (0.5, 1, 3, 10, 30, 100, 300)


def block() -> str:
    rows, parts = read(), list[str]()
    for traffic, rate in TRACES.items():
        mine = [each for each in rows if each.traffic == traffic]
        parts.append(f"**{traffic}**, {rate:g} requests per second in the peak hour:\n")
        parts.append(
            table(_HEAD, [_cells(letter, each, mine) for letter, each in zip(_LETTERS, mine, strict=False)], right=6)
            + "\n"
        )
        parts += _why_not_on_front(mine)
    return "\n".join(parts).rstrip()


def _why_not_on_front(rows: Sequence[Row]) -> Iterator[str]:
    default = next(each for each in rows if each.scaler == DEFAULT)
    better = [each.scaler for each in rows if beats(each, default)]
    if better:
        yield (
            f"This plan's default isn't on the front here: *{'* and *'.join(better)}* has fewer GPU-hours and a shorter"
            " wait. The reason is below.\n"
        )


_HEAD = ["", "scaler", "on the front", "GPU-hours per day", "first token p95", "lost", "replicas: mean", "max", "turns"]


def _cells(letter: str, row: Row, rows: Sequence[Row]) -> list[str]:
    front = "bound" if row.scaler == ORACLE else "yes" if on_front(row, rows) else "no"
    name = f"**{row.scaler}**" if row.scaler == DEFAULT else row.scaler
    wait = (
        f"{row.first_token_p95:,.{2 if row.first_token_p95 < 10 else 0}f} s"
        if math.isfinite(row.first_token_p95)
        else "lost"
    )
    return [
        letter,
        name,
        front,
        f"{row.gpu_hours:,.0f}",
        wait,
        f"{row.lost_percent:.1f} %" if row.lost_percent else "0",
        f"{row.replicas_mean:.1f}",
        str(row.replicas_max),
        str(row.turns),
    ]


def picture() -> str:
    """A panel for each kind of traffic, one below the other; the letters are those of the tables."""
    rows = read()
    height = len(TRACES) * (_HEIGHT + _TOP) + 20
    panels = [
        line
        for number, traffic in enumerate(TRACES)
        for line in _panel(traffic, [each for each in rows if each.traffic == traffic], number * (_HEIGHT + _TOP))
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            f"<title>{escape(TITLE)}</title>",
            f"<style>\n{STYLE}\n  .leader {{ stroke: var(--quiet); }}\n</style>",
            f'<rect width="{_WIDTH}" height="{height}" fill="var(--page)"/>',
            *panels,
            "</svg>\n",
        ]
    )


def _panel(traffic: str, rows: Sequence[Row], top: float) -> Iterator[str]:
    high, low = top + _TOP, top + _HEIGHT
    largest = max(each.gpu_hours for each in rows)
    yield f'<text x="{_LEFT}" y="{high - 30}">{traffic}: first token p95, s (upwards) and GPU-hours per day</text>'
    for wait in _WAITS:
        y = _y(wait, high, low)
        yield f'<path class="grid" d="M{_LEFT} {y}H{_WIDTH - 24}"/>'
        yield f'<text class="quiet" x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{wait:g}</text>'
    for tick in range(0, math.ceil(largest / 50) * 50 + 1, 50):
        yield f'<text class="quiet" x="{_x(tick, largest)}" y="{low + 18}" text-anchor="middle">{tick}</text>'
    places = [_place(each, largest, high, low) for each in rows]
    for letter, each, place, at in zip(_LETTERS, rows, places, labels(places, high - 8, low - 8), strict=False):
        yield from _point(letter, each, place, at)


def _place(row: Row, largest: float, high: float, low: float) -> Place:
    return _x(row.gpu_hours, largest), _y(min(row.first_token_p95, _LONGEST), high, low)


def _point(letter: str, row: Row, place: Place, at: Place) -> Iterator[str]:
    if path := leader(place, at):
        yield f'<path class="leader" d="{path}"/>'
    full = " full" if row.scaler == DEFAULT else ""
    yield (
        f'<circle class="mark{full}" cx="{place[0]}" cy="{place[1]}" r="4"><title>{escape(row.scaler)}</title></circle>'
    )
    yield f'<text x="{at[0]}" y="{round(at[1] + 4, 1)}" text-anchor="middle">{letter}</text>'


def _x(hours: float, largest: float) -> float:
    return round(_LEFT + hours / (math.ceil(largest / 50) * 50) * (_WIDTH - 24 - _LEFT), 1)


def _y(wait: float, high: float, low: float) -> float:
    share = math.log(max(wait, _SHORTEST) / _SHORTEST) / math.log(_LONGEST / _SHORTEST)
    return round(low - share * (low - high), 1)
