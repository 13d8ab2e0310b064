"""What a dashboard of Grafana shows: its panels as its JSON has them, with what a Prometheus answers."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from infra.plan.plan import Plan
from infra.services.monitoring.dashboards.all import dashboards, texts
from infra.services.monitoring.dashboards.panel import TODAY, Dashboard
from tests.monitoring.panels import RANGE, as_sent
from tests.monitoring.pictures.day import NOW
from tests.monitoring.pictures.lived import DAY

HOURS = 6  # that a dashboard shows
STEP = 360  # seconds
_MODEL = "llama-70b"
_LABEL = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Line:
    name: str
    dashed: bool
    values: Mapping[float, float]  # hour of the day -> value


@dataclass(frozen=True)
class Shown:
    """A panel, and its place in a grid that is 24 wide."""

    title: str
    kind: str  # row, timeseries, stat
    x: int
    y: int
    width: int
    height: int
    unit: str = ""
    red_above: float | None = None
    names: bool = True  # whether the names of the lines are there
    lines: Sequence[Line] = ()

    @property
    def said(self) -> str:
        """What a reader sees of it, whatever the values: a picture without it is of other panels."""
        place = f"{self.x},{self.y},{self.width},{self.height}"
        return " | ".join([self.title, self.kind, self.unit, place, f"{self.red_above}"])


def panels(plan: Plan, url: str | None = None) -> Mapping[str, tuple[str, list[Shown]]]:
    """By name of the dashboard, its title and its panels; without a Prometheus, without lines."""
    found = {}
    for made in dashboards(plan):
        read = json.loads(texts(plan)[f"{made.name}.json"])
        found[made.name] = read["title"], [_shown(each, made, url) for each in read["panels"]]
    return found


def _shown(panel: Mapping[str, Any], made: Dashboard, url: str | None) -> Shown:
    place, defaults = panel["gridPos"], panel.get("fieldConfig", {}).get("defaults", {})
    red = [step["value"] for step in defaults.get("thresholds", {}).get("steps", []) if step["color"] == "red"]
    return Shown(
        panel["title"],
        panel["type"],
        *(place[each] for each in ("x", "y", "w", "h")),
        unit=defaults.get("unit", ""),
        red_above=red[0] if red else None,
        names=panel.get("options", {}).get("textMode") != "value",
        lines=[line for each in panel.get("targets", []) for line in _asked(each, panel, made, url)] if url else (),
    )


def _asked(target: Mapping[str, Any], panel: Mapping[str, Any], made: Dashboard, url: str) -> Iterator[Line]:
    """Of _MODEL, where the list at the top asks for a model."""
    since = panel.get("timeFrom")
    seconds = RANGE if since is None else NOW * 3600 + (0 if since == TODAY else (DAY.day - 1) * 24 * 3600)
    sent, now = as_sent(target["expr"], made, round(seconds)), DAY.timestamp() + NOW * 3600
    asks = [list(each.values).index(_MODEL) for each in made.choices if _MODEL in each.values]
    query = sent[asks[0] if asks else 0]
    if target["instant"]:
        answer = _read(f"{url}/api/v1/query", query=query, time=now)
    else:
        answer = _read(f"{url}/api/v1/query_range", query=query, start=now - HOURS * 3600, end=now, step=STEP)
    overrides = panel.get("fieldConfig", {}).get("overrides", [])
    dashed = target["refId"] in [each["matcher"]["options"] for each in overrides]
    for each in answer["data"]["result"]:
        points = each.get("values") or [each["value"]]
        values = {(time - DAY.timestamp()) / 3600: float(value) for time, value in points}
        known = {hour: value for hour, value in values.items() if math.isfinite(value)}
        yield Line(_name(target.get("legendFormat", ""), each["metric"]), dashed, known)


def _name(legend: str, labels: Mapping[str, str]) -> str:
    return _LABEL.sub(lambda found: labels.get(found[1], ""), legend)


def _read(url: str, **asked: Any) -> Any:
    with urlopen(url, urlencode(asked).encode(), timeout=60) as answer:
        return json.load(answer)
