"""A stack whose models are all paused: what stays on the bill, and what would reduce it."""

from typing import Any

import pytest

from infra.cli.report import report
from infra.offline import Planned
from infra.recording import Recording
from tests.planning.following import follow
from tests.planning.stacks import DEV, LOCAL, PROD, changed, plan

ASLEEP = changed(DEV, models__qwen3_8b__paused=True)
KEPT = changed(ASLEEP, gpuPools__l4__min=1)
SMALL = changed(ASLEEP, cluster__create__systemNodes={"instanceType": "t4g.xlarge"})
WIDE = changed(ASLEEP, cluster__create__zones=3, cluster__create__network={"nat": "perZone"})


def _write(stack: dict[str, Any], setting: str) -> dict[str, Any]:
    path, _, value = setting.partition(": ")
    return changed(stack, **{path.replace(".", "__"): int(value) if value.isdigit() else value})


@pytest.mark.parametrize(
    ("stack", "settings"),
    [
        (ASLEEP, ["cluster.create.systemNodes.instanceType: t4g.xlarge"]),
        (KEPT, ["gpuPools.l4.min: 0", "cluster.create.systemNodes.instanceType: t4g.xlarge"]),
        (WIDE, ["cluster.create.systemNodes.instanceType: t4g.xlarge", "cluster.create.network.nat: one"]),
        (SMALL, []),
        (DEV, []),
        (changed(LOCAL, models__llama_1b__paused=True), []),
    ],
    ids=["asleep", "a node is kept", "a gateway per zone", "small already", "awake", "nothing is billed"],
)
def test_what_would_cost_less_is_named_and_saves_what_it_says(stack: dict[str, Any], settings: list[str]) -> None:
    result = plan(stack)
    assert sorted(way.setting for way in result.while_paused) == sorted(settings)
    assert list(result.while_paused) == sorted(result.while_paused, key=lambda way: -way.usd_per_month)
    for way in result.while_paused:
        followed = plan(_write(stack, way.setting))
        saved = result.cost.usd_per_month_min - followed.cost.usd_per_month_min
        assert saved == pytest.approx(way.usd_per_month)
        assert followed.violations == ()


@pytest.mark.parametrize(
    ("cache", "settings"),
    [
        (
            {"kind": "ebs", "size": "500Gi"},
            ["cache.kind: efs with cache.size removed", "cache.kind: s3 with cache.size removed"],
        ),
        ({"kind": "ebs", "size": "40Gi"}, []),  # saves too little to be worth a line
        ({"kind": "efs"}, []),
    ],
)
def test_a_disk_that_costs_more_than_other_storage_is_named(cache: dict[str, Any], settings: list[str]) -> None:
    stack = changed(SMALL, cache=cache)
    result = plan(stack)
    assert [way.setting for way in result.while_paused] == settings
    for way in result.while_paused:
        followed = plan(follow(stack, dict(way.write)))
        saved = result.cost.usd_per_month_min - followed.cost.usd_per_month_min
        assert saved == pytest.approx(way.usd_per_month)
        assert followed.violations == ()


def _shown(stack: dict[str, Any]) -> dict[str, str]:
    return {row[0]: row[1] for row in report(Planned(plan(stack), Recording([], {}))).verdict}


def test_the_headline_says_what_a_paused_stack_is_billed_for() -> None:
    assert _shown(ASLEEP)["PAUSED"].startswith("no model runs, and $")
    for item in plan(ASLEEP).cost.items:
        assert (f"{item.name} $" in _shown(ASLEEP)["PAUSED"]) is (item.min > 0)
    for stack in (DEV, changed(PROD, models__embed__paused=True), changed(LOCAL, models__llama_1b__paused=True)):
        assert "PAUSED" not in _shown(stack)


T4G, ONE_NAT = ("cluster.create.systemNodes.instanceType", "t4g.xlarge"), ("cluster.create.network.nat", "one")
EXPECTED = ("budget.of", "expected")
SMALLEST = {T4G, ("gpuPools.l4.min", 0), ("budget.usdPerMonth", 400)}


@pytest.mark.parametrize(
    ("stack", "budget", "first"),
    [
        (ASLEEP, {"usdPerMonth": 500}, {EXPECTED}),
        (ASLEEP, {"usdPerMonth": 400}, {EXPECTED, T4G}),
        (WIDE, {"usdPerMonth": 380}, {EXPECTED, T4G, ONE_NAT}),
        (WIDE, {"usdPerMonth": 380, "of": "expected"}, {T4G, ONE_NAT}),
        (WIDE, {"usdPerMonth": 380, "of": "min"}, {T4G, ONE_NAT}),
        (KEPT, {"usdPerMonth": 400}, {EXPECTED, T4G, ("gpuPools.l4.min", 0)}),
        (ASLEEP, {"usdPerMonth": 300}, {EXPECTED, T4G, ("budget.usdPerMonth", 400)}),
        (KEPT, {"usdPerMonth": 200}, {EXPECTED, *SMALLEST}),
        (KEPT, {"usdPerMonth": 200, "of": "expected"}, SMALLEST),
        (KEPT, {"usdPerMonth": 200, "of": "min"}, SMALLEST),
    ],
    ids=[
        "the bill that is paid",
        "with smaller system nodes",
        "and one NAT gateway",
        "of the expected bill",
        "of the minimum",
        "without a kept node",
        "that bill needs more",
        "without a kept node, and more",
        "of the expected bill without a kept node, and more",
        "of the minimum without a kept node, and more",
    ],
)
def test_a_budget_above_which_a_paused_stack_is_has_the_smallest_change_that_is_enough(
    stack: dict[str, Any], budget: dict[str, Any], first: set[tuple[str, Any]]
) -> None:
    """The maximum is that of nodes that no paused model asks for."""
    asked = changed(stack, budget=budget)
    (violation,) = plan(asked).violations
    assert set(violation.advice[0].write) == first
    for advice in violation.advice:
        assert plan(follow(asked, dict(advice.write))).violations == (), advice.text


def test_a_stack_that_runs_is_offered_no_other_bill_before_what_costs_less() -> None:
    (violation,) = plan(changed(DEV, budget={"usdPerMonth": 700})).violations
    assert EXPECTED not in violation.advice[0].write


@pytest.mark.parametrize(("paused", "said"), [(False, True), (True, False)])
def test_a_paused_model_says_nothing_of_how_it_sleeps(paused: bool, said: bool) -> None:
    model = {"replicas": {"min": 0, "max": 2}, "paused": paused}
    whole = plan(changed(DEV, models__qwen3_8b={**DEV["models"]["qwen3-8b"], **model}))
    shown = [row for section in report(Planned(whole, Recording([], {}))).sections for row in map(str, section.rows)]
    assert any("it has no replica" in row for row in shown) == said
