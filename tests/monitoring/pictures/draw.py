"""A dashboard as an SVG, in the grid and the colours of Grafana."""

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from tests.monitoring.pictures.day import NOW
from tests.monitoring.pictures.shown import HOURS, STEP, Line, Shown
from tests.monitoring.pictures.units import written

_PAGE, _PANEL, _INK, _QUIET, _GRID, _RED, _GREEN = (
    "#111217", "#181b1f", "#d8d9dd", "#9a9ca5", "#2c2f36", "#f2495c", "#73bf69",
)  # fmt: skip
_LINES = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#b877d9", "#5794f2", "#96d98d")
_UNIT = 0.46  # inches that one of 24 columns is wide
_TALL = 0.3  # inches of one of a panel's height
_HEAD = 0.55  # inches of the title of the dashboard
_PAD = 0.05
_CENTRED: dict[str, Any] = {"ha": "center", "va": "center"}
Place = tuple[float, float, float, float]  # left, bottom, width, height
_FONT = "font-family: 'DejaVu Sans', sans-serif"
_PLACES = re.compile(r' (?:d|x|y|width|height|transform)="[^"]*"')
_LONG, _TURNED = re.compile(r"(\d+\.\d)\d+"), re.compile(r' transform="rotate\(-0 [^"]*"')


def picture(title: str, panels: Sequence[Shown]) -> str:
    """The panels' `said` are in it, as its description."""
    width, rows = 24 * _UNIT, max(each.y + each.height for each in panels)
    height = _HEAD + rows * _TALL
    look: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "dashboards",
        "text.color": _INK,
        "font.size": 8,
        "font.sans-serif": ["DejaVu Sans", "sans-serif"],
    }
    with mpl.rc_context(look):
        figure = Figure(figsize=(width, height), facecolor=_PAGE)
        figure.text(0.01, 1 - 0.3 / height, title, size=13, weight="bold", va="center")
        figure.text(0.99, 1 - 0.3 / height, f"Last {HOURS} hours", size=9, color=_QUIET, va="center", ha="right")
        for each in panels:
            _panel(figure, each, (width, height))
        file = io.StringIO()
        said = "\n".join(each.said for each in panels)
        figure.savefig(file, format="svg", metadata={"Date": None, "Title": title, "Description": said})
    return _short(file.getvalue())


def _short(svg: str) -> str:
    """Half as long: tenths of a point are enough, and the font is the same in all of it."""
    svg = _TURNED.sub("", svg).replace(f"{_FONT}; ", "").replace("<svg ", f'<svg style="{_FONT}" ', 1)
    return _PLACES.sub(lambda place: _LONG.sub(r"\1", place[0]), svg)


def _panel(figure: Figure, panel: Shown, size: tuple[float, float]) -> None:
    left, top = panel.x * _UNIT + _PAD, size[1] - _HEAD - panel.y * _TALL - _PAD
    wide, tall = panel.width * _UNIT - 2 * _PAD, panel.height * _TALL - 2 * _PAD

    def place(x: float, y: float, width: float = 0, height: float = 0) -> Place:
        """Inches of the panel, from its upper left corner, to shares of the figure."""
        return (left + x) / size[0], (top - y - height) / size[1], width / size[0], height / size[1]

    x, y, *_ = place(0.1, 0.14)
    if panel.kind == "row":
        figure.text(x, y, f"▾ {panel.title}", size=10, weight="bold", va="center")
        return
    corner_x, corner_y, across, along = place(0, 0, wide, tall)
    look: dict[str, Any] = {"boxstyle": "square,pad=0", "fc": _PANEL, "ec": _GRID, "lw": 0.8, "zorder": -1}
    figure.add_artist(FancyBboxPatch((corner_x, corner_y), across, along, **look))
    figure.text(x, y, panel.title, size=8.5, weight="bold", va="center")
    if panel.kind == "stat":
        _numbers(figure, panel, place(0, 0.25, wide, tall - 0.25))
        return
    names = _legend_rows(panel.lines, wide)
    legend = 0.16 * len(names)
    _plot(figure.add_axes(place(0.62, 0.36, wide - 0.78, tall - 0.58 - legend), facecolor=_PANEL), panel)
    for row, each in enumerate(names):
        right = 0.15
        for number, line in each:
            x, y, *_ = place(right, tall + 0.06 - legend + 0.16 * row)
            figure.text(x, y, f"━ {line.name}", size=7, color=_LINES[number % len(_LINES)], va="center")
            right += _long(line.name)


def _long(name: str) -> float:
    """Inches of a name in the legend: an estimate from its letters."""
    return 0.25 + 0.062 * len(name)


def _legend_rows(lines: Sequence[Line], wide: float) -> list[list[tuple[int, Line]]]:
    rows: list[list[tuple[int, Line]]] = [[]]
    room = wide - 0.2
    for number, line in enumerate(lines):
        if rows[-1] and sum(_long(each.name) for _, each in rows[-1]) + _long(line.name) > room:
            rows.append([])
        rows[-1].append((number, line))
    return rows


def _plot(axes: Axes, panel: Shown) -> None:
    if not panel.lines:
        axes.text(0.5, 0.5, "No data", size=10, color=_QUIET, transform=axes.transAxes, **_CENTRED)
    for number, line in enumerate(panel.lines):
        style = "--" if line.dashed else "-"
        hours = sorted(line.values)
        axes.plot(*_with_gaps(hours, line), style, color=_LINES[number % len(_LINES)], lw=1.1)
    highest = max((value for line in panel.lines for value in line.values.values()), default=1)
    axes.set_ylim(0, highest * 1.1 or 1)
    axes.set_xlim(NOW - HOURS, NOW)
    minutes = panel.unit == "s" and highest > 60
    nice = MultipleLocator(60 * math.ceil(highest / 180)) if minutes else MaxNLocator(4, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_locator(nice)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value, panel.unit)))
    axes.xaxis.set_major_locator(MaxNLocator(3 if panel.width < 8 else 6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: f"{int(hour):02}:00"))
    axes.tick_params(colors=_QUIET, labelsize=7, length=0)
    axes.tick_params("x", pad=5)
    axes.grid(color=_GRID, lw=0.6)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _with_gaps(hours: Sequence[float], line: Line) -> tuple[list[float], list[float]]:
    """Where an answer is missing, the line has a gap."""
    found: tuple[list[float], list[float]] = ([], [])
    for before, hour in zip([hours[0], *hours], hours, strict=False):
        if hour - before > 1.5 * STEP / 3600:
            found[0].append(hour)
            found[1].append(float("nan"))
        found[0].append(hour)
        found[1].append(line.values[hour])
    return found


def _numbers(figure: Figure, panel: Shown, place: Place) -> None:
    left, bottom, wide, tall = place
    for number, line in enumerate(panel.lines):
        (value,) = line.values.values()
        red = panel.red_above is not None and value >= panel.red_above
        colour = _RED if red else _INK if panel.red_above is None else _GREEN
        middle = left + wide * (number + 0.5) / len(panel.lines)
        size = 22 if len(panel.lines) < 4 else 13
        figure.text(middle, bottom + tall * 0.45, written(value, panel.unit), size=size, color=colour, **_CENTRED)
        if panel.names:
            figure.text(middle, bottom + tall * 0.8, line.name, size=7.5, color=_QUIET, **_CENTRED)
