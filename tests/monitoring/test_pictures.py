"""The pictures of dashboards on their page: of the panels that exist, readable, and small."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.monitoring.pictures.__main__ import FOLDER, pictured
from tests.monitoring.pictures.draw import picture
from tests.monitoring.pictures.shown import Line, Shown, panels
from tests.monitoring.pictures.units import written

_SVG, _DESCRIPTION = "{http://www.w3.org/2000/svg}", "{http://purl.org/dc/elements/1.1/}description"
LARGEST = 300_000  # bytes of all of them


def _texts(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{_SVG}text")]


def test_each_picture_is_of_the_panels_that_exist() -> None:
    """Else `make dashboards` draws them again."""
    now = {name: [each.said for each in shown] for name, (_, shown) in panels(pictured()).items()}
    drawn = {path.stem: ET.parse(path).find(f".//{_DESCRIPTION}") for path in FOLDER.iterdir()}
    assert {name: found.text.splitlines() for name, found in drawn.items() if found is not None and found.text} == now


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.stem)
def test_each_is_on_the_page_and_none_of_its_panels_is_empty_but_what_a_model_that_never_sleeps_holds(
    path: Path,
) -> None:
    page = (ROOT / "docs" / "platform" / "dashboards.md").read_text(encoding="utf-8")
    assert f"](dashboards/{path.name})" in page
    empty = _texts(path.read_text(encoding="utf-8")).count("No data")
    assert empty == (1 if path.stem == "model" else 0)


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LARGEST


def test_a_picture_has_titles_names_and_values_with_their_units() -> None:
    line = Line("llama-8b", False, {10.0: 0.25, 11.0: 0.5})
    broken = Line("l4-a 0", False, {15.0: 79.0})
    drawn = picture(
        "A dashboard",
        [
            Shown("Load", "row", 0, 0, 24, 1),
            Shown("KV cache", "timeseries", 0, 1, 12, 8, unit="percentunit", lines=[line]),
            Shown("Newest XID", "stat", 12, 1, 12, 8, unit="short", red_above=0, lines=[broken]),
        ],
    )
    assert {"A dashboard", "▾ Load", "KV cache", "━ llama-8b", "40%", "Newest XID", "l4-a 0", "79"} <= {*_texts(drawn)}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "s", "0 s"),
        (0.35, "s", "350 ms"),
        (90, "s", "1.5 min"),
        (1500, "ms", "1.5 s"),
        (0.012, "reqps", "0.01 req/s"),
        (0.731, "percentunit", "73.1%"),
        (48, "short", "48"),
        (46_600_000, "short", "46.6 Mil"),
        (10_980, "currencyUSD", "$11K"),
    ],
)
def test_a_value_is_written_as_grafana_does(value: float, unit: str, text: str) -> None:
    assert written(value, unit) == text
