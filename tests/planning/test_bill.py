"""The bill: what the stack creates, at the minimum and the maximum of nodes; nothing that others pay for."""

from pathlib import Path
from typing import Any

import pytest

from infra.plan.words import BILLS
from infra.planning import Plan
from tests.planning.stacks import DEV, LOCAL, PROD, SHARED, changed, plan

HOURS = 730


def _items(result: Plan) -> dict[str, tuple[float, float]]:
    return {item.name: (item.min, item.max) for item in result.cost.items}


def _biggest(result: Plan, of: str) -> list[str]:
    items = sorted(result.cost.items, key=lambda item: -getattr(item, of))
    return [f"{item.name} {getattr(item, of):,.0f}" for item in items[:3]]


def _rollout_hours(result: Plan, name: str) -> float:
    """Four rollouts per month: for each replica a cold start at its slow end and its old pod's grace period, then ten
    minutes until the node is removed."""
    model = result.models[name]
    return 4 * (model.replicas.max * (model.cold_start.high + model.timeouts.grace_period) + 600) / 3600


def test_gpu_nodes_are_billed_at_the_minimum_and_at_the_pools_maximum() -> None:
    result = plan(PROD)
    items = _items(result)
    for pool, model, price, least, replicas in (
        ("l4", "llama-8b", 0.9776, 2, 5),
        ("l40s", "llama-70b", 10.49264, 1, 2),
        ("t4", "embed", 0.526, 1, 2),
    ):
        assert result.pools[pool].max == replicas + 1
        most = replicas * HOURS + _rollout_hours(result, model)
        assert items[f"GPU nodes {pool}"] == pytest.approx((least * price * HOURS, most * price))


def test_minimum_is_on_the_cheapest_type_and_maximum_on_the_highest_price() -> None:
    result = plan(changed(DEV, gpuPools__l4__capacity="on-demand"))
    most = (HOURS + _rollout_hours(result, "qwen3-8b")) * 0.9776
    assert _items(result)["GPU nodes l4"] == pytest.approx((0.8048 * HOURS, most))


@pytest.mark.parametrize(
    ("pool", "all_month"),
    [({}, 1), ({"max": 4}, 3), ({"max": 4, "min": 4}, 4), ({"min": 2, "max": 2}, 2), ({"max": 1}, 1)],
    ids=["as needed", "room for more", "always there", "no more than the minimum", "no room for a rollout"],
)
def test_only_a_node_that_nothing_but_a_rollout_needs_is_billed_by_the_hour(
    pool: dict[str, int], all_month: int
) -> None:
    """One replica with one GPU on nodes with one GPU, and one additional node for a rollout."""
    stack = changed(DEV, gpuPools__l4={"instanceTypes": ["g6.xlarge"], **pool})
    result = plan(stack)
    hours = all_month * HOURS + (result.pools["l4"].max - all_month) * _rollout_hours(result, "qwen3-8b")
    assert _items(result)["GPU nodes l4"][1] == pytest.approx(hours * 0.8048)
    (row,) = [item.what for item in result.cost.items if item.name == "GPU nodes l4"]
    assert ("though replicas and rollouts need 2 (gpuPools.l4.max)" in row) is (pool == {"max": 4})


def test_the_hours_of_rollouts_are_said_where_they_are_billed() -> None:
    result = plan(DEV)
    (assumed,) = [note.message for note in result.assumptions if note.path == "models.*.rollout"]
    assert "4 rollouts per model per month" in assumed
    assert "the old pod's grace period per replica" in assumed
    assert assumed.endswith(": 1 node of l4 for 2 h")
    assert result.cost.rollouts == "1 node of l4 for 2 h"
    recreated = plan(changed(DEV, models__qwen3_8b__rollout={"strategy": "recreate"}))
    assert recreated.cost.rollouts == ""
    assert "models.*.rollout" not in {note.path for note in recreated.assumptions}


def test_rollouts_never_take_more_hours_than_a_month_has() -> None:
    many = changed(DEV, models__qwen3_8b__replicas=1000, gpuPools__l4={"instanceTypes": ["g6.xlarge"]})
    assert _items(plan(many))["GPU nodes l4"][1] == pytest.approx(1001 * HOURS * 0.8048)


def test_a_surge_node_counts_in_the_budget_by_its_hours() -> None:
    most = plan(DEV).cost.usd_per_month_max
    assert plan(changed(DEV, budget={"usdPerMonth": most + 1})).violations == ()
    assert plan(changed(DEV, budget={"usdPerMonth": most - 1})).violations


OWN: dict[str, Any] = {
    "cluster": {"existing": {"context": "prod"}},
    "gpuPools": {
        "own": {
            "existing": {"gpu": "L40S", "gpusPerNode": 2, "nodes": 4, "selector": {"gpu": "yes"}, "usdPerGpuHour": 1.0}
        }
    },
    "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "gpus": 1}},
    "cache": {"kind": "storageClass", "storageClass": "nfs"},
}
EXPENSIVE = changed(DEV, gpuPools={"dear": {"instanceTypes": ["p5en.48xlarge"], "max": 1}})
BIG = {"model": "deepseek-ai/DeepSeek-R1", "maxModelLen": 32768, "rollout": {"strategy": "recreate"}}


@pytest.mark.parametrize(
    ("stack", "nodes"),
    [
        (changed(OWN, models__chat__replicas=9), 4),
        (changed(OWN, models__chat__replicas={"min": 1, "max": 99}), 4),
        (changed(OWN, models__chat__replicas=9, gpuPools__own__max=3), 3),
        (changed(OWN, models__chat__replicas=9, gpuPools__own__existing__nodes=1), 1),
        (changed(EXPENSIVE, models={"big": {**BIG, "replicas": 2}}), 1),
        (changed(EXPENSIVE, models={"big": BIG, "embed": {"model": "BAAI/bge-m3"}}), 1),
        (changed(DEV, gpuPools__l4__max=2, models__qwen3_8b__replicas={"min": 3, "max": 5}), 2),
    ],
    ids=["nodes", "at the maximum", "max beside nodes", "one node", "one dear node", "beside a large model", "made"],
)
@pytest.mark.parametrize("of", ["min", "expected", "max"])
def test_a_node_that_the_pool_can_not_have_is_neither_billed_nor_over_a_budget(
    stack: dict[str, Any], nodes: int, of: str
) -> None:
    """The plan refuses the replicas that would need it: they would wait forever."""
    result = plan(stack)
    assert {violation.rule for violation in result.violations} == {"GPUs at peak"}
    (pool,) = result.pools.values()
    (item,) = [each for each in result.cost.items if each.pool == pool.name]
    price = pool.usd_per_node_hour if of != "min" else pool.usd_per_node_hour_min
    assert getattr(item, of) <= nodes * HOURS * (price or 0.0) + 0.01
    assert 0 <= pool.idle_gpus <= nodes * pool.gpus_per_node
    enough = round(sum(getattr(each, of) for each in result.cost.items)) + 1
    budget = {"usdPerMonth": enough, "of": of}
    assert {violation.rule for violation in plan(changed(stack, budget=budget)).violations} == {"GPUs at peak"}


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        (OWN, "(nodes that exist cost this, whatever runs on them)"),
        (
            changed(SHARED, gpuPools__a10g__existing__usdPerGpuHour=2.0, models__qwen3_8b__replicas=4),
            "gpus: 0 and models.qwen3-8b.pool removed ($0; qwen3-8b on the CPU, where it is slow: about 2 to 6 tokens"
            " per second of one answer instead of 30, an estimate from the 4.8 GiB that each token reads, takes"
            " 1 request at once per replica instead of 29), or budget.usdPerMonth: 5900",
        ),
    ],
    ids=["counted", "that others add"],
)
def test_where_no_way_keeps_to_a_budget_nothing_is_named_that_such_nodes_do_not_have(
    stack: dict[str, Any], said: str
) -> None:
    (refused,) = plan(changed(stack, budget={"usdPerMonth": 100})).violations
    assert refused.fix.endswith(said)
    assert not [word for word in ("instance type", "spot", "NAT") if word in refused.fix]


def test_the_price_of_a_node_more_is_named_where_replicas_want_it() -> None:
    (refused,) = plan(changed(EXPENSIVE, models={"big": BIG, "embed": {"model": "BAAI/bge-m3"}})).violations
    assert "gpuPools.dear.max: 2 (+$46," in refused.fix


def test_a_cluster_that_we_make_has_a_control_plane_nodes_and_nat() -> None:
    items = _items(plan(PROD))
    assert items["EKS control plane"][0] == pytest.approx(0.10 * HOURS)
    assert items["NAT gateways"][0] == pytest.approx(3 * 0.05 * HOURS)  # with its public address
    nodes = 2 * 0.2016 * HOURS
    addons = {addon.chart for addon in plan(PROD).addons.values() if addon.state == "install"}
    parts = {"system nodes", "gateway pods", *(addons & items.keys())}
    assert sum(items[part][0] for part in parts) == pytest.approx(nodes)
    assert items["gateway pods"][0] == pytest.approx(nodes * 2 / (2 * 16)), "of 32 GiB its two pods ask for 2"
    assert "load balancer" in items
    assert "load balancer" not in _items(plan(DEV))


def test_nodes_and_clusters_of_others_cost_nothing_here() -> None:
    for stack in (LOCAL, SHARED):
        cost = plan(stack).cost
        assert (cost.usd_per_month_min, cost.usd_per_month_max) == (0, 0)
        assert "exists" in cost.left_out


def test_a_disk_of_weights_is_billed_by_size_and_throughput_and_names_both() -> None:
    (item,) = [
        each for each in plan(changed(DEV, cache={"kind": "ebs", "size": "50Gi"})).cost.items if "EBS" in each.name
    ]
    assert item.min == pytest.approx(50 * 0.08 + 125 * 0.04)
    assert item.what == "50 GiB $4; 125 MiB/s over the 125 in the price of a gp3 disk $5"


def test_a_discount_is_on_the_whole_list() -> None:
    whole, less = plan(PROD).cost, plan(changed(PROD, prices={"discountPercent": 20})).cost
    assert less.usd_per_month_max == pytest.approx(0.8 * whole.usd_per_month_max)
    assert "20 % off" in less.price_note


def test_the_note_says_whose_prices_they_are(tmp_path: Path) -> None:
    table = tmp_path / "prices.csv"
    table.write_text("instance_type,usd_per_hour\ng6.xlarge,0.5\n", encoding="utf-8")
    result = plan(changed(DEV, prices={"table": str(table), "discountPercent": 20}))
    (assumed,) = [note.message for note in result.assumptions if note.path == "prices"]
    for said in (assumed, result.cost.price_note):
        own = f"g6.xlarge at your own price ({table}), as written there; g6.2xlarge, m7i.xlarge at AWS's list price"
        assert f"{own}; 20 % off AWS's list prices" in said
    assert result.pools["l4"].price_note == "your own price"


def test_the_expected_bill_is_with_replicas_a_third_of_the_way_and_no_rollout() -> None:
    cost = plan(PROD).cost
    expected = {item.name: item.expected for item in cost.items}
    assert expected["GPU nodes l4"] == pytest.approx((2 + (5 - 2) / 3) * 0.9776 * HOURS)
    assert expected["GPU nodes l40s"] == pytest.approx((1 + 1 / 3) * 10.49264 * HOURS)
    assert cost.usd_per_month_expected == pytest.approx(sum(expected.values()))


TOO_FEW_OWN_NODES = changed(
    SHARED, gpuPools__a10g__existing__nodes=1, gpuPools__a10g__existing__usdPerGpuHour=2.0, models__qwen3_8b__replicas=4
)
del TOO_FEW_OWN_NODES["gpuPools"]["a10g"]["max"]


@pytest.mark.parametrize(
    "stack",
    [
        DEV,
        PROD,
        changed(PROD, models__llama_70b__paused=True),
        changed(DEV, models__qwen3_8b__replicas=4, gpuPools__l4__max=2, gpuPools__l4__capacity="on-demand"),
        changed(PROD, gpuPools__l4__max=1),
        TOO_FEW_OWN_NODES,
    ],
    ids=["dev", "prod", "paused", "minimum above the pool", "maximum above the pool", "own nodes"],
)
def test_minimum_expected_and_maximum_are_in_order(stack: dict[str, Any]) -> None:
    for item in plan(stack).cost.items:
        assert 0 <= item.min <= item.expected <= item.max


def test_a_public_load_balancer_has_an_address_in_each_zone() -> None:
    public = {**PROD["gateway"], "expose": "public", "clients": {"web": {}}}
    inside, outside = _items(plan(PROD))["load balancer"], _items(plan(changed(PROD, gateway=public)))["load balancer"]
    assert outside[0] - inside[0] == pytest.approx(3 * 0.005 * HOURS)


def test_what_is_not_billed_is_said() -> None:
    for thing in ("traffic", "load-balancer units", "EFS throughput", "log ingestion", "tax"):
        assert thing in plan(PROD).cost.left_out


@pytest.mark.parametrize(
    ("usd", "of", "broken"),
    [
        (15000, "max", True),
        (15000, "expected", False),
        (12000, "expected", True),
        (12000, "min", False),
        (40000, "max", False),
    ],
)
def test_a_budget_is_compared_with_the_bill_that_it_names(usd: float, of: str, broken: bool) -> None:
    result = plan(changed(PROD, budget={"usdPerMonth": usd, "of": of}))
    violations = [each for each in result.violations if each.rule == "Budget"]
    assert bool(violations) is broken
    for each in violations:
        assert each.message.startswith(f"the {BILLS[of]} bill, $")
        assert f"the biggest: {', '.join(_biggest(result, of))}" in each.message
        assert "budget.usdPerMonth: " in each.fix


@pytest.mark.parametrize(
    ("types", "replicas", "says"),
    [
        (["g6.12xlarge"], {"min": 2, "max": 4}, "runs on 1 node: after scaling or a rollout it may be spread over up"),
        (["g6.12xlarge"], {"min": 1, "max": 8}, None),
        (["g6.xlarge"], {"min": 2, "max": 4}, None),
    ],
    ids=["two replicas share a node", "one replica", "each has a node"],
)  # fmt: skip
def test_a_minimum_that_scaling_may_spread_over_more_nodes_is_an_assumption(
    types: list[str], replicas: dict[str, int], says: str | None
) -> None:
    pool = {"instanceTypes": types, "max": 5}
    result = plan(changed(DEV, gpuPools__l4=pool, models__qwen3_8b__replicas=replicas))
    said = [each.message for each in result.assumptions if each.path == "gpuPools.l4"]
    assert len(said) == (says is not None)
    assert all(says in each for each in said if says)
