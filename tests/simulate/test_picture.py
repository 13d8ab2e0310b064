"""The picture of a run: what it draws is what the run counted."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from infra.cli.simulate_svg import SHOWN, picture
from infra.simulate.platform import Events
from infra.simulate.run import run
from infra.simulate.timeline import PARTS, ModelLines, Timeline, timeline
from tests.simulate.platforms import SLEEPING, arrivals, platform, server

SVG = "{http://www.w3.org/2000/svg}"
NOTHING = (None,) * PARTS


def seen() -> Timeline:
    of = replace(platform(server(0, 2, scaling=SLEEPING)), events=Events(rollouts=(("chat", 7_200.0),)))
    traffic = arrivals([3_600.0, 3_605.0], seconds=14_400)
    return timeline(of, traffic, run(of, traffic, 1))


def test_lines_are_what_the_run_counted() -> None:
    (chat,) = seen().models
    hour = PARTS // 4
    assert sum(each or 0 for each in chat.requests) * 100 == pytest.approx(2)  # parts of 100 s
    assert chat.replicas[hour - 1] == 0
    assert max(each or 0 for each in chat.replicas[hour : 2 * hour]) == 1
    assert max(each or 0 for each in chat.waiting) == 2
    assert [each for each in chat.first_token if each is not None] == [pytest.approx(170, abs=20)]
    assert dict(seen().nodes)["gpu"][0] == 0
    assert max(each or 0 for each in dict(seen().nodes)["gpu"]) == 1
    assert chat.rollouts == (7_200.0,)


def drawn(found: Timeline, title: str = "small") -> ElementTree.Element:
    return ElementTree.fromstring(picture(found, title))


def texts(of: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in of.iter(f"{SVG}text")]


def test_each_line_and_event_is_drawn_and_named() -> None:
    root = drawn(seen(), 'a "title" of <chat> & others')
    assert 'a "title" of <chat> & others' in texts(root)
    assert "rollout of chat at 2 h" in texts(root)
    lines = [each.get("d", "") for each in root.iter(f"{SVG}path") if each.get("class") == "line"]
    assert len(lines) == 2 * 5  # one per panel, and its sign in the legend
    assert not any("nan" in each or "inf" in each for each in lines)
    assert len([each for each in root.iter(f"{SVG}path") if each.get("class") == "event"]) == 5


def test_models_beyond_the_colours_are_said() -> None:
    one = ModelLines("m", 1, NOTHING, NOTHING, NOTHING, NOTHING, ())
    many = tuple(replace(one, name=f"m{number}") for number in range(SHOWN + 2))
    said = texts(drawn(Timeline(3_600, many, (("gpu", NOTHING),))))
    assert "without 2 more models" in said
    assert f"m{SHOWN - 1}" in said
    assert f"m{SHOWN}" not in said


@pytest.mark.parametrize(
    ("highest", "ticks"), [(0.3, ["0", "0.1", "0.2", "0.3"]), (1_500, ["0", "500", "1,000", "1,500"])]
)
def test_ticks_are_round(highest: float, ticks: list[str]) -> None:
    line = (highest, *NOTHING[1:])
    one = ModelLines("m", 1, line, NOTHING, NOTHING, NOTHING, ())
    said = texts(drawn(Timeline(3_600, (one,), ())))
    start = said.index("m") + 1
    assert said[start : start + len(ticks)] == ticks


def test_whole_things_have_whole_ticks() -> None:
    one = ModelLines("m", 1, NOTHING, (1.0,) * PARTS, NOTHING, NOTHING, ())
    said = texts(drawn(Timeline(3_600, (one,), ())))
    assert "0.5" not in said


def test_a_run_of_days_has_few_hours_below_it() -> None:
    one = ModelLines("m", 1, NOTHING, NOTHING, NOTHING, NOTHING, ())
    said = [each for each in texts(drawn(Timeline(5 * 86_400, (one,), ()))) if each.endswith(" h")]
    assert said[:3] == ["0 h", "15 h", "30 h"]
