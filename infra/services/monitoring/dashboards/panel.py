"""What a dashboard is, as plain data."""

from dataclasses import dataclass
from typing import Literal

# Grafana's names of units. Its `h` isn't among them: it would show 48 GPU-hours as "2 days".
Unit = Literal["short", "reqps", "s", "ms", "percentunit", "percent", "currencyUSD", "celsius", "watt"]
TODAY, THIS_MONTH = "now/d", "now/M"


@dataclass(frozen=True)
class Asked:
    """One query. The lines of its answer are named by `legend`, in which {{label}} is the value of a label."""

    promql: str
    legend: str = ""
    level: bool = False  # a promise or a figure of the plan, not measured: a dashed line


@dataclass(frozen=True)
class Panel:
    title: str
    help: str  # what it shows, and what to make of it
    unit: Unit
    asked: tuple[Asked, ...]
    number: bool = False  # the newest values as numbers; else lines over time
    since: str = ""  # when its time begins; blank: as the dashboard says
    red_above: float | None = None


@dataclass(frozen=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Choice:
    """A list at the top of a dashboard, whose choice stands for $NAME in its queries."""

    name: str
    title: str
    values: tuple[str, ...]
    all: bool = False  # all of them, unless the reader chooses some


@dataclass(frozen=True)
class Dashboard:
    name: str  # platform, model, ...
    title: str
    about: str
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...] = ()

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows for panel in row.panels)
