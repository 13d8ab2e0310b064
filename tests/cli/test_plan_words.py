"""What a plan says of its figures and of what is to do can be followed, and recomputed."""

import re
from typing import Any

import pytest

from infra.cli.document import Column, Document, Section
from infra.cli.document.markdown import to_markdown
from infra.cli.document.text import to_text
from infra.cli.report import report
from infra.offline import Planned
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.words import decimals_that_differ, duration, memory, minutes
from infra.planning import Plan
from infra.recording import Recording
from tests.planning.stacks import CATALOG, DEV, changed, plan

ON_DEMAND: dict[str, Any] = changed(DEV, gpuPools={"l4": {"instanceTypes": ["g6.xlarge"]}})
PUBLIC = {
    "domain": "llm.acme.eu",
    "certificateArn": "arn:aws:acm:us-east-1:210987654321:certificate/0f4a2b1c-1d2e-4f3a-8b9c-7d6e5f4a3b2c",
}
GIB_MONTH, MIBPS_MONTH = CATALOG.aws.prices.gp3_gib_month, CATALOG.aws.prices.gp3_mibps_month


def _report(result: Plan) -> Document:
    return report(Planned(result, Recording([], {})))


def _rows(result: Plan, title: str) -> list[tuple[str, ...]]:
    return [row for section in _report(result).sections if section.title.startswith(title) for row in section.rows]


def _item(result: Plan, name: str) -> Any:
    return next(item for item in result.cost.items if item.name == name)


def test_what_needs_an_output_stands_after_pulumi_up() -> None:
    result = plan(changed(ON_DEMAND, gateway=PUBLIC))
    before, after = (" ".join(cell for row in _rows(result, title) for cell in row) for title in ("BEFORE", "AFTER"))
    assert "CNAME" not in before
    assert "CNAME records from llm.acme.eu and *.llm.acme.eu to the stack output gateway_address" in after
    (look,) = [row[1] for row in _report(result).verdict if row[0] == "LOOK AT"]
    assert look.endswith(f"{len(_rows(result, 'BEFORE'))} things to do before `pulumi up`, 1 after it")


def test_nothing_is_after_pulumi_up_without_a_name() -> None:
    assert _rows(plan(ON_DEMAND), "AFTER") == []


@pytest.mark.parametrize("length", [2048, 4096, 8192])
def test_a_replica_holds_the_same_in_the_table_and_in_the_warning(length: int) -> None:
    result = plan(changed(ON_DEMAND, models__qwen3_8b__maxModelLen=length))
    (table,) = [cell for cell in _rows(result, "MODELS")[0] if cell.endswith(f" x {length:,}")]
    (warning,) = [each.message for each in result.warnings if each.kind == "no-concurrency"]
    assert f"holds {table.split()[0]} request" in warning


def test_disks_are_billed_by_what_is_said_of_them() -> None:
    result = plan(changed(ON_DEMAND, cache={"kind": "ebs"}, models__qwen3_8b__replicas=1))
    cache, nodes = _item(result, "EBS cache"), _item(result, "node disks")
    gib, of_size, over, included, of_more = map(int, re.findall(r"\b\d+", cache.what))
    assert (round(gib * GIB_MONTH), included, round(over * MIBPS_MONTH)) == (of_size, 125, of_more)
    assert cache.min == pytest.approx(gib * GIB_MONTH + over * MIBPS_MONTH)
    system, pool = nodes.what.removeprefix("gp3: ").split(" GiB per system node; ")
    assert pool.endswith(" per node of l4")
    root, *more = re.findall(r"\d+", pool.removesuffix("l4"))
    paid = int(root) * GIB_MONTH + sum(int(each) - 125 for each in more) * MIBPS_MONTH
    assert nodes.min == pytest.approx(2 * int(system) * GIB_MONTH + paid)


def test_of_spot_the_row_says_why_its_bills_differ_and_the_note_what_on_demand_would_be() -> None:
    result = plan(changed(DEV, gpuPools__l4={"instanceTypes": ["g6.xlarge"], "capacity": "spot", "max": 1}))
    nodes = _item(result, "GPU nodes l4")
    assert nodes.what == "1 x g6.xlarge, spot price by zone"
    demand = CATALOG.instances["g6.xlarge"].usd_per_hour or 0.0
    more = demand * HOURS_PER_MONTH - nodes.max
    assert (
        f"they may rise to the on-demand price, which would be ${more:,.0f} per month more at the maximum"
        in result.cost.price_note
    )
    assert "on demand, which" not in plan(ON_DEMAND).cost.price_note
    assert "dearest" not in _item(plan(ON_DEMAND), "GPU nodes l4").what


def test_warnings_say_the_way_out() -> None:
    said = {
        each.kind: each.message for each in plan(changed(ON_DEMAND, models__qwen3_8b__model="BAAI/bge-m3")).warnings
    }
    assert "`llm-platform model add BAAI/bge-m3` pins the commit at which it reads the files" in said["no-revision"]
    moving = plan(changed(ON_DEMAND, models__qwen3_8b__revision="main"))
    (main,) = [each for each in moving.warnings if each.path == "models.qwen3-8b.revision"]
    assert main.message.startswith("the branch main of Qwen/Qwen3-8B can change, and with it what is served: write a")
    assert main.kind == "moving-revision", "several are not said to have none"
    assert "huggingface.co/BAAI/bge-m3 says so. If it does, accept it there and set" in said["licence-unknown"]


def test_markdown_has_no_empty_column_and_a_star_begins_no_list() -> None:
    section = Section(
        "POOLS", (Column("a node"), Column(""), Column("", right=True)), (("l4", "x", "", "y"),), "* l4: a"
    )
    text = to_markdown(Document("t", (), (section,)))
    assert "|  | a node |  |" in text
    assert "| l4 | x | y |" in text
    assert "&#42; l4: a" in text
    assert not any(line.startswith("* ") for line in text.splitlines())


def test_a_long_arn_leaves_no_line_too_wide() -> None:
    arn = (
        "arn:aws:iam::210987654321:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_ReadOnly_0123456789"
    )
    result = plan(changed(ON_DEMAND, cluster__create__access={"admins": [arn.replace("210987654321", "111122223333")]}))
    assert max(map(len, to_text(_report(result), 80).splitlines())) <= 80


def test_what_leaves_no_room_for_a_context_adds_up() -> None:
    message = _misfit(maxModelLen=40960, concurrency=8)
    terms = re.findall(r"(\d+\.\d) (?:GiB that|for|of weights|of the engine itself)", message)
    usable, cache, weights, engine = map(float, terms)
    assert usable == pytest.approx(cache + weights + engine, abs=0.11)


def test_weights_that_have_no_room_are_said_to_be_too_large() -> None:
    """Nobody reads -9.2 GiB that are left for the cache."""
    message = _misfit(model="Qwen/Qwen3-14B", maxModelLen=8192)
    terms = re.findall(r"(\d+\.\d) (?:GiB that|GiB too few|of weights|of the engine itself)", message)
    usable, missing, weights, engine = map(float, terms)
    assert usable + missing == pytest.approx(weights + engine, abs=0.11)
    assert "-" not in re.sub(r"qwen3-8b", "", message)


def _misfit(**model: object) -> str:
    """Of a model on one L4."""
    stack = changed(ON_DEMAND)
    stack["models"]["qwen3-8b"].update(pool="l4", gpus=1, **model)
    (message,) = [each.message for each in plan(stack).violations]
    return message


@pytest.mark.parametrize(
    ("seconds", "exact", "in_minutes"),
    [
        (0, "0 s", "0 s"),
        (44, "44 s", "44 s"),
        (45, "45 s", "1 min"),
        (60, "1 min", "1 min"),
        (89, "1 min 29 s", "1 min"),
        (135.4, "2 min 15 s", "2 min"),
        (3600, "60 min", "60 min"),
    ],
)
def test_a_duration_is_printed_in_one_way(seconds: float, exact: str, in_minutes: str) -> None:
    assert (duration(seconds), minutes(seconds)) == (exact, in_minutes)


@pytest.mark.parametrize(
    ("gib", "said"), [(1.25, "1.2 GiB"), (0.06, "0.1 GiB"), (0.05, "0.1 GiB"), (0.012, "12 MiB"), (-0.03, "-31 MiB")]
)
def test_memory_too_small_for_gib_is_in_mib(gib: float, said: str) -> None:
    assert memory(gib) == said


@pytest.mark.parametrize(("one", "other", "decimals"), [(1.2, 1.9, 1), (1.92, 1.94, 2), (1.921, 1.924, 3)])
def test_two_numbers_that_are_compared_print_differently(one: float, other: float, decimals: int) -> None:
    assert decimals_that_differ(one, other) == decimals


@pytest.mark.parametrize("model", ["Qwen/Qwen3-0.6B", "Qwen/Qwen3-8B", "meta-llama/Llama-3.2-1B-Instruct"])
@pytest.mark.parametrize("pool", ["g6.xlarge", "g4dn.xlarge", "g5.12xlarge"])
def test_no_difference_of_a_reason_prints_as_nothing(model: str, pool: str) -> None:
    result = plan(changed(DEV, gpuPools={"l4": {"instanceTypes": [pool]}}, models={"m": {"model": model}}))
    assert [reason for reason in result.models["m"].reasons if re.search(r"\b0\.0 GiB less", reason)] == []
