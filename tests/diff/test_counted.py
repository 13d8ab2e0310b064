"""A change of prices, and of what is counted, is distinguished from a change of what runs."""

from pathlib import Path
from typing import Any

import pytest

from infra.cli.diff.comparing import Compared
from infra.cli.diff.comparison import as_document
from infra.cli.diff.money import money as said_in_the_title
from infra.cli.diff.verdict import mark
from infra.cli.document.marked import plain
from infra.diff.difference import Difference, Facts, compare, document
from infra.sides.types import Change
from tests.diff.stacks import edited, side

Edit = dict[str, Any]
OWN_PRICE = "gpuPools.gpu.existing.usdPerGpuHour"
MORE = {"models.chat.replicas.max": 5}

# By what changes: stack, before, after, what the title says of the bill, and what it doesn't say.
TITLES: dict[str, tuple[str, Edit, Edit, str, str]] = {
    "a price is removed": (
        "own",
        {OWN_PRICE: 1.5},
        {},
        "the bill isn't known any more: the nodes of gpu stay and have no price",
        "-$",
    ),
    "a price is removed and a replica is added": (
        "own",
        {OWN_PRICE: 1.5},
        {"models.chat.replicas": 2},
        "the bill isn't known any more: the nodes of gpu stay and have no price; what runs changes it by",
        "from other prices",
    ),
    "a price is added": (
        "own",
        {},
        {OWN_PRICE: 1.5},
        "from counting the nodes of gpu, which had no price",
        "of it",
    ),
    "another price of own nodes": ("own", {OWN_PRICE: 1.5}, {OWN_PRICE: 2.5}, ", from other prices", "of it"),
    "a discount": ("cloud", {}, {"prices": {"discountPercent": 30}}, ", from other prices", "of it"),
    "a discount and more replicas": (
        "cloud",
        {},
        {"prices": {"discountPercent": 10}, **MORE},
        "of the maximum from other prices",
        "alone",
    ),
    "more replicas at the same discount": (
        "cloud",
        {"prices": {"discountPercent": 10}},
        {"prices": {"discountPercent": 10}, **MORE},
        "expected +$",
        "prices",
    ),
    "more replicas of nodes without a price": (
        "own",
        {},
        {"models.chat.replicas": 2},
        "no bill (gpu has no price)",
        "+",
    ),
    "no gateway any more": ("own", {OWN_PRICE: 1.5}, {OWN_PRICE: 1.5, "gateway": None}, "the bill stays", "prices"),
}


def changed(stack: str, before: Edit, after: Edit) -> Difference:
    return compare(stack, side(stack, edited(stack, before)), side(stack, edited(stack, after)))


def figures_of(difference: Difference) -> tuple[dict[str, tuple[str, ...]], str]:
    section = as_document(Compared(difference, None, {}, "main", None)).sections[0]
    return {plain(str(row[0])): tuple(map(str, row[1:])) for row in section.rows}, plain(section.note)


@pytest.mark.parametrize("what", TITLES)
def test_the_title_says_what_the_change_of_the_bill_is_from(what: str) -> None:
    stack, before, after, says, never = TITLES[what]
    title = plain(said_in_the_title(changed(stack, before, after), {}))
    assert says in title
    assert never not in title.replace(says, "")


def test_a_bill_that_is_not_known_is_no_saving() -> None:
    difference = changed("own", {OWN_PRICE: 1.5}, {})
    rows, note = figures_of(difference)
    assert rows["$ per month"] == ("1,095", "not known", "")
    assert "not counted: the nodes of gpu, which have no price; gpuPools.gpu.existing.usdPerGpuHour gives them" in note
    assert mark(difference) == "⚠️"
    rows, _ = figures_of(changed("own", {}, {OWN_PRICE: 1.5}))
    assert rows["$ per month"] == ("not known", "1,095", "")


def test_a_budget_that_guards_nodes_without_a_price_has_no_rest() -> None:
    budget = {"budget": {"usdPerMonth": 5000}}
    rows, _ = figures_of(changed("own", {OWN_PRICE: 1.5, **budget}, budget))
    assert rows["budget (maximum)"][-1] == "not known"


def test_prices_and_what_runs_add_up_to_the_change() -> None:
    difference = changed("cloud", {}, {"prices": {"discountPercent": 10}, **MORE})
    runs = changed("cloud", {}, MORE)
    counted = document(difference, None, {})["counted"]
    assert counted["settings"] == ["prices.discountPercent"]
    for key, alone in runs.cost.items():
        if key in counted["by_prices"]:
            change = difference.cost[key].new - difference.cost[key].old
            assert counted["by_prices"][key] == pytest.approx(change - (alone.new - alone.old), abs=1)
    _, note = figures_of(difference)
    assert "from prices.discountPercent alone: expected -$" in note
    assert "from what runs: expected +$" in note


def test_another_table_of_prices_is_a_change_of_prices(tmp_path: Path) -> None:
    def table(name: str, usd: float) -> Edit:
        (tmp_path / name).write_text(f"instance_type,usd_per_hour\ng6.2xlarge,{usd}\n", encoding="utf-8")
        return {"prices": {"table": str(tmp_path / name)}}

    old, new = (side("cloud", edited("cloud", table(f"{usd}.csv", usd))) for usd in (0.6, 0.7))
    assert ", from other prices" in said_in_the_title(compare("cloud", old, new), {})
    (tmp_path / "0.6.csv").unlink()
    gone = compare("cloud", old, new)
    assert gone.counted.by_prices is None
    assert ", partly from other prices (prices.table)" in plain(said_in_the_title(gone, {}))


def test_prices_of_the_program_are_its_own() -> None:
    whole = changed("cloud", {}, MORE)
    assert "from the program's own prices and facts" in said_in_the_title(whole, whole.cost)
    half = {key: Change(each.old, each.old + (each.new - each.old) / 2) for key, each in whole.cost.items()}
    assert "of the maximum from the program's own prices and facts" in said_in_the_title(whole, half)
    facts = Facts({}, whole)
    line = as_document(Compared(whole, facts, {}, "main", None)).headline
    assert "from the program's own prices and facts" in line


def test_another_region_has_other_prices() -> None:
    zones = {"cluster.create.zones": ["use2-az1", "use2-az2"], "gateway.certificateArn": None, "gateway.tlsSecret": "x"}
    there = {**zones, "aws:region": "us-east-2", "gateway.ingressClass": "nginx"}
    assert "at the prices of us-east-2, was us-east-1" in said_in_the_title(changed("cloud", {}, there), {})


def test_nodes_that_had_no_price_and_go_leave_no_difference_to_claim() -> None:
    difference = compare("moved", side("own", edited("own", {})), side("cloud", edited("cloud", {})))
    title = plain(said_in_the_title(difference, {}))
    assert "expected $" in title
    assert "how it changes isn't known: the nodes of gpu had no price" in title
    assert "+$" not in title
    rows, _ = figures_of(difference)
    bills = [cells for name, cells in rows.items() if name.startswith("$ per month")]
    assert bills
    assert {(cells[0], cells[2]) for cells in bills} == {("not known", "")}
