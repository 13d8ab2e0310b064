"""`fit` of an instance type says what a plan of the same model on the same nodes says."""

import pytest

from infra.sizing.estimates import rounded_down
from tests.cli.running import fit_json, run
from tests.example_stacks import CREATED, plan_text

STACK = f"""config:
  aws:region: us-east-1
  llm-platform:platform:
    {CREATED}
    gpuPools: {{a: {{instanceTypes: [TYPE]}}}}
    models: {{a: {{model: "MODEL", maxModelLen: LENGTH, KEYS}}}}
"""


@pytest.mark.parametrize(
    ("model", "instance_type", "length", "options", "keys"),
    [
        ("Qwen/Qwen3-8B", "g5.xlarge", 16384, "", ""),
        ("Qwen/Qwen3-8B", "p5.48xlarge", 32768, "", ""),
        ("Qwen/Qwen3-32B", "g6.12xlarge", 8192, "--quantization fp8", "quantization: fp8"),
        ("meta-llama/Llama-3.3-70B-Instruct", "g6.48xlarge", 4096, "--concurrency 3", "concurrency: 3"),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "g5.12xlarge", 32768, "--max-num-seqs 200", "maxNumSeqs: 200"),
        ("Qwen/Qwen3-8B", "g6e.xlarge", 8192, "--max-num-batched-tokens 6000", "maxNumBatchedTokens: 6000"),
        ("Qwen/Qwen3-8B", "g6.xlarge", 40960, "", ""),  # doesn't fit
        ("BAAI/bge-m3", "g4dn.xlarge", 8192, "", ""),
        (
            "mistralai/Mistral-7B-Instruct-v0.2",
            "g6e.xlarge",
            8192,
            "--engine tgi",
            "engine: tgi, acknowledgeMaintenanceMode: true",
        ),
        ("qwen3:8b", "g4dn.xlarge", 8192, "--engine ollama --concurrency 2", "engine: ollama, concurrency: 2"),
    ],
)
def test_both_choose_the_same_batch(model: str, instance_type: str, length: int, options: str, keys: str) -> None:
    said = fit_json(model, "--instance-type", instance_type, "--max-model-len", str(length), *options.split())
    values = {"TYPE": instance_type, "MODEL": model, "LENGTH": str(length), "KEYS": keys}
    text = STACK
    for word, value in values.items():
        text = text.replace(word, value)
    planned = plan_text("same", text).plan.models["a"]
    fit = planned.fit
    assert fit is not None
    concurrency = rounded_down(fit.max_concurrency, 2) if fit.max_concurrency is not None else None
    assert said == said | {
        "gpus": planned.gpus,
        "fits": fit.fits,
        "certain": fit.certain,
        "weights_gib": round(fit.weights_gib, 2),
        "kv_cache_gib": round(fit.kv_cache_gib.mid, 2) if fit.kv_cache_gib else None,
        "kv_cache_tokens": fit.kv_cache_tokens,
        "max_concurrency": concurrency,
    }


def test_a_server_of_ones_own_has_the_engines_batch() -> None:
    """A GPU that is named by itself, or another version of the engine, isn't what a plan would start."""
    model = ("Qwen/Qwen3-8B", "--max-model-len", "16384")
    own = run("fit", *model, "--gpu", "A10G").stdout
    assert "max-num-seqs 256 (its default)" in own
    assert "a plan writes max-num-seqs 16 here" in own
    ours = run("fit", *model, "--instance-type", "g5.xlarge").stdout
    assert "max-num-seqs 16 (as a plan writes it)" in ours
    assert "a plan writes max-num-seqs" not in ours


@pytest.mark.parametrize(("repository", "tag"), [("BAAI/bge-m3", "bge-m3"), ("Qwen/Qwen3-8B", "qwen3:8b")])
def test_a_repository_is_the_file_of_its_tag_in_the_engines_own_library(repository: str, tag: str) -> None:
    on = ("--engine", "ollama", "--instance-type", "g5.xlarge")
    by_name, by_tag = fit_json(repository, *on), fit_json(tag, *on)
    assert by_name["weights_gib"] == by_tag["weights_gib"]
    assert by_name["kv_cache_gib_interval"] == by_tag["kv_cache_gib_interval"]
    assert f"Ollama serves it by the tag {tag}" in " ".join(by_name["reasons"])  # and what a stack file says


@pytest.mark.parametrize(("model", "needed"), [("moonshotai/Kimi-K2-Instruct", True), ("Qwen/Qwen3-8B", False)])
def test_code_of_the_repository_is_named_as_a_stack_file_has_to(model: str, needed: bool) -> None:
    for where in (("--gpu", "B200", "--gpus", "8"), ()):
        said = run("fit", model, "--max-model-len", "8192", *where).stdout
        assert ("trustRemoteCode: true and revision" in " ".join(said.split())) is needed


def test_an_encoder_without_a_known_tag_is_in_16_bit() -> None:
    """Ollama's files of encoders are: bge-m3 has 0.57 billion parameters in 1.2 GB."""
    said = fit_json("BAAI/bge-m3", "--engine", "ollama", "--instance-type", "g5.xlarge")["weights_gib"]
    like = ("acme/vectors:latest", "--like", "BAAI/bge-m3", "--engine", "ollama", "--instance-type", "g5.xlarge")
    assert fit_json(*like)["weights_gib"] == pytest.approx(said, rel=0.1)
