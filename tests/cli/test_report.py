"""How the tables round, and what they print once instead of in each row."""

import ast
import json
import re
from pathlib import Path

import pytest

from infra.cli.diff.values import shown as shown_in_a_diff
from infra.cli.report import report
from infra.offline import Planned
from infra.plan.kinds import KINDS
from infra.plan.words import bills_said, count, interval
from infra.plan.writes import shown
from infra.recording import Recording
from infra.sizing.estimates import Estimate
from tests.example_stacks import plan_text, planned
from tests.planning.stacks import CATALOG, DEV, changed, plan


def _section(stack: dict, title: str) -> list[tuple[str, ...]]:
    sections = report(Planned(plan(stack), Recording([], {}))).sections
    return [row for section in sections if section.title == title for row in section.rows]


@pytest.mark.parametrize(("length", "step"), [(8192, 0.1), (2048, 1)])
def test_capacity_is_rounded_down(length: int, step: float) -> None:
    """To a tenth below ten requests, and to a whole one above."""
    stack = changed(DEV, models__qwen3_8b__maxModelLen=length)
    fit = plan(stack).models["qwen3-8b"].fit
    (holds,) = [cell for cell in _section(stack, "MODELS")[0] if cell.endswith(f" x {length:,}")]
    assert fit is not None
    assert fit.max_concurrency is not None
    assert 0 <= fit.max_concurrency - float(holds.split()[0]) < step


@pytest.mark.parametrize(("types", "price"), [(["g6.xlarge", "g6.2xlarge"], "0.80 to 0.98"), (["g6.xlarge"], "0.80")])
def test_a_pool_of_several_types_has_a_range_of_prices(types: list[str], price: str) -> None:
    pool = {"instanceTypes": types}
    stack = changed(DEV, gpuPools__l4=pool)
    assert price in _section(stack, "POOLS")[0]
    assert price in _section(stack, "MODELS")[0], "a replica's price beside a bill of the same nodes has the same range"


@pytest.mark.parametrize("size", range(20, 60, 5))
@pytest.mark.parametrize("paused", [True, False])
def test_amounts_add_up_as_they_print(size: int, paused: bool) -> None:
    """The EBS volume costs $0.08 per GiB, so that sizes give all kinds of cents."""
    stack = changed(DEV, cache={"kind": "ebs", "size": f"{size}Gi"}, models__qwen3_8b__paused=paused)
    of = report(Planned(plan(stack), Recording([], {})))
    (bill,) = [section for section in of.sections if section.title == "BILL"]
    *rows, total, _ = bill.rows
    amounts = zip(*(row[1:-1] for row in rows), strict=True)
    columns = [[int(cell.replace(",", "")) for cell in cells] for cells in amounts]
    sums = [int(cell.replace(",", "")) for cell in total[1:-1]]
    assert [sum(column) for column in columns] == sums
    said = [text for title, text in of.verdict if title == "PAUSED"]
    assert bool(said) is paused
    for text in said:
        whole, *parts = (int(each.replace(",", "")) for each in re.findall(r"\$([\d,]+)", text))
        assert sum(parts) == whole


@pytest.mark.parametrize(
    ("stack", "headline", "titles", "last"),
    [
        ("zonal", r"\$1,024 per month", ["$ per month", "nodes"], ["sum", "1,024", ""]),
        (
            "prod",
            r"expected \$[\d,]+ per month; minimum \$[\d,]+; maximum \$[\d,]+; budget \$30,000 \(maximum\)",
            ["minimum, $ per month", "expected", "maximum", "nodes"],
            ["sum", "[\\d,]+", "[\\d,]+", "[\\d,]+", ""],
        ),
    ],
)
def test_bills_that_are_the_same_are_one_figure(stack: str, headline: str, titles: list[str], last: list[str]) -> None:
    of = report(planned(stack))
    (said,) = [row[1] for row in of.verdict if row[0] == "BILL"]
    (bill,) = [section for section in of.sections if section.title == "BILL"]
    assert re.fullmatch(headline, said)
    assert [column.title for column in bill.columns] == titles
    assert re.fullmatch(" ".join(last), " ".join(bill.rows[-2]))
    assert ("expected:" in bill.note) == (len(titles) > 2)


@pytest.mark.parametrize(
    ("own", "pools", "said"),
    [
        ({}, ["a"], "not known: the nodes of a have no price; gpuPools.a.existing.usdPerGpuHour gives them one"),
        ({"usdPerGpuHour": 1.5}, ["a"], r"\$1,095 per month"),
        ({}, [], "nothing: no cloud resource is made"),
    ],
)
def test_a_bill_without_a_price_is_not_known(own: dict, pools: list[str], said: str) -> None:
    nodes = {"gpu": "L4", "gpusPerNode": 1, "nodes": 1, "selector": {"gpu": "true"}, **own}
    small = {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}
    text = {
        "cluster": {"existing": {"context": "site-a"}},
        "gpuPools": {name: {"existing": nodes} for name in pools},
        "models": {"small": small} if not pools else {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 4096}},
        "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "100Gi"},
    }
    of = report(plan_text("own", json.dumps({"config": {"llm-platform:platform": text}})))
    (bill,) = [sentence for word, sentence in of.verdict if word == "BILL"]
    assert re.fullmatch(said, bill)
    unpriced = {("OK, but", "the budget guards nothing of the nodes of a, which have no price; every rule holds")}
    guarded = report(Planned(plan({**text, "budget": {"usdPerMonth": 5000}}), Recording([], {})))
    assert (unpriced <= set(guarded.verdict)) is said.startswith("not known")


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        (("$16", "$16", "$16"), "$16 per month"),
        (("$16", "$16", "$17"), "expected and minimum $16 per month; maximum $17"),
        (("$17", "$16", "$17"), "expected and maximum $17 per month; minimum $16"),
        (("$2", "$1", "$3"), "expected $2 per month; minimum $1; maximum $3"),
    ],
)
def test_bills_in_words(amounts: tuple[str, ...], said: str) -> None:
    assert bills_said(dict(zip(("expected", "minimum", "maximum"), amounts, strict=True))) == said


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        ((4.0, 4.6, 5.0), "4.6 (4.0–5.0)"),
        ((4.0, 4.0, 4.0), "4.0"),
        ((4.6, 4.61, 4.62), "4.6"),
        ((3.9, 5, 5), "5.0 (3.9–5.0)"),
    ],
)
def test_an_interval_is_one_figure_where_its_ends_print_the_same(estimate: tuple[float, ...], said: str) -> None:
    assert interval(Estimate(*estimate)) == said


@pytest.mark.parametrize(
    ("value", "in_yaml", "in_a_diff"),
    [
        (True, "true", "true"),
        (None, "null", "–"),
        (0.9, "0.9", "0.9"),
        ([], "[]", "[]"),
        (("g6.xlarge", "g6.2xlarge"), "[g6.xlarge, g6.2xlarge]", "g6.xlarge, g6.2xlarge"),
        ({"a": ["x", False], "b": None}, "{a: [x, false], b: null}", "{a: [x, false], b: null}"),
    ],
)
def test_a_value_is_shown_as_a_stack_file_has_it(value: object, in_yaml: str, in_a_diff: str) -> None:
    """In a cell of a diff a list has no brackets, and nothing is a dash."""
    assert shown(value) == in_yaml
    assert shown_in_a_diff(value) == in_a_diff


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 GPUs"), (1, "1 GPU"), (2, "2 GPUs"), (1234, "1,234 GPUs")], ids=str
)
def test_a_count_agrees_with_its_noun(number: int, said: str) -> None:
    assert count(number, "GPU") == said


MANY = changed(DEV, models={f"m{index}": DEV["models"]["qwen3-8b"] for index in range(9)}, gpuPools={})


@pytest.mark.parametrize("stack", [MANY, DEV], ids=["many", "dev"])
def test_every_value_that_was_chosen_is_shown_with_its_reason(stack: dict) -> None:
    rows = _section(stack, "CHOSEN")
    for path, choice in plan(stack).chosen.items():
        section, name, *key = path.split(".")
        if key[:1] == ["addonVersions"]:  # one row of all, with each version
            ((_, _, why),) = [row for row in rows if row[0] == "cluster.create.addonVersions"]
            assert why.startswith(f"{choice.reason}: ")
            assert f"{key[1]} {shown(choice.value)}" in why
            continue
        why, _, version = choice.reason.partition(": ") if section == "addons" else (choice.reason, "", "")
        alone = [row for row in rows if row[0] == path and row[2] == choice.reason]
        grouped = ".".join([section, "*", *key]) if key else section
        together = [row for row in rows if row[0] == grouped and all(each in row[2] for each in (name, why, version))]
        ((_, value, _),) = alone or together
        assert value == shown(choice.value)


def test_what_was_chosen_alike_is_one_row() -> None:
    assert len([row for row in _section(MANY, "CHOSEN") if "maxNumSeqs" in row[0]]) == 1
    assert len([row for row in _section(MANY, "CHOSEN") if row[0].startswith("addons")]) == 1


THREE = changed(
    DEV,
    gpuPools={"l4": {"instanceTypes": ["g6.xlarge"]}, "t4": {"instanceTypes": ["g4dn.xlarge"], "capacity": "spot"}},
    models={
        "chat": {"model": "Qwen/Qwen3-8B", "pool": "l4", "maxModelLen": 32768},
        "code": {"model": "Qwen/Qwen3-8B", "pool": "l4", "maxModelLen": 4096},
        "embed": {"model": "BAAI/bge-m3", "pool": "t4"},
    },
)


@pytest.mark.parametrize(
    "line",
    [
        r"models\.\*\.replicas\.min: one replica: .*: chat \(about \d+ min\), code \(about \d+ min\), embed \(.*\)",
        r"models\.\*\.revision: no revision is given: the branch main .*: chat, code, embed",
        r"models\.\*\.concurrency: .*: chat \(1 request of 32,768 tokens\), code \(\d.* of 4,096 tokens\)",
        r"models\.chat\.maxModelLen: fits, but not for certain: .*",
        r"gpuPools\.t4\.capacity: AWS takes spot nodes .*",
    ],
)
def test_warnings_of_a_kind_are_one_line_with_the_names(line: str) -> None:
    rows = [row[1] for row in _section(THREE, "WARNINGS")]
    assert len([row for row in rows if re.fullmatch(line, row)]) == 1


def test_the_headline_counts_the_lines_of_warnings() -> None:
    (look,) = [row[1] for row in report(Planned(plan(THREE), Recording([], {}))).verdict if row[0] == "LOOK AT"]
    assert look.startswith(f"{len(_section(THREE, 'WARNINGS'))} warnings, ")


def test_every_warning_of_a_kind_is_a_kind_that_is_known() -> None:
    kinds = {warning.kind for warning in plan(THREE).warnings}
    assert {"one-replica", "no-revision", "no-concurrency", "not-certain", "spot"} <= kinds
    assert {each.kind for each in plan(THREE).warnings if "." not in each.kind and not each.shared} <= set(KINDS)


def _headline(stack: dict) -> tuple[str, ...]:
    return report(Planned(plan(stack), Recording([], {}))).verdict[0]


def test_a_model_that_is_not_certain_to_fit_is_in_the_headline_and_in_its_row() -> None:
    fit = plan(THREE).models["chat"].fit
    assert fit is not None
    assert fit.kv_cache_gib is not None
    short = f"chat ({fit.kv_cache_gib.low:.1f} GiB of cache at the low end, 4.5 needed)"
    assert _headline(THREE) == ("OK, but", f"{short} is not certain to fit; every rule holds")
    assert {row[0].strip(): row[2] for row in _section(THREE, "MODELS")} == {
        "chat": "likely",
        "code": "yes",
        "embed": "yes",
    }
    assert _headline(DEV)[0] == "OK"


def test_a_model_that_no_pool_can_run_has_no_place_and_is_not_on_the_cpu() -> None:
    refused = changed(THREE, models__r1={"model": "deepseek-ai/DeepSeek-R1", "maxModelLen": 8192, "gpus": 8})
    (row,) = [row for row in _section(refused, "MODELS") if row[0].strip() == "r1"]
    assert row[1:3] == ("no place (vllm, 8 GPUs)", "no")
    assert not any("CPU" in reason for reason in plan(refused).models["r1"].reasons)


def test_each_model_is_shown_with_repository_revision_and_type_of_weights() -> None:
    stack = changed(
        DEV,
        models__qwen3_8b__revision="b968826d9c46dd6066d109eabc6255188de91218",
        models__helper={"model": "llama3.2:3b", "engine": "ollama", "gpus": 0},
        models__free={"model": "BAAI/bge-m3"},
        models__own={"model": "BAAI/bge-m3", "image": "registry.acme.io/vllm:v0.31.0"},
    )
    rows = {row[0].strip(): row[1:] for row in _section(stack, "SERVES")}
    assert rows["qwen3-8b"] == ("Qwen/Qwen3-8B", "b968826d9c46", f"bf16, vllm {CATALOG.engines['vllm'].version}")
    assert rows["helper"][:2] == ("llama3.2:3b", "-")
    assert rows["free"][:2] == ("BAAI/bge-m3", "main")
    assert rows["own"][2] == "fp16, vllm of registry.acme.io/vllm:v0.31.0"  # of which nobody knows the version


def test_each_kind_that_the_program_names_has_its_words() -> None:
    nodes = [
        node
        for path in (Path(__file__).parents[2] / "infra").rglob("*.py")
        if path.name != "kinds.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]
    calls = (node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    keywords = [
        key
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "warned"
        if not any(key.arg == "shared" for key in call.keywords)  # such a call has the words in it
        for key in call.keywords
    ]
    words = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    kinds = {key.value.value for key in keywords if key.arg == "kind" and isinstance(key.value, ast.Constant)}
    assert kinds <= set(KINDS) <= words


def test_what_a_model_on_the_cpu_asks_for_is_in_the_text() -> None:
    model = planned("local").plan.models["llama-1b"]
    said = f"llama-1b {model.resources.cpu:g} CPU and {model.resources.memory_gib:g} GiB"
    (models,) = [each for each in report(planned("local")).sections if each.title == "MODELS"]
    assert said in models.note
