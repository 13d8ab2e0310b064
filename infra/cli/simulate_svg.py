"""`simulate --format svg`: the first run as a picture, readable on light and dark pages."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from infra.plan.words import count
from infra.simulate.timeline import PARTS, Line, Timeline

WIDTH, LEFT, RIGHT, HEIGHT, GAP, TOP = 860, 56, 24, 104, 58, 76
SHOWN = 6  # models, and pools: those that stand first in the stack file
_STYLE = """\
  svg { --page: #ffffff; --ink: #1f2328; --faint: #d1d9e0; --quiet: #59636e;
    --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df; --c4: #bf3989; --c5: #59636e; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --ink: #f0f6fc; --faint: #3d444d; --quiet: #9198a1;
      --c0: #4493f8; --c1: #f0883e; --c2: #3fb950; --c3: #ab7df8; --c4: #db61a2; --c5: #9198a1; }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink); }
  .quiet { fill: var(--quiet); font-size: 12px; }
  .grid { stroke: var(--faint); }
  .event { stroke: var(--quiet); stroke-dasharray: 2 3; }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .max { stroke-dasharray: 1 5; opacity: 0.8; }"""


@dataclass(frozen=True)
class _Panel:
    title: str
    lines: Sequence[tuple[str, Line]]
    steps: bool = False  # whole things: their number is the same until it changes
    maxima: Sequence[int] = ()  # dotted, one per line


def picture(found: Timeline, title: str) -> str:
    """One panel below the other, all with the same hours."""
    models = found.models[:SHOWN]
    panels = (
        _Panel("requests per second", [(each.name, each.requests) for each in models]),
        _Panel(
            "replicas that are ready (dotted: their maximum)",
            [(each.name, each.replicas) for each in models],
            steps=True,
            maxima=[each.max for each in models],
        ),
        _Panel("nodes", found.nodes[:SHOWN], steps=True),
        _Panel("requests in a queue, at most", [(each.name, each.waiting) for each in models], steps=True),
        _Panel("seconds to the first token: 95 of 100 come sooner", [(each.name, each.first_token) for each in models]),
    )
    height = TOP + len(panels) * (HEIGHT + GAP) - 6
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE}\n</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="var(--page)"/>',
        f'<text x="{LEFT}" y="22">{escape(title)}</text>',
        f'<text class="quiet" x="{LEFT}" y="40">{escape(_events(found))}</text>',
        *_left_out(found),
    ]
    for number, panel in enumerate(panels):
        lines += _drawn(panel, TOP + number * (HEIGHT + GAP), found)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _left_out(found: Timeline) -> Iterator[str]:
    more = [(len(found.models) - SHOWN, "model"), (len(found.nodes) - SHOWN, "pool")]
    said = " and ".join(count(number, f"more {what}") for number, what in more if number > 0)
    if said:
        yield f'<text class="quiet" x="{WIDTH - RIGHT}" y="22" text-anchor="end">without {said}</text>'


def _events(found: Timeline) -> str:
    """What the upright lines are."""
    begun = sorted((at, each.name) for each in found.models for at in each.rollouts)
    return "; ".join(f"rollout of {name} at {at / 3600:g} h" for at, name in begun)


def _drawn(panel: _Panel, top: int, found: Timeline) -> Iterator[str]:
    bottom, hours = top + HEIGHT, found.seconds / 3600
    highest = max([*(value or 0.0 for _, line in panel.lines for value in line), *panel.maxima, 1e-9])
    step = _step(highest, whole=panel.steps)
    last = step * math.ceil(highest / step)
    yield f'<text x="{LEFT}" y="{top - 10}">{panel.title}</text>'
    yield from _legend(panel, top - 10)

    def y(value: float) -> float:
        return round(bottom - value / last * HEIGHT, 1)

    for number in range(round(last / step) + 1):
        value = number * step
        yield f'<path class="grid" d="M{LEFT} {y(value)}H{WIDTH - RIGHT}"/>'
        yield f'<text class="quiet" x="{LEFT - 8}" y="{y(value) + 4}" text-anchor="end">{value:,g}</text>'
    every = max(1, round(hours / 8))
    for hour in range(0, int(hours) + 1, every):
        x, anchor = _x(hour / hours), "end" if hour + every / 2 > hours else "middle"
        yield f'<path class="grid" d="M{x} {bottom}v4"/>'
        yield f'<text class="quiet" x="{x}" y="{bottom + 17}" text-anchor="{anchor}">{hour} h</text>'
    for each in found.models:
        yield from (f'<path class="event" d="M{_x(at / found.seconds)} {top}V{bottom}"/>' for at in each.rollouts)
    for number, maximum in enumerate(panel.maxima):
        yield f'<path class="line max" stroke="var(--c{number})" d="M{LEFT} {y(maximum) - number}H{WIDTH - RIGHT}"/>'
    for number, (_, line) in enumerate(panel.lines):
        # Lines on each other are a little apart, so that all are seen.
        path = " ".join(_path(line, lambda value, up=1.5 * number: round(y(value) - up, 1), steps=panel.steps))
        yield f'<path class="line" stroke="var(--c{number})" d="{path}"/>'


def _legend(panel: _Panel, y: int) -> Iterator[str]:
    x = float(WIDTH - RIGHT)
    for number, (name, _) in reversed(list(enumerate(panel.lines))):
        x -= 7.2 * len(name)
        yield f'<text x="{x:.0f}" y="{y}">{escape(name)}</text>'
        yield f'<path class="line" stroke="var(--c{number})" d="M{x - 22:.0f} {y - 4}h16"/>'
        x -= 36


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - RIGHT - LEFT), 1)


def _path(line: Line, y: Callable[[float], float], *, steps: bool) -> Iterator[str]:
    """Parts in which nothing was measured are a gap."""
    before: float | None = None
    for part, value in enumerate(line):
        if value is not None:
            start, end = _x(part / PARTS), _x((part + 1) / PARTS)
            middle = round((start + end) / 2, 1)
            if steps:
                yield f"M{start} {y(value)}H{end}" if before is None else f"V{y(value)}H{end}"
            else:
                # A part beside gaps is a point.
                yield f"M{middle - 1} {y(value)}L{middle} {y(value)}" if before is None else f"L{middle} {y(value)}"
        before = value


def _step(highest: float, *, whole: bool) -> float:
    """Of 1, 2 and 5 times a power of ten the one of which up to four reach the highest value."""
    power = 10.0 ** math.floor(math.log10(highest / 4))
    step = next(each * power for each in (1, 2, 5, 10) if each * power * 4 >= highest)
    return max(1.0, step) if whole else step
