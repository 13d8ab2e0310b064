"""What `fit` answers, and how it exits."""

import re
import subprocess
import sys

import pytest

from tests.cli.running import fit_json, run

QWEN = "Qwen/Qwen3-8B"
LLAMA_70B = "meta-llama/Llama-3.3-70B-Instruct"
FIELDS = [
    "model",
    "gpu",
    "gpus",
    "instance_type",
    "fits",
    "certain",
    "weights_gib",
    "kv_cache_gib",
    "kv_cache_gib_interval",
    "kv_cache_tokens",
    "max_model_len",
    "max_concurrency",
    "usd_per_hour",
    "usd_per_node_hour",
    "price_region",
    "speed",
    "speed_full_load",
    "speed_note",
    "start_seconds",
    "reasons",
]


def test_a_named_gpu_is_one_answer() -> None:
    answer = fit_json(QWEN, "--gpu", "L4", "--max-model-len", "8192", "--engine-version", "0.32.0")
    assert list(answer) == FIELDS
    assert (answer["gpu"], answer["gpus"], answer["instance_type"]) == ("L4", 1, "g6.xlarge")
    assert answer["usd_per_hour"] == pytest.approx(0.8048)
    low, high = answer["kv_cache_gib_interval"]
    assert low < answer["kv_cache_gib"] < high
    assert answer["max_concurrency"] == pytest.approx(answer["kv_cache_tokens"] / 8192, abs=0.01)
    assert answer["fits"]
    assert answer["reasons"]


def test_requests_at_once_are_rounded_down_as_a_plan_does() -> None:
    """The number is a promise: neither the table nor the JSON states more requests than fit."""
    arguments = (QWEN, "--max-model-len", "8192")
    shown = run("fit", *arguments, environment={"COLUMNS": "200"}).stdout
    held = {each["instance_type"]: each for each in fit_json(*arguments)}
    table = shown.split("\n\n")[1]
    rows = [line.split() for line in table.splitlines() if line.split()[0] in held]
    assert len(rows) > 3
    for name, _, _, _, _, _, said, *_ in rows:
        answer = held[name]
        exact = answer["kv_cache_tokens"] / 8192
        assert 0 <= exact - float(said) < (0.1 if exact < 10 else 1)
        assert 0 <= exact - answer["max_concurrency"] < 0.02


def test_the_start_of_the_engine_is_the_sum_of_its_steps_and_is_said_where_it_fits() -> None:
    asked = (QWEN, "--gpu", "L4", "--max-model-len", "8192", "--engine-version", "0.32.0")
    seconds = fit_json(*asked)["start_seconds"]
    assert list(seconds) == ["engine", "launch", "profile", "compile", "graphs"]
    whole, *steps = seconds.values()
    for end, sum_of_steps in zip(whole, map(sum, zip(*steps, strict=True)), strict=True):
        assert end == pytest.approx(sum_of_steps, abs=3)
    low, mid, high = whole
    assert low < mid < high
    said = f"it starts in {mid} s ({low} to {high}) without reading its weights: "
    assert said in " ".join(run("fit", *asked).stdout.split())
    assert "it starts in" not in run("fit", QWEN, "--gpu", "T4").stdout


def test_no_gpu_is_every_type_that_serves_it_cheapest_first() -> None:
    answers = fit_json(LLAMA_70B, "--quantization", "fp8", "--max-model-len", "16384")
    assert all(list(answer) == FIELDS and answer["fits"] for answer in answers)
    prices = [answer["usd_per_hour"] for answer in answers]
    assert prices == sorted(prices)
    assert len({answer["instance_type"] for answer in answers}) == len(answers) > 5
    one = fit_json(LLAMA_70B, "--quantization", "fp8", "--max-model-len", "16384", "--instance-type", "g7e.2xlarge")
    assert one in answers


def test_weights_that_are_too_large_leave_a_negative_number_and_exit_0_in_json() -> None:
    answer = fit_json(LLAMA_70B, "--gpu", "L4", "--max-model-len", "8192")
    assert answer["kv_cache_gib"] < -100
    assert (answer["fits"], answer["certain"], answer["kv_cache_tokens"]) == (False, False, 0)
    assert any("--instance-type" in reason for reason in answer["reasons"])


def test_a_gpu_that_aws_does_not_have_is_named_with_its_memory() -> None:
    answer = fit_json(QWEN, "--gpu", "RTX 5080", "--gpu-memory-gib", "15.5", "--max-model-len", "8192")
    assert (answer["gpu"], answer["instance_type"], answer["usd_per_hour"]) == ("RTX 5080", None, None)
    known = fit_json(QWEN, "--gpu", "NVIDIA-A40", "--max-model-len", "8192")
    assert (known["gpu"], known["instance_type"], known["usd_per_hour"]) == ("A40", None, None), "an L40S isn't one"
    assert fit_json(QWEN, "--gpu-memory-gib", "22.16", "--max-model-len", "8192")["instance_type"] == "g6.xlarge"


@pytest.mark.parametrize(("gpu", "gpus", "instance"), [("H100", 1, "p5.4xlarge"), ("H100", 8, "p5.48xlarge")])
def test_a_named_gpu_has_the_price_of_that_gpu(gpu: str, gpus: int, instance: str) -> None:
    """The A100-80 has as much memory, for half the price."""
    answer = fit_json(LLAMA_70B, "--gpu", gpu, "--gpus", str(gpus), "--quantization", "fp8", "--max-model-len", "4096")
    assert answer["instance_type"] == instance


@pytest.mark.parametrize("name", ["H100", "h100-80", "NVIDIA H100 80GB"])
def test_a_gpu_is_known_by_how_people_write_it(name: str) -> None:
    assert fit_json(QWEN, "--gpu", name)["gpu"] == "H100-80"


def test_without_a_version_the_interval_of_a_bare_gpu_is_wider() -> None:
    known, unknown = (
        fit_json(QWEN, "--gpu", "L4", "--max-model-len", "8192", *version)["kv_cache_gib_interval"]
        for version in (("--engine-version", "0.32.0"), ())
    )
    assert unknown[1] - unknown[0] > known[1] - known[0]


def test_more_than_a_model_was_trained_for_does_not_fit() -> None:
    answer = fit_json(QWEN, "--gpu", "H200", "--max-model-len", "131072")
    assert not answer["fits"]
    assert any("40,960" in reason for reason in answer["reasons"])


def test_an_encoder_has_no_cache() -> None:
    answer = fit_json("BAAI/bge-m3", "--gpu", "T4")
    assert answer["fits"]
    assert (answer["kv_cache_gib"], answer["kv_cache_tokens"], answer["max_concurrency"]) == (None, None, None)


def test_an_ollama_tag_is_sized_by_its_file() -> None:
    answer = fit_json("llama3.1:8b", "--engine", "ollama", "--instance-type", "g4dn.xlarge")
    assert answer["fits"]
    assert answer["weights_gib"] == pytest.approx(4.56, abs=0.01)


def test_a_misfit_is_exit_1_in_text_with_its_fix() -> None:
    result = run("fit", LLAMA_70B, "--quantization", "fp8", "--max-model-len", "16384", "--instance-type", "p5.4xlarge")
    assert result.exit_code == 1
    assert result.stdout.startswith("does not fit: 1 x H100-80 (p5.4xlarge, $6.88 per hour)")
    assert "--max-model-len 8960" in result.stdout
    assert "--instance-type g7e.2xlarge" in result.stdout
    there = run("fit", LLAMA_70B, "--quantization", "fp8", "--max-model-len", "4096", "--instance-type", "p5.4xlarge")
    assert there.exit_code == 0


def test_a_table_has_its_verdict_first_and_says_what_was_left_out() -> None:
    result = run("fit", LLAMA_70B, "--quantization", "fp8", "--max-model-len", "16384", "--concurrency", "8")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "serves it at the lowest price per replica" in lines[0]
    assert "not enough for requests of this length" in lines
    assert "Of 71 instance types " in result.stdout
    assert "ARM" in result.stdout
    assert re.search(r" \d+\.\d \(\d+\.\d–\d+\.\d\)$", result.stdout, re.MULTILINE)  # as a plan writes it


def test_a_table_of_all_types_leaves_nothing_out() -> None:
    result = run("fit", "llama3.2:3b", "--region", "eu-west-1")
    assert re.search(r"Of (\d+) instance types \1 serve it\.\n", result.stdout)


def test_what_nothing_serves_is_exit_1() -> None:
    result = run("fit", "moonshotai/Kimi-K3", "--max-model-len", "1048576", "--concurrency", "4000")
    assert result.exit_code == 1
    assert result.stdout.startswith("no instance type serves")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Qwen/Qwen3-9B"], ["unknown model", "Qwen/Qwen3-8B", "like"]),
        ([QWEN, "--max-model-len", "-1"], ["--max-model-len -1"]),
        ([QWEN, "--max-model-len", "0"], ["--max-model-len 0"]),
        ([QWEN, "--max-model-len", "999999999"], ["--max-model-len 999999999"]),
        ([QWEN, "--max-model-len", "8k"], ["--max-model-len 8k", "write --max-model-len 8192"]),
        ([QWEN, "--gpu", "L4", "--gpus", "3"], ["--gpus 3", "32 attention heads", "1, 2, 4, 8"]),
        ([QWEN, "--gpu", "L5"], ["--gpu L5", "give its --gpu-memory-gib"]),
        ([QWEN, "--gpu", "A100"], ["--gpu A100", "has several sizes", "A100-40, A100-80"]),
        ([QWEN, "--gpu", "A100-80GB-MIG-3g.40gb"], ["MIG slice", "give its --gpu-memory-gib, a little less than 40"]),
        ([QWEN, "--gpu", "a2-highgpu-2g"], ["which has 2 x A100-40; write --gpu A100-40 --gpus 2"]),
        ([QWEN, "--gpu", "NC48ads_A100_v4", "--gpus", "1"], ["which has 2 x A100-80; write --gpu A100-80\n"]),
        ([QWEN, "--gpu", "A100-MIG-3g.40gb", "--gpu-memory-gib", "79"], ["--gpu-memory-gib 79", "is a MIG slice"]),
        ([QWEN, "--gpu", "MIG-3g.40gb", "--gpu-memory-gib", "39", "--gpus", "2"], ["--gpus 2", "one MIG slice"]),
        ([QWEN, "--gpu", "L5", "--gpu-memory-gib", "-3"], ["--gpu-memory-gib -3"]),
        ([QWEN, "--instance-type", "g6.huge"], ["--instance-type g6.huge", "g6."]),
        ([QWEN, "--instance-type", "g5g.xlarge"], ["--instance-type g5g.xlarge", "ARM"]),
        ([QWEN, "--instance-type", "g6.xlarge", "--gpus", "2"], ["--gpus 2", "has 1"]),
        (["openai/gpt-oss-20b", "--gpu", "T4"], ["mxfp4", "8.0", "7.5"]),
        ([QWEN, "--quantization", "int3"], ["--quantization int3", "awq"]),
        (["openai/gpt-oss-20b", "--quantization", "fp8"], ["--quantization fp8", "holds mxfp4", "16-bit weights only"]),
        (["llama3.2:3b", "--quantization", "fp8"], ["--quantization fp8", "tag"]),
        ([QWEN, "--kv-cache-dtype", "int2"], ["--kv-cache-dtype int2", "fp8"]),
        ([QWEN, "--gpu-memory-utilization", "1.5"], ["--gpu-memory-utilization 1.5"]),
        ([QWEN, "--concurrency", "0"], ["--concurrency 0"]),
        (
            [QWEN, "--max-num-seqs", "4", "--concurrency", "20"],
            ["--max-num-seqs 4", "fewer requests at once than --concurrency 20"],
        ),
        (
            [QWEN, "--gpu", "L4", "--engine-version", "0.8.2"],
            ["--engine-version 0.8.2", "vLLM has no Qwen3ForCausalLM there; write at least 0.8.4"],
        ),
        ([QWEN, "--engine", "sglang"], ["--engine sglang", "vllm"]),
        (["google/gemma-3-27b-it", "--engine", "tgi"], ["--engine tgi", "gemma-3", "--engine vllm"]),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else None,
)
def test_bad_input_is_exit_2_on_stderr(arguments: list[str], said: list[str]) -> None:
    result = run("fit", *arguments, "--format", "json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert all(word in result.stderr for word in said), result.stderr


def test_every_mistake_is_named_at_once() -> None:
    result = run("fit", "no/model", "--gpu", "X9", "--max-model-len", "-1", "--quantization", "int3")
    assert result.exit_code == 2
    assert "4 mistakes" in result.stderr


@pytest.mark.programs
def test_it_imports_no_sdk() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from infra.cli import main;"
        f"assert CliRunner().invoke(main, ['fit', '{QWEN}']).exit_code == 0;"
        "print([m for m in sys.modules if m.startswith('pulumi') or m == 'rich'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


API_FIELDS = ["api_price", "break_even_tokens_per_month", "replica_tokens_per_month", "one_replica_makes_them"]


def test_a_price_of_an_api_adds_the_tokens_from_which_a_replica_is_cheaper() -> None:
    answer = fit_json(QWEN, "--instance-type", "g6.xlarge", "--max-model-len", "8192", "--api-price", "4")
    assert list(answer) == [*FIELDS[:-1], *API_FIELDS, FIELDS[-1]]
    assert answer["break_even_tokens_per_month"] == pytest.approx(answer["usd_per_hour"] * 730 / 4 * 1e6, rel=1e-3)
    low, high = answer["replica_tokens_per_month"]
    assert answer["one_replica_makes_them"] is (answer["break_even_tokens_per_month"] <= low < high)


def test_without_tokens_out_there_is_no_break_even() -> None:
    answer = fit_json("BAAI/bge-m3", "--gpu", "T4", "--api-price", "4")
    assert [answer[field] for field in API_FIELDS] == [4.0, None, None, None]


def test_the_break_even_is_said_of_the_cheapest() -> None:
    text = run("fit", QWEN, "--max-model-len", "8192", "--api-price", "0.4").stdout
    assert "against an API at $0.4 per million output tokens, prompts included" in text
    assert "g6.xlarge costs less than the API above" in text
    assert "can't generate that many" in text


@pytest.mark.parametrize("price", ["0", "-1", "cheap", "nan", "10001"])
def test_a_bad_price_of_an_api_is_exit_2(price: str) -> None:
    result = run("fit", QWEN, "--api-price", price)
    assert result.exit_code == 2
    assert f"--api-price {price}" in result.stderr
    assert "dollars per million output tokens" in result.stderr


@pytest.mark.parametrize(("region", "among"), [("eu-central-1", True), ("us-east-1", False)])
def test_a_lower_price_of_another_region_is_not_hidden_by_the_lowest_one(region: str, among: bool) -> None:
    """g7e.12xlarge costs $8.29 in us-east-1; of eu-central-1 no price of it is known."""
    asked = ("--max-model-len", "32768", "--concurrency", "4", "--region", region)
    first = " ".join(run("fit", "Qwen/Qwen3-32B", *asked).stdout.split()).partition(" x ")[0]
    assert ("at the lowest price per replica, of those known for this region: " in first) is among


def test_a_share_of_a_node_says_so_and_what_the_node_costs() -> None:
    """Two of g6e.12xlarge's four L40S: half of $10.49."""
    one = " ".join(run("fit", QWEN, "--instance-type", "g6e.12xlarge", "--max-model-len", "8192").stdout.split())
    assert "$2.62 per hour as its share (1 of 4 GPUs) of a node for $10.49 per hour, $7,660 per month" in one
    first = " ".join(run("fit", LLAMA_70B, "--quantization", "fp8", "--max-model-len", "131072").stdout.split())
    assert "$5,009 per month as its share (2 of 8 GPUs) of a node for $27.45 per hour, $20,036 per month" in first
    answer = fit_json(QWEN, "--instance-type", "g6e.12xlarge", "--max-model-len", "8192")
    assert answer["usd_per_node_hour"] == pytest.approx(4 * answer["usd_per_hour"], rel=1e-4)


def test_a_region_has_its_types_and_its_prices() -> None:
    answer = fit_json(QWEN, "--region", "eu-central-1", "--instance-type", "g6.xlarge", "--max-model-len", "8192")
    assert (answer["usd_per_hour"], answer["price_region"]) == (pytest.approx(1.0064), "eu-central-1")
    text = run("fit", QWEN, "--region", "eu-south-2", "--max-model-len", "8192").stdout
    assert "price of us-east-1: none known for eu-south-2" in text
    assert "on demand, eu-south-2, about 2026-02, the source states no date" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--region", "eu-centrel-1"], "known: eu-central-1"),
        (["--region", "mx-central-1"], "has no instance types and no prices for it; known near it: ca-central-1,"),
        (["--region", "eu-west-1", "--instance-type", "g6.xlarge"], "no zone of eu-west-1 offers it"),
    ],
)
def test_a_region_that_is_not_known_or_lacks_the_type_is_exit_2(options: list[str], message: str) -> None:
    result = run("fit", QWEN, *options)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("model", "method", "write"),
    [
        (QWEN, "nvfp4", "if huggingface.co/models?search=Qwen3-8B has a repository of it in nvfp4, name that"),
        (QWEN, "awq", "write `fit Qwen/Qwen3-8B-AWQ`, or leave it out"),
    ],
)
def test_weights_that_are_made_beforehand_are_not_said_to_fit(model: str, method: str, write: str) -> None:
    result = run("fit", model, "--quantization", method)
    assert result.exit_code == 2
    assert f"{method} is made beforehand, and {model} holds bf16" in result.stderr
    assert write in " ".join(result.stderr.split())


def test_a_name_that_says_how_weights_are_stored_is_asked_about() -> None:
    result = run("fit", "acme/Qwen3-8B-FP8", "--like", QWEN)
    assert result.exit_code == 2
    assert "says fp8 in its name, and would be sized as bf16; add --quantization fp8" in " ".join(result.stderr.split())


def test_what_the_engine_takes_is_said_once() -> None:
    """For an engine whose memory isn't known in parts, there is one figure."""
    shown = run("fit", "llama3.2:3b", "--gpu", "A6000").stdout
    (line,) = [each for each in shown.splitlines() if each.split()[:1] == ["engine"]]
    assert len(re.findall(r"\d+\.\d", line)) == 1


def test_a_slice_has_neither_the_memory_nor_the_speed_nor_the_price_of_its_card() -> None:
    given = [QWEN, "--gpu", "A100-80GB-MIG-3g.40gb", "--gpu-memory-gib", "39.3", "--max-model-len", "8192"]
    answer = fit_json(*given)
    assert (answer["fits"], answer["instance_type"], answer["usd_per_hour"]) == (True, None, None)
    assert answer["gpu"] == "A100-80GB-MIG-3g.40gb"
    assert "no throughput is estimated" in run("fit", *given).stdout


def test_a_repository_of_ones_own_is_like_a_known_model() -> None:
    own = ["acme/qwen-awq", "--like", QWEN, "--quantization", "awq", "--max-model-len", "8192", "--gpu", "L4"]
    answer = fit_json(*own)
    assert (answer["model"], answer["fits"], answer["weights_gib"]) == (
        "acme/qwen-awq",
        True,
        pytest.approx(5.68, 0.01),
    )
    assert run("fit", "acme/qwen", "--like", "Qwen/Qwen-no-such").exit_code == 2


def test_weights_and_cache_in_8_bit_are_looked_at_together() -> None:
    text = run("fit", "Qwen/Qwen3-32B", "--max-model-len", "32768", "--concurrency", "12").stdout
    assert "--quantization fp8 --kv-cache-dtype fp8" in text


def test_what_a_plan_would_hold_stands_beside_what_the_engines_own_batch_holds() -> None:
    model = ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "--gpu", "A10G", "--gpus", "4", "--engine-version", "0.32.0")
    text = run("fit", *model, "--max-model-len", "32768").stdout
    assert "max-num-seqs 256 (its default)" in text
    assert "a plan writes max-num-seqs 32 here: 5.3 GiB of cache; fits for certain; holds 7 requests" in text
    assert "a plan writes" not in run("fit", *model, "--max-model-len", "32768", "--max-num-seqs", "32").stdout


@pytest.mark.parametrize("version", ["garbage", "0", "-1", ""])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    refused = run("fit", QWEN, "--gpu", "H100", "--engine-version", version)
    assert refused.exit_code == 2
    assert f"--engine-version {version}".strip() in refused.stderr
    assert "a version, such as 0.26.0" in refused.stderr


@pytest.mark.parametrize(
    ("gpu", "gpus", "says"),
    [
        ("H100", 16, "no instance type has more than 8 x H100-80: this is true only of a node with 16"),
        ("L4", 8, None),
        ("A40", 16, "few nodes have more than 8 GPUs: this is true only of a node with 16"),
        ("A40", 8, None),
    ],
)
def test_more_gpus_than_a_node_has_are_a_note(gpu: str, gpus: int, says: str | None) -> None:
    """All GPUs of a replica are on one node, and the user may have nodes that this program doesn't know."""
    asked = (QWEN, "--gpu", gpu, "--gpus", str(gpus), "--max-model-len", "8192")
    text, reasons = " ".join(run("fit", *asked).stdout.split()), "; ".join(fit_json(*asked)["reasons"])
    for said in (text, reasons):
        assert ("must be on one node" in said) is (says is not None)
        assert says is None or says in said
