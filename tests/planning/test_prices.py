"""The prices of a plan are those of its region; if one isn't known, every figure names the region of its price."""

from pathlib import Path
from typing import Any

import pytest

from infra.cli.document.markdown import to_markdown
from infra.cli.document.text import to_text
from infra.cli.report import report
from infra.offline import Planned
from infra.planning import Plan
from infra.recording import Recording
from tests.planning.stacks import CATALOG, DEV, SHARED, changed, plan

HOURS = 730
SERVED = {"model": "Qwen/Qwen3-32B", "maxModelLen": 32768}
NEW: dict[str, Any] = {"cluster": {"create": {"zones": 3}}, "models": {"m": SERVED}}
L40S = changed(NEW, gpuPools={"l40s": {"instanceTypes": ["g6e.12xlarge"]}})
NOT_KNOWN = "price of us-east-1: none known for eu-south-2"


def _bill(result: Plan) -> str:
    return next(line for line in _text(result).splitlines() if line.startswith("  BILL"))


def _text(result: Plan) -> str:
    return to_text(report(Planned(result, Recording([], {}))), width=400)


def test_every_figure_is_of_the_region() -> None:
    """g6e.12xlarge is $10.49 in us-east-1 and $13.12 in eu-central-1."""
    result = plan(L40S, region="eu-central-1")
    pool, model = result.pools["l40s"], result.models["m"]
    assert pool.usd_per_node_hour == pytest.approx(13.12, abs=0.01)
    assert model.usd_per_hour == pytest.approx(13.12 * model.gpus / 4, abs=0.01)
    (nodes,) = [item for item in result.cost.items if item.name == "GPU nodes l40s"]
    assert nodes.min == pytest.approx(13.12 * HOURS, rel=0.001)
    assert "nodes at prices of eu-central-1, all else at those of us-east-1" in _bill(result)


def test_the_budget_compares_with_the_regions_prices() -> None:
    here, there = plan(L40S).cost.usd_per_month_max, plan(L40S, region="eu-central-1").cost.usd_per_month_max
    between = changed(L40S, budget={"usdPerMonth": (here + there) / 2})
    assert [each.rule for each in plan(between).violations] == []
    (violation,) = plan(between, region="eu-central-1").violations
    assert "(nodes at prices of eu-central-1, all else at those of us-east-1)" in violation.message


def test_the_choice_is_among_types_whose_price_here_is_known() -> None:
    """g7e is cheaper in us-east-1; what it costs in eu-central-1 isn't known: it is said and not chosen."""
    result = plan(NEW, region="eu-central-1")
    (pool,) = result.pools.values()
    assert pool.price_note == ""
    assert pool.instance_types == ("g6.12xlarge",)
    assert "with a known price" in result.models["m"].reasons[0]


def test_a_way_at_a_price_of_the_region_comes_before_one_that_saves_more_at_anothers() -> None:
    ways = plan(changed(NEW, models__m__concurrency=12), region="eu-central-1").cheaper["m"]
    own, *_, other = ways
    assert "not certain: g7e.2xlarge with the price of us-east-1, none is known for eu-central-1" in other.effect
    assert "price of" not in own.effect
    assert own.usd_per_month < other.usd_per_month


@pytest.fixture(scope="module")
def over() -> Plan:
    """Over a budget that one way keeps to with fewer replicas, and one at another region's price without."""
    served = {
        "model": "meta-llama/Llama-3.3-70B-Instruct",
        "quantization": "fp8",
        "maxModelLen": 16384,
        "concurrency": 4,
        "replicas": {"min": 1, "max": 3},
    }
    return plan(changed(NEW, models={"m": served}, budget={"usdPerMonth": 24000}), region="eu-central-1")


def test_a_budget_is_kept_at_known_prices_before_it_is_at_anothers(over: Plan) -> None:
    (broken,) = over.violations
    unsure = ["not certain: g7e" in each.text and "with the price of us-east-1" in each.text for each in broken.advice]
    assert unsure[0] is False
    assert unsure[-1] is True
    assert unsure == sorted(unsure)
    assert "models.m.replicas.max" in dict(broken.advice[0].write)


def test_lower_bills_at_anothers_price_come_last_after_spot_too(over: Plan) -> None:
    unsure = ["with the price of us-east-1" in each.effect for each in over.cheaper["m"]]
    assert True in unsure
    assert unsure == sorted(unsure)
    assert any("spot" in dict(each.write).values() for each in over.cheaper["m"])


def test_a_budget_kept_at_anothers_price_is_not_said_to_be_certain(over: Plan) -> None:
    there = changed(NEW, gpuPools={"p": {"instanceTypes": ["g7e.12xlarge"]}}, budget={"usdPerMonth": 100_000})
    then = plan(there, region="eu-central-1")
    assert not then.violations
    said = "g7e.12xlarge with the price of us-east-1, none is known for eu-central-1"
    assert any(each.path == "budget.usdPerMonth" and said in each.message for each in then.warnings)
    assert f"OK, but  the budget isn't certain to be enough ({said})" in _text(then)
    assert not any(each.path == "budget.usdPerMonth" for each in over.warnings)


def test_where_none_is_known_the_headline_and_every_figure_say_whose_it_is() -> None:
    result = plan(L40S, region="eu-south-2")
    assert result.pools["l40s"].price_note == ""  # g6e is known there
    result = plan(changed(L40S, gpuPools__l40s__instanceTypes=["g6.12xlarge"], models__m__gpus=4), region="sa-east-1")
    assert "(prices of us-east-1: none known for sa-east-1)" in _bill(result)
    text = _text(result)
    assert "4.60*" in text
    assert "* l40s: price of us-east-1: none known for sa-east-1" in text
    assert "prices of us-east-1: none known for sa-east-1" in to_markdown(report(Planned(result, Recording([], {}))))


def test_prices_of_two_regions_are_distinguished_in_the_headline() -> None:
    result = plan(changed(L40S, gpuPools__l40s__instanceTypes=["g7e.12xlarge"]), region="eu-south-2")
    assert "(g7e.12xlarge and all but nodes at prices of us-east-1: none known for eu-south-2)" in _bill(result)
    assert result.pools["l40s"].price_note == NOT_KNOWN
    assert any(NOT_KNOWN in reason for reason in result.models["m"].reasons)


def test_the_source_and_the_doubt_about_its_date_are_shown() -> None:
    note = plan(L40S, region="eu-central-1").cost.price_note
    assert "on-demand prices of eu-central-1 for g6e.12xlarge, m7i.xlarge, about 2026-02" in note
    assert "the source states no date" in note
    assert "all but nodes at prices of us-east-1, 2026-06: none known for eu-central-1" in note


def test_spot_is_billed_at_its_range() -> None:
    """From g6.xlarge in its cheapest zone to g6.2xlarge in its most expensive zone, in us-east-1."""
    result = plan(DEV)
    (nodes,) = [item for item in result.cost.items if item.name == "GPU nodes l4"]
    assert nodes.min / HOURS == pytest.approx(0.349)
    assert result.pools["l4"].usd_per_node_hour == pytest.approx(0.5772)
    assert 0.5772 * HOURS <= nodes.max < 2 * 0.5772 * HOURS  # the second node is for the hours of rollouts
    assert nodes.min < nodes.expected < nodes.max
    (assumed,) = [each.message for each in result.assumptions if each.path == "gpuPools.l4.capacity"]
    assert "g6.xlarge $0.35 to $0.40 per hour" in assumed
    assert "the source states no date" in assumed
    assert "on demand $0.80" in assumed
    assert result.models["qwen3-8b"].usd_per_hour == pytest.approx(0.5772)  # the most expensive of its types


def test_a_price_that_is_the_same_in_every_zone_is_one_number() -> None:
    zones = {"cluster": {"create": {**DEV["cluster"]["create"], "zones": 2}}}
    result = plan({**changed(DEV, gpuPools__l4__instanceTypes=["g4dn.16xlarge"]), **zones}, region="eu-south-1")
    (assumed,) = [each.message for each in result.assumptions if each.path == "gpuPools.l4.capacity"]
    assert "g4dn.16xlarge $0.51 per hour (on demand $5.09)" in assumed


def test_spot_counts_in_the_choice_of_a_pool() -> None:
    pools = {"demand": {"instanceTypes": ["g6.xlarge"]}, "spot": {"instanceTypes": ["g6.2xlarge"], "capacity": "spot"}}
    result = plan(changed(DEV, gpuPools=pools))
    assert result.models["qwen3-8b"].pool == "spot"  # $0.98 on demand, half of that on spot


def test_where_no_spot_price_is_known_it_is_the_on_demand_price() -> None:
    pools = {"h100": {"instanceTypes": ["p5.48xlarge"], "capacity": "spot"}}
    result = plan(changed(DEV, gpuPools=pools), region="ap-northeast-2")
    assert result.pools["h100"].usd_per_node_hour == pytest.approx(75.9552)
    (assumed,) = [each.message for each in result.assumptions if each.path == "gpuPools.h100.capacity"]
    assert assumed == "no spot price of p5.48xlarge is known: it is billed at the on-demand price"


def test_own_prices_stand_beside_the_regions_by_name(tmp_path: Path) -> None:
    table = tmp_path / "prices.csv"
    table.write_text("instance_type,usd_per_hour\ng6e.12xlarge,9\n", encoding="utf-8")
    result = plan(changed(L40S, prices={"table": str(table)}), region="eu-central-1")
    assert (
        f"g6e.12xlarge at your own price ({table}), as written there; m7i.xlarge at AWS's list price"
        in result.cost.price_note
    )
    assert "on-demand prices of eu-central-1 for m7i.xlarge" in result.cost.price_note
    assert "* l40s: your own price" in _text(result)
    assert "g6e.12xlarge at your own price, other nodes at prices of eu-central-1, all else at those" in _bill(result)


def test_the_rest_of_the_bill_says_whose_prices_are_not_of_the_region() -> None:
    """System nodes are a part of it, and their prices are those of the region."""
    text = _text(plan(L40S, region="eu-central-1"))
    assert "the rest (price of us-east-1: none known for eu-central-1, but for nodes): EKS control plane" in text
    assert "the rest     " in text  # the column of nodes says nothing of prices


@pytest.mark.parametrize(("capacity", "said"), [("spot", False), ("on-demand", True)])
def test_the_note_of_on_demand_prices_names_what_is_billed_at_them(capacity: str, said: bool) -> None:
    stack = changed(L40S, gpuPools__l40s={"instanceTypes": ["g6e.xlarge"], "capacity": capacity})
    note = plan(stack, region="eu-central-1").cost.price_note
    (types,) = [each for each in note.split("; ") if each.startswith("on-demand prices of eu-central-1")]
    assert ("g6e.xlarge" in types) is said
    assert "m7i.xlarge" in types


def test_a_pool_carries_its_types_at_the_prices_of_the_bill() -> None:
    """Nobody looks a type up again by its name, at a list price or in another region."""
    made = plan(changed(DEV, prices={"discountPercent": 20}), region="eu-central-1")
    (pool,) = made.pools.values()
    assert [each.name for each in pool.types] == list(pool.instance_types) == ["g6.xlarge", "g6.2xlarge"]
    assert max(each.hourly("spot")[1] for each in pool.types) == pool.usd_per_node_hour
    listed = CATALOG.aws.region_prices["g6.xlarge", "eu-central-1"].usd_per_hour or 0.0
    assert pool.types[0].usd_per_hour == pytest.approx(0.8 * listed)


@pytest.mark.parametrize(("expose", "whose"), [("cluster", ""), ("internal", "prices of us-east-1")])
def test_a_bill_of_own_prices_alone_names_no_region(expose: str, whose: str) -> None:
    """Only what AWS bills, such as a load balancer, is at the prices of a region."""
    gateway = {} if expose == "cluster" else {"gateway": {"domain": "llm.acme.eu", "expose": expose}}
    priced = changed(SHARED, gpuPools__a10g__existing__usdPerGpuHour=1.8, gpuPools__a10g__existing__nodes=6)
    cost = plan({**priced, **gateway}, region="eu-central-1").cost
    assert cost.whose.startswith(whose)
    assert bool(cost.whose) is bool(whose)
    assert ("prices of the stack file" in cost.price_note) is not bool(whose)
