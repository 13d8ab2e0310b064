"""Pools whose nodes are those of a Capacity Block: a reviewer sees at which times a model has none."""

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.advice import advice
from infra.diff.difference import Difference, compare
from infra.diff.traffic import Notice
from infra.settings import capacity
from infra.sides.types import Side
from tests.diff.stacks import edited, side

EARLY = {
    "capacityBlock": "cr-0a1b2c3d4e5f60719",
    "from": "2099-01-01T11:30:00Z",
    "to": "2099-01-15T11:30:00Z",
    "zone": "use1-az2",
}
LATE = EARLY | {"from": "2099-05-01T11:30:00Z", "to": "2099-05-15T11:30:00Z"}
LONGER = EARLY | {"to": "2099-02-15T11:30:00Z"}
IN_EARLY, BEFORE = datetime(2099, 1, 5, tzinfo=UTC), datetime(2098, 12, 24, tzinfo=UTC)
EARLY_SAID, LATE_SAID = "2099-01-01 11:30 to 2099-01-15 11:30 UTC", "2099-05-01 11:30 to 2099-05-15 11:30 UTC"


def planned(steps: list[Any], **more: Any) -> Side:
    pool = {"instanceTypes": ["p5.48xlarge"], "capacity": steps, "max": 1}
    zones = {"cluster.create.zones": ["use1-az2", "use1-az4"], "budget": None}
    return side("cloud", edited("cloud", {**zones, "gpuPools.l40s": pool, **more}))


def changed(before: list[Any], after: list[Any], **more: Any) -> Difference:
    return compare("cloud", planned(before), planned(after, **more))


def of_code(found: Difference) -> Notice:
    return next(each for each in found.notices if each.model == "code")


@pytest.mark.parametrize(
    ("before", "after", "now", "title", "during", "afterwards"),
    [
        pytest.param(
            [EARLY, "on-demand"],
            [EARLY],
            BEFORE,
            f"`code` down until 2099-01-01 11:30 UTC; no node for `code` outside {EARLY_SAID}",
            "down until 2099-01-01 11:30 UTC, when its Capacity Block begins: it has no node before that",
            f"no node outside its Capacity Block's window, {EARLY_SAID}; was at any time",
            id="nothing beside the block any more, before it begins",
        ),
        pytest.param(
            [EARLY, "on-demand"],
            [EARLY],
            IN_EARLY,
            f"`code` down for a while; no node for `code` outside {EARLY_SAID}",
            "may be down for about ",
            f"no node outside its Capacity Block's window, {EARLY_SAID}; was at any time",
            id="nothing beside the block any more, while it has nodes",
        ),
        pytest.param(
            [EARLY],
            [LATE],
            IN_EARLY,
            f"`code` down until 2099-05-01 11:30 UTC; no node for `code` outside {LATE_SAID}",
            "down until 2099-05-01 11:30 UTC",
            f"no node outside its Capacity Block's window, {LATE_SAID}; was {EARLY_SAID} alone",
            id="a later window ends what runs",
        ),
        pytest.param(
            [EARLY],
            [LATE],
            BEFORE,
            f"no node for `code` outside {LATE_SAID}",
            "nothing: it has no node now, and none until 2099-05-01 11:30 UTC",
            f"no node outside its Capacity Block's window, {LATE_SAID}; was {EARLY_SAID} alone",
            id="a later window before the first one",
        ),
        pytest.param(
            ["on-demand", EARLY],
            ["on-demand", LATE],
            IN_EARLY,
            "",
            "nothing",
            f"nodes of its Capacity Block {LATE_SAID}, was {EARLY_SAID}; outside that the pool's other nodes",
            id="a later window beside other nodes",
        ),
        pytest.param(
            [EARLY, "on-demand"],
            ["on-demand", EARLY],
            IN_EARLY,
            "what is reserved for `l40s` is paid, and may stay unused: other nodes are asked for first",
            "nothing",
            "",
            id="the block is asked for last",
        ),
        pytest.param(
            [EARLY],
            [LONGER],
            IN_EARLY,
            "",
            "nothing",
            "no node outside its Capacity Block's window, 2099-01-01 11:30 to 2099-02-15 11:30 UTC; was"
            f" {EARLY_SAID} alone",
            id="a longer window",
        ),
    ],
)
def test_the_times_without_a_node_are_said(
    before: list[Any],
    after: list[Any],
    now: datetime,
    title: str,
    during: str,
    afterwards: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capacity, "now", lambda: now)
    found = changed(before, after)
    code = of_code(found)
    assert code.during.startswith(during)
    assert code.afterwards[:1] == ((afterwards,) if afterwards else ())
    line = markdown(headline(found))
    allowed = line.partition("node group `l40s`; ")[2] or line.partition("; ")[2]
    assert allowed == title
    assert bool(title) == (mark(found) != "✅")
    assert not found.without_effect


def test_how_to_make_the_change_does_not_hide_that_no_node_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "now", lambda: IN_EARLY)
    found = changed([EARLY, "on-demand"], [EARLY])
    (way,) = advice(found.old, found.new, found.refused, found.notices)
    assert way.startswith("`code` has no node outside a Capacity Block's window afterwards, at whatever time")
    assert "few requests" not in way
    assert [each["message"] for each in found.warnings.introduced if "have no node" in each["message"]]


def test_a_new_model_on_a_block_that_has_not_begun_is_not_promised_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "now", lambda: BEFORE)
    found = compare("cloud", Side(), planned([EARLY]))
    assert of_code(found).during == (
        "no node before its Capacity Block begins, 2099-01-01 11:30 UTC: `pulumi up` waits in vain for its pod until"
        " then, and fails"
    )
