"""A picture of estimated against logged values: plain SVG, readable on light and dark pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

WIDTH, RIGHT, TOP = 760, 24, 70
LEFT, HEIGHT = 64, 420  # of the upper plot
NAMES, ROW, GAP = 330, 17, 96  # of the lower plot: one row per log
STYLE = """\
  svg { --page: #ffffff; --ink: #1f2328; --faint: #d1d9e0; --quiet: #59636e; --mark: #0969da; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --ink: #f0f6fc; --faint: #3d444d; --quiet: #9198a1; --mark: #4493f8; }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink); }
  .quiet { fill: var(--quiet); font-size: 12px; }
  .grid { stroke: var(--faint); }
  .equal { stroke: var(--ink); stroke-dasharray: 5 4; }
  .bar { stroke: var(--mark); stroke-width: 2; opacity: 0.6; }
  .mark { stroke: var(--mark); stroke-width: 2; fill: var(--page); }
  .full { fill: var(--mark); }"""

Kind = Literal["inside", "outside", "not counted"]
MARKS: dict[Kind, str] = {
    "inside": '<circle class="mark full" cx="{x}" cy="{y}" r="2.5"/>',
    "outside": '<path class="mark" d="M0 -6 6 0 0 6 -6 0Z" transform="translate({x} {y})"/>',
    "not counted": '<path class="mark" d="M-5 -5 5 5M-5 5 5 -5" transform="translate({x} {y})"/>',
}
LEGEND: dict[Kind, str] = {
    "inside": "logged value inside the interval",
    "outside": "outside it",
    "not counted": "not counted",
}


@dataclass(frozen=True)
class Point:
    """A logged value, its estimate and the interval, in GiB."""

    name: str
    logged: float
    low: float
    estimate: float
    high: float
    kind: Kind


@dataclass(frozen=True)
class Axis:
    """GiB to pixels, from one tick to another."""

    first: int
    last: int
    step: int
    start: float  # pixels
    end: float

    def __call__(self, gib: float) -> float:
        return round(self.start + (gib - self.first) / (self.last - self.first) * (self.end - self.start), 1)

    @property
    def ticks(self) -> range:
        return range(self.first, self.last + 1, self.step)


def scatter(points: Sequence[Point], title: str) -> str:
    """Above, all values in one plot; below, the error of each value, by name."""
    rows = sorted(points, key=lambda point: point.logged)
    below = TOP + HEIGHT + GAP
    height = below + ROW * len(rows) + 28
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}\n</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="var(--page)"/>',
        *_legend(),
        *_values(rows),
        *_errors(rows, below),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _axis(values: Sequence[float], step: int, start: float, end: float) -> Axis:
    """The ticks of an axis that contains all values."""
    return Axis(int(step * (min(values) // step)), int(-step * (-max(values) // step)), step, start, end)


def _legend() -> Iterator[str]:
    x = LEFT
    for kind, words in LEGEND.items():
        yield MARKS[kind].format(x=x, y=16)
        yield f'<text x="{x + 12}" y="20">{words}</text>'
        x += 40 + 7 * len(words)
    yield f'<path class="equal" d="M{x} 16h26"/><text x="{x + 32}" y="20">estimated = logged</text>'


def _values(points: Sequence[Point]) -> Iterator[str]:
    bottom = TOP + HEIGHT
    x = _axis([point.logged for point in points], 10, LEFT, WIDTH - RIGHT)
    y = _axis([gib for point in points for gib in (point.low, point.high)], 10, bottom, TOP)
    yield f'<text x="{LEFT}" y="{TOP - 14}">estimated KV cache, GiB on each GPU, with its interval</text>'
    for tick in y.ticks:
        yield f'<path class="grid" d="M{LEFT} {y(tick)}H{WIDTH - RIGHT}"/>'
        yield f'<text class="quiet" x="{LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{tick}</text>'
    yield from _upright(x, TOP, bottom)
    yield f'<text x="{WIDTH - RIGHT}" y="{bottom + 38}" text-anchor="end">logged, GiB on each GPU</text>'
    ends = max(x.first, y.first), min(x.last, y.last)
    yield f'<path class="equal" d="M{x(ends[0])} {y(ends[0])}L{x(ends[1])} {y(ends[1])}"/>'
    for point in points:
        yield f'<path class="bar" d="M{x(point.logged)} {y(point.low)}V{y(point.high)}"/>'
        yield MARKS[point.kind].format(x=x(point.logged), y=y(point.estimate))


def _errors(points: Sequence[Point], top: int) -> Iterator[str]:
    off = [gib - point.logged for point in points for gib in (point.low, point.high)]
    x = _axis(off, 5, NAMES, WIDTH - RIGHT)
    bottom = top + ROW * len(points)
    yield f'<text x="{WIDTH - RIGHT}" y="{top - 14}" text-anchor="end">estimated less logged, GiB</text>'
    yield from _upright(x, top, bottom)
    yield f'<path class="equal" d="M{x(0)} {top}V{bottom}"/>'
    for row, point in enumerate(points):
        y = top + ROW * row + ROW / 2
        yield f'<text class="quiet" x="{NAMES - 12}" y="{y + 4}" text-anchor="end">{escape(point.name)}</text>'
        yield f'<path class="bar" d="M{x(point.low - point.logged)} {y}H{x(point.high - point.logged)}"/>'
        yield MARKS[point.kind].format(x=x(point.estimate - point.logged), y=y)


def _upright(x: Axis, top: int, bottom: int) -> Iterator[str]:
    for tick in x.ticks:
        yield f'<path class="grid" d="M{x(tick)} {top}V{bottom}"/>'
        yield f'<text class="quiet" x="{x(tick)}" y="{bottom + 18}" text-anchor="middle">{tick}</text>'
