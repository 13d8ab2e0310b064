"""`fit` counts what takes memory beside the model, as a plan does, and names what it can't count."""

import json

import pytest

from tests.cli.running import run
from tests.example_stacks import CREATED, plan_text

FIT = ("fit", "Qwen/Qwen3-8B", "--instance-type", "g6e.xlarge", "--max-model-len", "8192")
STACK = f"""config:
  aws:region: us-east-1
  llm-platform:platform:
    {CREATED}
    gpuPools: {{l40s: {{instanceTypes: [g6e.xlarge]}}}}
    models: {{a: {{model: Qwen/Qwen3-8B, maxModelLen: 8192, maxNumSeqs: 64, maxNumBatchedTokens: 2048, KEY}}}}
"""


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (
            ("--adapters", "2", "--adapter-rank", "32"),
            "adapters: {x: {model: a/x, rank: 32}, y: {model: a/y, rank: 8}}",
        ),
        (("--adapters", "1"), "adapters: {x: {model: a/x}}"),
        (
            ("--speculative-model", "Qwen/Qwen3-0.6B", "--speculative-tokens", "5"),
            "speculative: {model: Qwen/Qwen3-0.6B, tokens: 5}",
        ),
    ],
)
def test_it_counts_them_as_a_plan_does(options: tuple[str, ...], key: str) -> None:
    batch = ("--max-num-seqs", "64", "--max-num-batched-tokens", "2048")
    alone = json.loads(run(*FIT, *batch, "--format", "json").stdout)["kv_cache_gib"]
    beside = json.loads(run(*FIT, *batch, *options, "--format", "json").stdout)["kv_cache_gib"]
    fit = plan_text("beside", STACK.replace("KEY", key)).plan.models["a"].fit
    assert fit is not None
    assert fit.kv_cache_gib is not None
    assert beside == pytest.approx(fit.kv_cache_gib.mid, abs=0.01)
    assert beside < alone - 0.3


def test_stretched_positions_are_those_of_a_plan() -> None:
    """Without a length that is asked for, it is the longest that they give."""
    batch = ("--max-num-seqs", "64", "--max-num-batched-tokens", "2048", "--format", "json")
    stretched = json.loads(run(*FIT[:4], *batch, "--rope-factor", "4").stdout)
    key = "ropeScaling: {factor: 4}, maxModelLen: 131072"
    fit = plan_text("stretched", STACK.replace("maxModelLen: 8192, ", "").replace("KEY", key)).plan.models["a"].fit
    assert fit is not None
    assert fit.kv_cache_gib is not None
    assert stretched["max_model_len"] == 131072
    assert stretched["kv_cache_gib"] == pytest.approx(fit.kv_cache_gib.mid, abs=0.006)
    assert stretched["kv_cache_gib"] < json.loads(run(*FIT[:4], *batch).stdout)["kv_cache_gib"] - 0.01


def test_a_length_beyond_the_model_names_the_option_that_gives_it() -> None:
    said = " ".join(run(*FIT[:4], "--max-model-len", "65536").stdout.split())
    assert "trained for 40,960 tokens; --rope-factor 2 makes them 65,536" in said
    assert "--rope-factor" not in run(*FIT[:4], "--max-model-len", "200000").stdout  # more than is documented


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--adapter-rank", "32"), "of what? Add --adapters"),
        (("--adapters", "200"), "a whole number of adapters, 1 to 64"),
        (("--adapters", "1", "--adapter-rank", "9999"), "a whole number of rank, 1 to 512"),
        (("--adapters", "1", "--engine", "tgi"), "TGI serves no adapters here"),
        (("--adapter-rank", "9999", "--engine", "tgi"), "TGI serves no adapters here"),
        (("--speculative-tokens", "5"), "of what? Add --speculative-model"),
        (("--speculative-model", "Qwen/Qwen3-0.6B"), "Add --speculative-tokens, e.g. 5"),
        (("--speculative-model", "acme/x", "--speculative-tokens", "5"), "run llm-platform model add acme/x"),
        (
            ("--speculative-model", "meta-llama/Llama-3.2-1B-Instruct", "--speculative-tokens", "5"),
            "has 128256 tokens of vocabulary, and Qwen/Qwen3-8B has 151936",
        ),
        (
            ("--speculative-model", "Qwen/Qwen3-0.6B", "--speculative-tokens", "5", "--engine", "tgi"),
            "TGI takes no speculation here",
        ),
        (("--rope-original", "32768"), "of what? Add --rope-factor"),
        (("--rope-factor", "1.2"), "the model takes 40960 without; write more than 1.25"),
        (("--rope-factor", "65"), "over 0 and up to 64"),
        (("--rope-factor", "2", "--max-model-len", "100000"), "--rope-factor 2 gives 65536"),
        (("--rope-factor", "2", "--engine", "tgi"), "TGI stretches positions in its own ways"),
        (("--rope-factor", "2", "--like", "google/gemma-2-9b-it"), "nobody has looked up the positions"),
        (("--rope-factor", "2", "--like", "Qwen/Qwen2.5-VL-7B-Instruct"), "isn't a model of text alone"),
        (("--rope-factor", "2", "--like", "BAAI/bge-m3"), "BAAI/bge-m3 writes no text"),
    ],
)
def test_what_it_cant_count_is_named(options: tuple[str, ...], says: str) -> None:
    refused = run(*FIT, *options)
    assert refused.exit_code == 2
    assert says in " ".join(refused.stderr.split())
