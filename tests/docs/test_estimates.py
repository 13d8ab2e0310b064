"""The sums in docs/estimates.md are right, and its picture shows every log with the right mark."""

import re
from xml.etree import ElementTree

import pytest

from benchmarks.memory import measured, start_up_logs
from docs.estimates import generated, points
from docs.markers import filled
from docs.scatter import MARKS, Kind, Point, scatter
from infra.clouds.aws import warnings
from infra.planning.billed_nodes import ROLLOUTS_ASSUMED
from infra.services.serving import cold_start, prefetch

TEXTS = {path.name: text for path, text in generated().items()}
PAGE = TEXTS["estimates.md"]
LOGS = start_up_logs()


def rows(block: str) -> list[list[str]]:
    table = PAGE.partition(f"<!-- {block}: begin -->\n")[2].partition("\n<!--")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_terms_of_the_example_add_up_to_its_interval() -> None:
    usable, *terms, cache = ([float(cell) for cell in row[2:]] for row in rows("example"))
    estimate, low, high = (usable[n] - sum(term[m] for term in terms) for n, m in ((0, 0), (1, 2), (2, 1)))
    assert [estimate, low, high] == pytest.approx(cache, abs=0.03)


def test_the_parts_of_the_cold_start_add_up() -> None:
    *parts, total = ([float(cell.replace(",", "")) for cell in row[2:]] for row in rows("cold start"))
    assert [sum(column) for column in zip(*parts, strict=True)] == pytest.approx(total, abs=3)


def test_the_hours_of_rollouts_are_those_that_the_bill_counts() -> None:
    """Each term of the program's own assumption; tests/planning/test_bill.py calculates with the same ones."""
    page = " ".join(PAGE.split())
    formula = re.search(r"4 rollouts per model per month x \((.*?)removes it\)", page)
    assert formula
    for term in ("cold start at its slow end", "the old pod's grace period", "10 min until the autoscaler"):
        assert term in ROLLOUTS_ASSUMED
        assert term in formula[1]


def test_every_log_has_its_row() -> None:
    shown = rows("memory table")
    logs = [*measured(), *LOGS]
    assert [row[0] for row in shown] == [log.name for log in logs]
    assert sum("outside" in row[2] for row in shown) == sum(log.logged is not None and not log.inside for log in logs)
    assert sum("not counted" in row[2] for row in shown) == sum(not log.counted for log in logs)


def test_the_picture_has_every_log_that_states_its_cache_twice() -> None:
    picture = TEXTS["estimates.svg"]
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert picture.count('class="bar"') == 2 * sum(log.logged is not None for log in LOGS) > 50


@pytest.mark.parametrize("kind", MARKS)
def test_a_mark_is_known_by_its_shape(kind: Kind) -> None:
    picture = scatter([Point("<a & b>", 5.0, 2.0, 4.0, 6.0, kind)], "cache")
    shape = MARKS[kind].split("{")[0]
    others = [mark.split("{")[0] for other, mark in MARKS.items() if other != kind]
    assert picture.count(shape) == 3  # once in the legend
    assert [picture.count(other) for other in others] == [1, 1]
    assert "&lt;a &amp; b&gt;" in picture


def test_a_point_is_where_its_values_are() -> None:
    known = [Point("low", 0.0, 0.0, 0.0, 0.0, "inside"), Point("high", 10.0, 9.0, 10.0, 12.0, "inside")]
    marks = re.findall(r'class="mark full" cx="([\d.]+)" cy="([\d.]+)"', scatter(known, "cache"))
    assert marks[1] == ("64.0", "490.0")
    assert marks[2] == ("736.0", "280.0")


def test_kinds_follow_the_benchmark() -> None:
    kinds = [point.kind for point in points(LOGS)]
    assert kinds.count("outside") == sum(log.counted and log.logged is not None and not log.inside for log in LOGS)
    assert kinds.count("not counted") == sum(not log.counted and log.logged is not None for log in LOGS)


def test_a_block_goes_between_its_markers() -> None:
    page = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n"
    assert filled(page, {"x": "new \\1"}) == page.replace("old", "new \\1")
    for blocks in ({}, {"y": ""}, {"x": "", "y": ""}):
        with pytest.raises(ValueError, match="markers for"):
            filled(page, blocks)


def test_fixed_timeouts_on_the_page_are_those_of_the_code() -> None:
    assert f"nothing was written for {prefetch.STALL_SECONDS};" in PAGE
    assert f"| {cold_start.PRE_STOP} until load balancers send no more + drain + {cold_start.AFTER_DRAIN}:" in PAGE
    assert f"at least the {cold_start.NGINX_IDLE} of nginx, + {cold_start.KEEP_ALIVE_MARGIN}:" in PAGE
    notice, noticed, before = warnings.SPOT_NOTICE_SECONDS, warnings.SPOT_NOTICED_SECONDS, cold_start.PRE_STOP
    left = f"{notice - noticed - before} are left of AWS's notice: {notice} less {noticed} until EKS drains the node"
    assert f"{left} (assumed) less the {before} below" in PAGE
    assert f"twice the gateway's timeout, which is {cold_start.GATEWAY_TIMEOUT} where the stack file has none" in PAGE
