"""How fast a replica is, in `fit` and `plan`: as JSON, and for a person."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.running import fit_json, plan, plan_json, run

QWEN = "Qwen/Qwen3-8B"
FIGURES = ("tokens_per_second", "ttft_ms", "tpot_ms")
H100 = ("--gpu", "H100-80", "--max-model-len", "8192")


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    "asked",
    [
        lambda: fit_json(QWEN, *H100),
        lambda: fit_json(QWEN, "--max-model-len", "8192")[0],
        lambda: plan_json("prod")["models"]["llama-70b"],
    ],
    ids=["fit of one", "fit of all", "plan"],
)
def test_json_has_low_middle_and_high_of_each_number_of_requests(asked: Callable[[], dict[str, Any]]) -> None:
    said = asked()
    assert [each["concurrency"] for each in said["speed"]] == [1, 8, 32, 128]
    for each in (*said["speed"], said["speed_full_load"]):
        assert list(each) == ["concurrency", *FIGURES]
        for figure in FIGURES:
            low, middle, high = each[figure]
            assert 0 < low <= middle <= high
        rate, first, following = (each[figure][1] for figure in FIGURES)
        running = rate * (first + 255 * following) / 1000 / 256
        assert running == pytest.approx(each["concurrency"], rel=0.05)


@pytest.mark.parametrize(
    ("model", "arguments", "why"),
    [
        ("BAAI/bge-m3", ("--gpu", "L4"), "this model generates no tokens"),
        ("llama3.2:3b", ("--gpu", "T4", "--engine", "ollama"), "Ollama has no throughput model"),
        (QWEN, ("--gpu", "RTX 5080", "--gpu-memory-gib", "40", "--max-model-len", "8192"), "the speed of RTX 5080"),
    ],
)
def test_where_there_is_no_estimate_the_reason_is_said(model: str, arguments: tuple[str, ...], why: str) -> None:
    said = fit_json(model, *arguments)
    assert (said["speed"], said["speed_full_load"]) == (None, None)
    assert said["speed_note"].startswith("no estimate: ")
    assert why in said["speed_note"]
    assert f"no estimate: {why}" in flat(run("fit", model, *arguments).stdout)


def test_requests_for_which_there_is_no_place_wait() -> None:
    few = fit_json(QWEN, *H100, "--max-num-seqs", "16")
    assert few["speed_note"] == "with 32 or 128 requests, 16 run at once and the others wait"
    _, eight, thirty_two, more = few["speed"]
    assert thirty_two["tokens_per_second"] == more["tokens_per_second"]
    assert eight["ttft_ms"][1] < thirty_two["ttft_ms"][1] / 10 < more["ttft_ms"][1] / 10
    assert few["speed_full_load"]["concurrency"] == 16
    assert fit_json(QWEN, *H100)["speed_note"] == ""
    assert few["speed_note"] in flat(run("fit", QWEN, *H100, "--max-num-seqs", "16").stdout)
    alone = "with 8, 32 or 128 requests, 1 runs at once and the others wait"
    assert fit_json(QWEN, *H100, "--max-num-seqs", "1")["speed_note"] == alone


def test_requests_that_a_short_context_takes_are_named() -> None:
    short = (QWEN, "--gpu", "H100", "--max-model-len", "512")
    assert (
        fit_json(*short)["speed_note"]
        == "estimated for requests of 409 tokens in and 102 out, as the context is shorter"
    )
    said = flat(run("fit", *short).stdout)
    assert "estimated for requests of 409 tokens in and 102 out" in said
    assert "1,024" not in said.split("speed", 1)[1]


def test_a_speed_says_that_it_leaves_out_what_proposed_tokens_gain() -> None:
    asked = ("meta-llama/Llama-3.3-70B-Instruct", "--gpu", "H100", "--gpus", "4", "--max-model-len", "8192")
    proposed = (*asked, "--speculative-model", "meta-llama/Llama-3.2-1B-Instruct", "--speculative-tokens", "3")
    said = "what proposed tokens gain isn't in it"
    assert (fit_json(*asked)["speed_note"], fit_json(*proposed)["speed_note"]) == ("", said)
    assert said in flat(run("fit", *proposed).stdout)


def test_a_person_reads_a_row_for_each_number_of_requests() -> None:
    lines = run("fit", QWEN, *H100, environment={"COLUMNS": "80"}).stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("speed "))
    rows = lines[start + 1 : start + 6]
    names = ("1 request", "8 requests", "32 requests", "128 requests", "full load, ")
    assert [line.strip().startswith(name) for line, name in zip(rows, names, strict=True)] == [True] * 5
    for row in rows:
        assert len(re.findall(r"[\d.,]+ \([\d.,]+–[\d.,]+\)", row)) == 3
        assert len(row) <= 80
    assert "estimated for requests of 1,024 tokens in and 256 out" in flat("\n".join(lines))


def test_of_all_types_the_speed_of_the_cheapest_is_said() -> None:
    first = fit_json(QWEN, "--max-model-len", "8192")[0]
    said = flat(run("fit", QWEN, "--max-model-len", "8192").stdout)
    assert f"{first['instance_type']}, 1 x {first['gpu']}, estimated for requests" in said
    assert f"{first['speed'][1]['tokens_per_second'][1]:,.0f} (" in said


@pytest.mark.parametrize("columns", ["80", "160"])
def test_a_plan_has_a_row_for_each_model(columns: str) -> None:
    text = run("plan", "prod", environment={"COLUMNS": columns}).stdout
    table = text.partition("\nSPEED")[2].partition("\n\n")[0]
    models = plan_json("prod")["models"]
    for name in ("llama-70b", "llama-8b"):
        assert f"\n  {name} " in table
        for each in models[name]["speed"]:
            rate = each["tokens_per_second"][1]  # rounded in JSON to a tenth
            assert any(f"{near:,.0f} (" in table for near in (rate - 0.05, rate + 0.05))
    assert "helper: no estimate: Ollama has no throughput model" in flat(table)
    assert max(map(len, table.splitlines())) <= int(columns)


def test_a_plan_without_an_estimate_says_so() -> None:
    assert "SPEED llama-1b no estimate: on the CPU" in flat(plan("local").stdout)


def test_dollars_per_token_are_those_of_full_load() -> None:
    """And the tokens that a replica can generate in a month, by which an API is compared."""
    model = plan_json("prod")["models"]["llama-8b"]
    low, _, high = model["speed_full_load"]["tokens_per_second"]
    cheap, dear = model["usd_per_million_output_tokens"]
    assert cheap == pytest.approx(model["usd_per_hour"] / 3600 / high * 1e6, rel=0.01)
    assert dear == pytest.approx(model["usd_per_hour"] / 3600 / low * 1e6, rel=0.01)
    priced = fit_json(QWEN, "--instance-type", "g6.xlarge", "--max-model-len", "8192", "--api-price", "4")
    low, _, high = priced["speed_full_load"]["tokens_per_second"]
    assert priced["replica_tokens_per_month"] == pytest.approx([low * 730 * 3600, high * 730 * 3600], rel=0.01)
