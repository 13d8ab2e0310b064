"""Pools with several kinds of nodes: what the order of the kinds makes, and what it costs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.cli.report import report
from infra.offline import Planned
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.pools import PoolPlan
from infra.planning import Plan
from infra.planning.capacity import spread_nodes
from infra.recording import Recording
from infra.services.monitoring.dollars import of_pools
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import DEV, changed

RESERVED = {"reservation": "cr-0a1b2c3d4e5f60718", "instances": 2, "zone": "use1-az1"}
BLOCK = {
    "capacityBlock": "cr-0a1b2c3d4e5f60719",
    "from": "2099-01-01T11:30:00Z",
    "to": "2099-01-15T11:30:00Z",
    "instances": 1,
    "zone": "use1-az4",
}
KARPENTER = "karpenter.sh/capacity-type"


def ladder(*steps: Any, replicas: int = 3, **pool: Any) -> Plan:
    return outcome(stack_of(*steps, replicas=replicas, **pool))


def stack_of(*steps: Any, replicas: int = 3, **pool: Any) -> dict[str, Any]:
    """A model of one GPU on nodes of one GPU, in two zones."""
    stack = changed(DEV, cluster__create__zones=["use1-az1", "use1-az2"])
    stack["gpuPools"]["l4"] = {"instanceTypes": ["g6.2xlarge"], "capacity": list(steps), **pool}
    stack["models"]["qwen3-8b"]["replicas"] = {"min": 1, "max": replicas}
    return stack


def l4(made: Plan) -> PoolPlan:
    return made.pools["l4"]


def sizes(made: Plan) -> dict[str, tuple[int, int]]:
    return {name: (group.min, group.max) for name, group in l4(made).groups.items()}


def test_there_is_a_group_per_step_and_zone_each_up_to_what_its_step_may_have() -> None:
    assert sizes(ladder(RESERVED, "spot", "on-demand")) == {
        "reserved-e5f60718": (0, 2),
        "spot-use1-az1": (0, 4),
        "spot-use1-az2": (0, 4),
        "ondemand-use1-az1": (0, 4),
        "ondemand-use1-az2": (0, 4),
    }
    one = ladder(RESERVED, "spot", "on-demand", nodeGroups="one")
    assert sizes(one) == {"reserved-e5f60718": (0, 2), "spot": (0, 4), "ondemand": (0, 4)}


def test_names_come_from_what_a_step_is_and_not_from_its_place() -> None:
    """A step more adds its own groups, and another order changes none."""
    two, three = ladder("spot", "on-demand"), ladder(RESERVED, "spot", "on-demand")
    assert sizes(two).items() <= sizes(three).items()
    assert sizes(ladder("on-demand", RESERVED, "spot")) == sizes(three)


def test_the_minimum_is_of_the_first_steps_that_are_always_there() -> None:
    assert sizes(ladder(RESERVED, "spot", min=3, max=5)) == {
        "reserved-e5f60718": (2, 2),
        "spot-use1-az1": (1, 5),
        "spot-use1-az2": (0, 5),
    }
    groups = l4(_with_block("on-demand", min=1)).groups.values()
    assert [(each.min, each.step.kind) for each in groups if each.step] == [(0, "block"), (1, "on-demand")]


def _with_block(*steps: Any, **pool: Any) -> Plan:
    return outcome(_on_block(*steps, **pool))


def _on_block(*steps: Any, **pool: Any) -> dict[str, Any]:
    stack = changed(DEV, cluster__create__zones=["use1-az2", "use1-az4"])
    stack["gpuPools"]["l4"] = {
        "instanceTypes": ["p5.48xlarge"],
        "capacity": [BLOCK, *steps],
        "nodeGroups": "one",
        **pool,
    }
    return stack


def test_a_step_beside_a_block_is_paid_for_more_than_the_hours_of_rollouts() -> None:
    """Outside the window it has every replica."""
    stack = _on_block(instanceTypes=["p5.4xlarge"], capacity=[BLOCK | {"instances": 2, "zone": "use1-az2"}])
    two = changed(stack, models__qwen3_8b__replicas={"min": 1, "max": 2})
    (peak,) = planned(two).violations
    assert "on-demand] (+$10" in peak.fix
    assert "hours of rollouts" not in peak.fix


def test_reserved_instances_are_billed_whether_they_are_used_or_not() -> None:
    """One node is used at the minimum, and two are paid; those beside them cost what the last step costs at most."""
    made = ladder(RESERVED, "spot", "on-demand")
    (item,) = [each for each in made.cost.items if each.pool == "l4"]
    (usd,) = {each.usd_per_hour for each in l4(made).types}
    assert usd is not None
    assert item.min == pytest.approx(2 * usd * HOURS_PER_MONTH)
    assert 3 * usd * HOURS_PER_MONTH < item.max < 4 * usd * HOURS_PER_MONTH, "the fourth runs in rollouts alone"
    assert "2 of them reserved and billed whether used or not" in item.what
    assert any("cr-0a1b2c3d4e5f60718 holds 2 instances" in each.message for each in made.assumptions)


def test_a_reservation_that_is_asked_for_later_is_billed_beside_what_runs() -> None:
    """Nodes on demand come first, so the reservation may stay unused all month."""
    made = ladder("on-demand", RESERVED)
    (item,) = [each for each in made.cost.items if each.pool == "l4"]
    (usd,) = {each.usd_per_hour or 0 for each in l4(made).types}
    assert item.min == pytest.approx((2 + 1) * usd * HOURS_PER_MONTH)
    assert item.max > (2 + 3) * usd * HOURS_PER_MONTH


def test_dollars_of_what_runs_have_reserved_instances_without_nodes() -> None:
    """Budgets are watched by them."""
    reserved, beside = of_pools(ladder(RESERVED, "spot"))
    usd = l4(ladder(RESERVED, "spot")).types[0].usd_per_hour or 0
    assert float(reserved) == pytest.approx(2 * usd, abs=1e-3)
    assert f'label_llm_platform_capacity="{l4(ladder(RESERVED, "spot")).steps[1].name}"' in beside
    prices = sorted(float(each.partition(" ")[0]) for each in of_pools(ladder("spot", "on-demand")))
    expected = sorted(step.usd_per_hour or 0 for step in l4(ladder("spot", "on-demand")).steps)
    assert prices == pytest.approx(expected, abs=1e-3)
    assert prices[0] < prices[1]


def test_the_expected_bill_has_the_price_of_the_kind_that_is_asked_for_first() -> None:
    (spot,) = [each for each in ladder("spot", "on-demand").cost.items if each.pool == "l4"]
    (demand,) = [each for each in ladder("on-demand", "spot").cost.items if each.pool == "l4"]
    assert spot.expected < demand.expected
    assert (spot.min, spot.max) == (demand.min, demand.max)


@pytest.mark.parametrize("instances", [{"instances": 3}, {}], ids=["said", "as many as the pool may have"])
def test_no_advice_counts_a_reservation_as_saved(instances: dict[str, int]) -> None:
    """AWS bills it until somebody cancels it, and starts no instance of another type in it."""
    reserved = {"reservation": RESERVED["reservation"], "zone": "use1-az1", **instances}
    stack = stack_of(reserved, "on-demand")
    stack["budget"] = {"usdPerMonth": 1500}
    made = planned(stack)
    (over,) = made.violations
    writes = [each.write for each in over.advice] + [each.write for ways in made.cheaper.values() for each in ways]
    assert writes
    for write in writes:
        assert paid(outcome(follow(stack, dict(write)))) == paid(made), write


@pytest.mark.parametrize("steps", [("spot", "on-demand"), ("on-demand", "spot")])
def test_a_budget_may_leave_the_nodes_on_demand_out(steps: tuple[str, ...]) -> None:
    """A list's maximum is on demand; spot alone costs less, and takes what may not be there."""
    stack = stack_of(*steps)
    stack["budget"] = {
        "usdPerMonth": round(outcome(stack).cost.usd_per_month_max) - 30
    }  # more than another cache saves
    made = planned(stack)
    (over,) = [each for each in made.violations if each.rule == "Budget"]
    (way,) = [each for each in over.advice if dict(each.write) == {"gpuPools.l4.capacity": "spot"}]
    then = outcome(follow(stack, dict(way.write)))
    assert then.violations == ()
    assert f"${then.cost.usd_per_month_max:,.0f}" in way.text
    assert "two minutes' notice" in way.text


def paid(made: Plan) -> list[tuple[str | None, int, tuple[str, ...]]]:
    """What is reserved, in all pools."""
    steps = [step for pool in made.pools.values() for step in pool.steps if step.reservation]
    return [(step.reservation, step.instances, tuple(each.name for each in step.types)) for step in steps]


def test_more_reserved_instances_than_the_pool_may_use_are_all_paid() -> None:
    made = ladder({**RESERVED, "instances": 9}, "on-demand", max=4)
    (item,) = [each for each in made.cost.items if each.pool == "l4"]
    assert sizes(made)["reserved-e5f60718"] == (0, 4)
    assert item.min == item.max == pytest.approx(9 * (l4(made).types[0].usd_per_hour or 0) * HOURS_PER_MONTH)


def test_a_plan_on_a_block_alone_says_in_its_headline_what_the_bill_leaves_out_and_when_nodes_are_there() -> None:
    (ok, but), (_, bill), *_ = report(Planned(planned(_on_block(), "us-east-1"), Recording([], {}))).verdict
    assert ok == "OK, but"
    assert but == "outside its Capacity Block's window no node is there for qwen3-8b; every rule holds"
    assert "without Capacity Block cr-0a1b2c3d4e5f60719, paid up front" in bill
    assert "$0.00" not in outcome(_on_block()).models["qwen3-8b"].reasons[0]


def test_a_block_is_paid_before_and_the_bill_says_so() -> None:
    made = _with_block("on-demand")
    (item,) = [each for each in made.cost.items if each.pool == "l4"]
    same = changed(DEV, cluster__create__zones=["use1-az2", "use1-az4"])
    same["gpuPools"]["l4"] = {"instanceTypes": ["p5.48xlarge"]}
    assert item.min == next(each.min for each in outcome(same).cost.items if each.pool == "l4"), (
        "a month without the block"
    )
    assert "paid up front for Capacity Block cr-0a1b2c3d4e5f60719" in made.cost.left_out
    (warning,) = [each.message for each in made.warnings if "EKS drains its nodes" in each.message]
    assert "40 minutes before its end" in warning
    assert "their pods start again on the next steps" in warning


@pytest.mark.parametrize(
    ("edit", "selector"),
    [
        ({}, "llm-platform/capacity=ondemand"),
        ({"gpuPools__l4__capacity": [BLOCK, "spot", "on-demand"]}, "llm-platform/capacity in (spot,ondemand)"),
        ({"gpuPools__l4__nodeGroups": None, "cluster__create__nodeScaler": "karpenter"}, f"{KARPENTER}=on-demand"),
        ({"gpuPools__l4__capacity": [BLOCK]}, None),
        ({"gpuPools__l4__capacity": ["on-demand", BLOCK]}, None),
        ({"models__qwen3_8b__paused": True}, None),
    ],
)
def test_no_pod_moves_to_a_block_so_the_nodes_after_it_are_cordoned_before_a_restart(
    edit: dict[str, Any], selector: str | None
) -> None:
    """The selector finds each node of the later steps: their labels are those of the node groups."""
    made = outcome(changed(_on_block("on-demand"), **edit))
    said = [each.message for each in made.warnings if "no pod moves to Capacity Block" in each.message]
    assert len(said) == (selector is not None)
    for message in said:
        assert "stay there, and the block stays empty" in message
        cordon, restart = message.split("`")[1::2]
        assert cordon == f"kubectl cordon -l 'llm-platform/pool=l4,{selector}'"
        assert restart == "kubectl rollout restart deployment/qwen3-8b -n llm"
        assert "no pod of qwen3-8b" not in message


def test_a_model_that_stops_first_is_away_while_it_moves_to_a_block() -> None:
    made = outcome(changed(_on_block("on-demand"), models__qwen3_8b__rollout={"strategy": "recreate"}))
    (message,) = [each.message for each in made.warnings if "no pod moves to Capacity Block" in each.message]
    assert message.endswith(
        f"no pod of qwen3-8b for about {round(made.models['qwen3-8b'].cold_start.seconds / 60)} min"
    )


@pytest.mark.parametrize(
    ("steps", "scaler", "warned"),
    [
        (
            ("on-demand", BLOCK),
            {},
            "Capacity Block cr-0a1b2c3d4e5f60719 stands after on-demand: it is paid up front",
        ),
        (("spot", RESERVED, "on-demand"), {}, f"reservation {RESERVED['reservation']} stands after spot: it is billed"),
        ((RESERVED, BLOCK, "on-demand"), {}, None),
        ((RESERVED, "spot"), {"cluster__create__nodeScaler": "karpenter"}, None),
    ],
)
def test_what_is_paid_and_asked_for_last_is_warned_of(steps: Any, scaler: dict[str, str], warned: str | None) -> None:
    stack = changed(DEV, cluster__create__zones=["use1-az1", "use1-az2", "use1-az4"], **scaler)
    stack["gpuPools"]["l4"] = {"instanceTypes": ["p5.48xlarge"], "capacity": list(steps), "max": 4}
    found = [each.message for each in outcome(stack).warnings if " stands after " in each.message]
    assert len(found) == (warned is not None)
    assert all(each.startswith(warned or "") for each in found)


def test_tokens_of_nodes_that_were_paid_up_front_have_no_price() -> None:
    (alone,), (beside,) = _with_block().models.values(), _with_block("on-demand").models.values()
    assert alone.throughput.tokens_per_second is not None
    assert alone.usd_per_million_output_tokens is None
    assert beside.usd_per_million_output_tokens is not None


def test_each_kind_counts_against_its_own_quota() -> None:
    needed = {each.name: each.needed for each in ladder(RESERVED, "spot", "on-demand").quotas if not each.system}
    assert needed == {"All G and VT Spot Instance Requests": 32, "Running On-Demand G and VT instances": 32}
    needed = {each.name: each.needed for each in ladder(RESERVED, "spot").quotas if not each.system}
    assert needed == {"All G and VT Spot Instance Requests": 32, "Running On-Demand G and VT instances": 16}


def test_groups_count_against_the_default_of_eks() -> None:
    stack = changed(DEV, cluster__create__zones=["use1-az1", "use1-az2", "use1-az4"])
    stack["gpuPools"] = {
        f"l4-{nth}": {"instanceTypes": ["g6.2xlarge"], "capacity": ["spot", "on-demand"], "max": 1} for nth in range(5)
    }
    stack["models"]["qwen3-8b"]["pool"] = "l4-0"
    (groups,) = [each for each in outcome(stack).quotas if each.unit == "groups"]
    assert groups.needed == 5 * 2 * 3 + 1


def test_what_is_reserved_is_all_there_is_unless_another_step_follows() -> None:
    """The advice, followed, plans without the violation."""
    made = ladder(RESERVED)
    (violation,) = [each for each in made.violations if each.rule == "GPUs at peak"]
    assert "pool l4 can grow to 2" in violation.message
    (fix,) = violation.advice
    assert dict(fix.write) == {"gpuPools.l4.capacity": [RESERVED, "on-demand"]}
    assert ladder(RESERVED, "on-demand").violations == ()


def test_a_reservation_whose_zone_nobody_said_is_a_thing_to_do() -> None:
    said, not_said = ladder(RESERVED, "spot"), ladder({"reservation": RESERVED["reservation"]}, "spot")
    assert not [each for each in said.to_do if "capacity" in each.path]
    (to_do,) = [each for each in not_said.to_do if "capacity" in each.path]
    assert to_do.path == "gpuPools.l4.capacity[0].zone"
    assert "aws ec2 describe-capacity-reservations" in to_do.message
    assert l4(not_said).reserved == l4(not_said).max, "nobody said how many it holds"


def test_a_cold_start_may_wait_for_each_group_before_the_last_step() -> None:
    one, two = ladder("on-demand"), ladder("spot", "on-demand")
    before, after = (made.models["qwen3-8b"].cold_start.parts["node"] for made in (one, two))
    assert (after.mid, after.high) == (before.mid, before.high + 2 * 130), "a group in each of two zones"
    assert "2 groups before the last step" in after.reason


def test_spot_alone_is_warned_of_with_its_remedy() -> None:
    alone, followed_by = ladder("spot"), ladder("spot", "on-demand")
    (warning,) = [each.message for each in alone.warnings if "spot nodes away" in each.message]
    assert "`gpuPools.l4.capacity: [spot, on-demand]` then asks for others" in warning
    (warning,) = [each.message for each in followed_by.warnings if "spot nodes away" in each.message]
    assert "may have none" not in warning


WINDOW = {**BLOCK, "zone": "use1-az1"}


@pytest.mark.parametrize(
    ("pool", "advised", "then"),
    [
        ({"capacity": "spot"}, "{capacity: [spot, on-demand], max: 4}", ["spot", "on-demand"]),
        (
            {"instanceTypes": ["p5.4xlarge"], "capacity": "on-demand"},
            "{capacity: [{reservation: cr-..., instances: 1}, on-demand], max: 4}",
            [{"reservation": RESERVED["reservation"], "instances": 1, "zone": "use1-az1"}, "on-demand"],
        ),
        (
            {"instanceTypes": ["p5.4xlarge"], "capacity": [WINDOW]},
            "a further step needs gpuPools.l4.max: 4",
            [WINDOW, "on-demand"],
        ),
    ],
)
def test_a_warning_that_proposes_a_further_step_names_the_maximum_with_which_it_holds(
    pool: dict[str, Any], advised: str, then: list[Any]
) -> None:
    """Paused models count where pods come and go; with a maximum that is large enough none is named."""
    stack = changed(DEV, cluster__create__zones=["use1-az1", "use1-az2"])
    stack["gpuPools"]["l4"] = {"instanceTypes": ["g6.2xlarge"], **pool, "max": 1}
    stack["models"]["qwen3-8b"] |= {"replicas": 3, "paused": True}
    assert any(advised in each.message for each in outcome(stack).warnings)
    followed = {"gpuPools.l4.capacity": then, "gpuPools.l4.max": 4}
    assert not outcome(follow(stack, followed)).violations
    assert outcome(follow(stack, followed | {"gpuPools.l4.max": 3})).violations
    for enough in (4, None):
        warnings = outcome(follow(stack, {"gpuPools.l4.max": enough})).warnings
        assert not any("max: " in each.message for each in warnings if each.path.startswith("gpuPools.l4"))


@pytest.mark.parametrize(("lowest", "instances", "more"), [(0, 1, True), (1, 1, False), (2, 2, False)])
def test_a_reservation_is_proposed_for_as_many_instances_as_run_all_month_anyway(
    lowest: int, instances: int, more: bool
) -> None:
    """Without a number, it would be the pool's maximum, and those that nobody uses would be billed."""
    stack = changed(stack_of(), gpuPools__l4={"instanceTypes": ["p5.4xlarge"], "max": 4})
    stack["models"]["qwen3-8b"]["replicas"] = {"min": lowest, "max": 3}
    before = outcome(stack)
    assert any(
        f"{{reservation: cr-..., instances: {instances}}}, on-demand" in each.message for each in before.warnings
    )
    step = {"reservation": RESERVED["reservation"], "instances": instances, "zone": "use1-az1"}
    then = outcome(changed(stack, gpuPools__l4__capacity=[step, "on-demand"]))
    assert (then.cost.usd_per_month_min > before.cost.usd_per_month_min) == more


def test_nodes_on_demand_beside_spot_are_proposed_with_the_bill_of_their_larger_maximum() -> None:
    stack = changed(stack_of("spot", max=1), models__qwen3_8b__paused=True)
    (warning,) = [each for each in planned(stack).warnings if each.kind == "spot"]
    then = outcome(follow(stack, {"gpuPools.l4.capacity": ["spot", "on-demand"], "gpuPools.l4.max": 4}))
    assert not then.violations
    assert f"the maximum is then ${then.cost.usd_per_month_max:,.0f}, " in warning.message


@pytest.mark.parametrize(("usd", "over"), [(9_000, False), (None, True)])
def test_nodes_on_demand_beside_spot_are_proposed_with_the_bill_that_the_next_plan_has(
    usd: float | None, over: bool
) -> None:
    budget = usd or round(ladder("spot").cost.usd_per_month_max) + 1
    stack = changed(stack_of("spot"), budget={"usdPerMonth": budget})
    (warning,) = [each for each in planned(stack).warnings if each.kind == "spot"]
    then = outcome(changed(stack, gpuPools__l4__capacity=["spot", "on-demand"]))
    assert f"is then ${then.cost.usd_per_month_max:,.0f}, " in warning.message
    assert bool(then.violations) == over == (f" over {budget:,}" in warning.message)
    assert warning.message.endswith(warning.detail.rpartition("; ")[2]), "each of several pools is given its own"


@given(
    gpus=st.lists(st.sampled_from([1, 2, 3, 4, 8]), min_size=1, max_size=8),
    moves=st.lists(st.integers(0, 7), max_size=40),
)
def test_pods_that_come_and_go_never_have_more_nodes_than_the_bill_counts(gpus: list[int], moves: list[int]) -> None:
    """A pod comes or goes; it goes to the first node with room, and a node is added only where none has."""
    nodes: list[dict[int, int]] = []
    highest = 0
    for move in moves:
        pod = move % len(gpus)
        if any(pod in node for node in nodes):
            nodes = [left for node in nodes if (left := {key: size for key, size in node.items() if key != pod})]
        else:
            room = next((node for node in nodes if sum(node.values()) + gpus[pod] <= 8), None)
            if room is None:
                nodes.append({pod: gpus[pod]})
            else:
                room[pod] = gpus[pod]
        highest = max(highest, len(nodes))
    assert highest <= spread_nodes(gpus, 8)


def test_pods_of_one_size_need_no_more_nodes_than_packed_ones() -> None:
    assert spread_nodes([2] * 9, 8) == 3
    assert spread_nodes([1, 8], 8) == 2
    assert spread_nodes([], 8) == 0


def test_a_reservation_in_a_zone_that_was_not_chosen_is_refused_with_the_zones_to_write() -> None:
    stack = changed(DEV, cluster__create__zones=2)
    stack["gpuPools"]["l4"] = {"instanceTypes": ["g6.2xlarge"], "capacity": [{**RESERVED, "zone": "use1-az5"}, "spot"]}
    (violation,) = [each for each in outcome(stack).violations if each.rule == "Zones"]
    assert violation.path == "gpuPools.l4.capacity[0].zone"
    (advice,) = violation.advice
    followed = outcome(follow(stack, dict(advice.write)))
    assert followed.violations == ()
    assert l4(followed).steps[0].zone_ids == ("use1-az5",)


def test_subnets_that_exist_have_to_include_the_zone_of_a_reservation() -> None:
    network = {"vpcId": "vpc-1", "privateSubnetIds": ["subnet-0000aaaa", "subnet-0000bbbb"]}
    stack = changed(DEV, cluster__create__zones=["use1-az1", "use1-az2"], cluster__create__network=network)
    stack["gpuPools"]["l4"] = {"instanceTypes": ["g6.2xlarge"], "capacity": [RESERVED, "spot"]}
    made = outcome(stack)
    assert set(l4(made).groups) == {"reserved-e5f60718", "spot-0000aaaa", "spot-0000bbbb"}
    (to_do,) = [each for each in made.to_do if each.path == "gpuPools.l4.capacity[0]"]
    assert "subnet-0000aaaa, subnet-0000bbbb include one in the zone of cr-0a1b2c3d4e5f60718" in to_do.message


MIXED = changed(
    DEV,
    cluster__create__zones=["use1-az1", "use1-az2"],
    models={
        "small": {"model": "Qwen/Qwen3-8B", "pool": "l4", "maxModelLen": 8192, "replicas": {"min": 1, "max": 4}},
        "large": {"model": "Qwen/Qwen3-32B", "pool": "l4", "gpus": 4, "maxModelLen": 8192, "replicas": 2},
    },
    gpuPools={"l4": {"instanceTypes": ["g6.12xlarge"], "capacity": ["spot", "on-demand"]}},
)


def test_the_bill_of_a_ladder_never_has_more_nodes_than_the_pools_maximum() -> None:
    """Pods of one and of four GPUs leave gaps, and no maximum of EKS holds several groups."""
    chosen = outcome(MIXED)
    assert l4(chosen).highest == l4(chosen).max == l4(chosen).spread
    lower = follow(MIXED, {"gpuPools.l4.max": l4(chosen).max - 1})
    (violation,) = [each for each in outcome(lower).violations if each.path == "gpuPools.l4.max"]
    followed = outcome(follow(lower, dict(violation.advice[0].write)))
    assert followed.violations == ()
    assert followed.cost.usd_per_month_max == pytest.approx(chosen.cost.usd_per_month_max)


def test_each_rule_that_a_ladders_maximum_breaks_names_a_maximum_that_all_rules_take() -> None:
    least = l4(planned(MIXED)).max
    ways = [
        dict(way.write)
        for each in outcome(follow(MIXED, {"gpuPools.l4.max": 1})).violations
        for way in each.advice
        if [path for path, _ in way.write] == ["gpuPools.l4.max"]
    ]
    assert ways == [{"gpuPools.l4.max": least}] * 2
    assert not outcome(follow(MIXED, ways[0])).violations


def test_a_price_note_names_no_amount_that_is_nothing() -> None:
    """Where reserved instances are all nodes that there may be, spot nodes never cost their on-demand price."""
    note = ladder(RESERVED, "spot", replicas=1, max=2).cost.price_note
    assert "$0" not in note
    assert "per month more at the maximum" in ladder(RESERVED, "spot", replicas=3, max=4).cost.price_note
