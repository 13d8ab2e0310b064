"""The figures of both sides are the figures of their plans."""

from typing import Any

import pytest

from infra.cli.diff.figures_table import figures_table
from infra.cli.diff.tables import bill, fit, to_do
from infra.cli.diff.values import NONE
from infra.cli.document.marked import plain
from infra.diff.difference import compare
from infra.diff.figures import QuotaId, gpus_at_peak, items_in_dollars, quotas, quotas_of
from infra.diff.side_by_side import Raise, raises
from infra.diff.speed import slower
from infra.sides.types import Change, Side
from tests.diff.sides import Edit, compared, side
from tests.diff.stacks import base as cloud_base
from tests.diff.stacks import edited
from tests.diff.stacks import side as cloud_side


def without_keys(of: Side) -> Side:
    """The plan of a base whose code is older."""
    pools: dict[str, Any] = {
        name: {key: value for key, value in pool.items() if key not in ("peak_gpus", "surge_gpus")}
        for name, pool in of.pools.items()
    }
    return Side({**of.plan, "gpu_pools": pools}, of.config)


def paused(of: Side, model: str) -> Side:
    outputs = {**of.outputs, "models": {**of.outputs["models"], model: {**of.endpoint(model), "paused": True}}}
    return Side({**of.plan, "outputs": outputs}, of.config)


@pytest.mark.parametrize("stack", ["many", "shared", "asleep"])
def test_gpus_at_peak_are_those_of_the_pools(stack: str) -> None:
    planned = side(stack)
    total = sum(pool["peak_gpus"] + pool["surge_gpus"] for pool in planned.pools.values())
    assert gpus_at_peak(planned, planned) == Change(total, total)


def test_they_are_counted_alike_on_both_sides_where_the_base_does_not_say() -> None:
    planned = side("many")
    assert not gpus_at_peak(without_keys(planned), planned)


def test_a_paused_model_needs_none() -> None:
    model = next(name for name, each in side("many").models.items() if each["gpus_per_replica"])
    planned = without_keys(side("many"))
    most = planned.models[model]["gpus_per_replica"] * planned.models[model]["replicas"]["max"]
    change = gpus_at_peak(planned, paused(planned, model))
    assert change.old - change.new == most


G = QuotaId("Running On-Demand G and VT instances", "L-DB2E81BA", "us-east-1", "vCPUs")


def test_quotas_are_read_from_the_field_and_no_to_do_is_parsed() -> None:
    of = side("many")
    more = [{**each, "needed": each["needed"] + 8 * (each["code"] == G.code)} for each in of.plan["quotas"]]
    ((quota, change),) = quotas(of, Side({**of.plan, "to_do": [], "quotas": more})).items()
    assert (quota, change.new - change.old) == (G, 8)
    assert quotas(of, Side({**of.plan, "to_do": []})) == {}


def test_quotas_of_a_base_whose_code_is_older_are_not_known_and_those_of_a_new_stack_are_0() -> None:
    of = side("many")
    older = Side({key: value for key, value in of.plan.items() if key != "quotas"}, of.config)
    needed = of.plan["quotas"][0]["needed"]
    assert quotas(older, of)[G] == Change(None, needed)
    assert quotas(Side(), of)[G] == Change(0, needed)
    (row,) = [row for row in figures_table(compare("many", older, of)) if G.code in row[0]]
    assert row[1:] == ("not known", f"{needed:,}", "")


def test_a_base_that_does_not_say_what_its_system_nodes_need_needed_as_much() -> None:
    of = side("many")
    older = [{key: each[key] for key in each if key != "system"} for each in of.plan["quotas"] if not each["system"]]
    assert len(of.plan["quotas"]) == len(older) + 1
    assert quotas(Side({**of.plan, "quotas": older}, of.config), of) == {}


def more(side_: Side, needed: int) -> Side:
    return Side({**side_.plan, "quotas": [{**each, "needed": needed} for each in side_.plan["quotas"]]}, side_.config)


SMALLER = ("g6.2xlarge", "g6.xlarge")  # replaces a group of 6 nodes of 8 vCPUs
OTHER_POOL = ("Qwen/Qwen3-8B", "Qwen/Qwen3-4B")  # one pool of 4 vCPUs comes, one goes
GROWN = ("max: 5", "max: 9")


@pytest.mark.parametrize(
    ("stack", "edit", "raised"),
    [("many", SMALLER, {G: Raise(180, 48)}), ("zonal", OTHER_POOL, {G: Raise(4, 4)}), ("many", GROWN, {})],
    ids=["replaced", "another pool", "grown in place"],
)
def test_a_quota_is_raised_to_one_sum_while_old_and_new_nodes_run(stack: str, edit: Edit, raised: dict) -> None:
    change = compared(stack, edit)
    assert raises(change.old, change.new, change.resources) == raised
    rows = [row for row in figures_table(change) if G.code in row[0]]
    asked = [plain(what) for _, what in to_do(change) if G.code in what]
    assert len(rows) == len(asked) == 1
    for quota, each in raised.items():
        assert rows[0][0].endswith("with old nodes")
        assert rows[0][2] == f"{each.needed:,}"
        assert asked[0].endswith(
            f"({quota.code}) in {quota.region} to {each.needed} vCPUs at least: {each.new} for the new plan"
            f" and {each.beside} while old and new nodes run side by side"
        )


REGIONS = [("eu-north-1", False), ("us-east-1", True)]


@pytest.mark.parametrize(("region", "beside"), REGIONS)
def test_old_nodes_count_in_the_quota_of_their_own_region_alone(region: str, beside: bool) -> None:
    here = cloud_base("cloud")
    certificate = f"arn:aws:acm:{region}:111122223333:certificate/5f0c0000-0000-4000-8000-000000000002"
    edit = {
        "gpuPools.l4": {"instanceTypes": ["g6.xlarge"]},
        "cluster.create.zones": 2,
        "aws:region": region,
        "gateway.certificateArn": certificate,
    }
    there = cloud_side("cloud", edited("cloud", edit))
    change = compare("cloud", here, there)
    (quota,) = [each for each in quotas_of(there) or {} if each.code == G.code]
    assert quota.region == region
    assert (quota in raises(here, there, change.resources)) == beside
    rows = [plain(name) for name, *_ in figures_table(change)]
    row = f"of {quota.code} with old nodes" if beside else f"of quota {quota.code}, {region}"
    assert f"vCPUs {row}" in rows


def test_a_quota_that_the_old_plan_needed_already_is_not_raised() -> None:
    gone = compared("zonal", ("Qwen/Qwen3-8B", "Qwen/Qwen3-4B"))
    assert raises(more(gone.old, 8), gone.new, gone.resources) == {}
    assert raises(more(gone.old, 7), gone.new, gone.resources) == {G: Raise(4, 4)}


CHANGES = {
    "one way out": {"cluster.create.network.nat": "perZone"},
    "a model goes": {"models.code": None, "gpuPools.l40s": None},
    "more of both": {"models.chat.replicas.max": 5, "models.code.replicas": 3},
    "other system nodes": {"cluster.create.systemNodes": {"instanceType": "m7i.2xlarge", "count": 3}},
    "another cache": {"cache.kind": "ebs", "models.code": None, "gpuPools.l40s": None, "models.chat.replicas": 1},
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_items_of_the_bill_add_up_to_the_change_that_is_shown(what: str) -> None:
    found = compare("cloud", cloud_base("cloud"), cloud_side("cloud", edited("cloud", CHANGES[what])))
    changes = {row[0]: row[3] for row in figures_table(found) if row[0].startswith("$")}
    (low,) = {amount for name, amount in changes.items() if "minimum" in name or name == "$ per month"}
    (high,) = {amount for name, amount in changes.items() if "maximum" in name or name == "$ per month"}
    ends = [(ends_of(before), ends_of(after)) for _, before, after in bill(found)]
    assert {name for name, *_ in bill(found)} <= {
        item["name"] for side in (found.old, found.new) for item in items(side)
    }
    assert sum(after[0] - before[0] for before, after in ends) == amount_of(low)
    assert sum(after[1] - before[1] for before, after in ends) == amount_of(high)


def billed(**amounts: list[float]) -> Side:
    ends = ("min", "expected", "max")
    rows = [{"name": name, **dict(zip(ends, each, strict=True))} for name, each in amounts.items()]
    sums = {f"usd_per_month_{end}": sum(each[n] for each in amounts.values()) for n, end in enumerate(ends)}
    return Side({"cost": {**sums, "items": rows}})


def test_a_fixed_price_that_goes_is_one_number() -> None:
    """The minimum falls by $17 as it is rounded, and the maximum by $16; the balancer costs $16.43."""
    nodes = [10.1, 20.6, 20.6]
    gone = items_in_dollars(billed(nodes=nodes, balancer=[16.43] * 3), billed(nodes=nodes))
    assert gone == {"balancer": Change([16, 16, 16], None)}


def items(of: Side) -> list[dict[str, Any]]:
    return of.plan["cost"]["items"]


def ends_of(cell: str) -> tuple[int, int]:
    low, _, high = cell.partition(" to ")
    return amount_of(low), amount_of(high or low)


def amount_of(cell: str) -> int:
    return 0 if cell == NONE else int(cell.replace(",", ""))


def test_a_figure_that_reads_the_same_on_both_sides_is_no_change() -> None:
    """27.2 and 27.8 full-length requests are 27 of each."""
    was, now = (
        cloud_side(
            "cloud", edited("cloud", {"models.chat.maxModelLen": 1024, "models.chat.gpuMemoryUtilization": each})
        )
        for each in (0.9, 0.904)
    )
    held = [each.models["chat"]["max_concurrency"] for each in (was, now)]
    assert held[0] != held[1]
    found = compare("cloud", was, now)
    assert not any("full-length" in said for each in found.notices for said in each.afterwards)
    assert [figure for _, figure, *_ in fit(found)] == ["KV cache, GiB per GPU"]


HELD = 4  # by the cache
OF_SPEED = ["full-length requests at once per replica", "tokens per second at full load", "$ per million output tokens"]


@pytest.mark.parametrize(("was", "now"), [(8, 2), (2, 8)])
def test_fewer_requests_at_once_are_slower_and_more_expensive_and_more_of_them_the_reverse(was: int, now: int) -> None:
    found = compare("cloud", *(_with(was), _with(now)))
    rows = {figure: (before, after) for _, figure, before, after in fit(found)}
    fewer = min(was, now)
    held, tokens, dollars = ([_first(each) for each in rows[row]] for row in OF_SPEED)
    assert held == [min(was, HELD), min(now, HELD)]
    assert tokens.index(min(tokens)) == dollars.index(max(dollars)) == [was, now].index(fewer)
    assert (slower(found.old, found.new) == ["chat"]) is (now < was)
    said = f"about {tokens[1]:,.0f} tokens per second at full load, was {tokens[0]:,.0f}"
    assert [said in each.afterwards for each in found.notices if each.model == "chat"] == [True]


def test_a_small_change_of_an_estimated_speed_is_none() -> None:
    found = compare("cloud", _with(16), _with(17))
    assert found.old.models["chat"]["speed_full_load"] != found.new.models["chat"]["speed_full_load"]
    assert not {figure for _, figure, *_ in fit(found)} & {*OF_SPEED[1:]}


def test_the_speed_of_a_base_whose_code_is_older_is_not_compared() -> None:
    new = _with(2)
    old = {name: {key: each[key] for key in each if key not in SPEED_KEYS} for name, each in _with(8).models.items()}
    found = compare("cloud", Side({**_with(8).plan, "models": old}, _with(8).config), new)
    assert not {figure for _, figure, *_ in fit(found)} & {*OF_SPEED[1:]}
    assert not slower(found.old, found.new)


SPEED_KEYS = ("speed_full_load", "usd_per_million_output_tokens")


def _with(seqs: int) -> Side:
    return cloud_side("cloud", edited("cloud", {"models.chat.maxNumSeqs": seqs}))


def _first(cell: str) -> float:
    return float(cell.partition("-")[0].replace(",", ""))
