"""Speculation: what proposes tokens is sized, downloaded, and passed with its local path."""

import json
from typing import Any

import pytest

from infra.engines import ENGINES
from infra.engines.hub import weights_path
from infra.engines.vllm.drafting import checked
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.sizing.question import Arguments, Batch, Draft
from tests.example_stacks import plan_text
from tests.planning.stacks import DEV, changed, plan

VLLM = ENGINES["vllm"]
DRAFT, NGRAM = {"model": "Qwen/Qwen3-1.7B", "tokens": 5}, {"method": "ngram", "tokens": 3}


def planned(speculative: Any, **changes: Any) -> Plan:
    return plan(changed(DEV, models__qwen3_8b__speculative=speculative, **changes))


def served(speculative: Any, **changes: Any) -> ModelPlan:
    return planned(speculative, **changes).models["qwen3-8b"]


def config(model: ModelPlan) -> dict[str, Any]:
    args = VLLM.args(model)
    return json.loads(args[args.index("--speculative-config") + 1])


@pytest.mark.parametrize(
    ("speculative", "passed"),
    [
        (DRAFT, {"model": "/models/hf/Qwen/Qwen3-1.7B/main", "method": "draft_model", "num_speculative_tokens": 5}),
        (
            {**DRAFT, "revision": "v1"},
            {"model": "/models/hf/Qwen/Qwen3-1.7B/v1", "method": "draft_model", "num_speculative_tokens": 5},
        ),
        (NGRAM, {"method": "ngram", "num_speculative_tokens": 3}),
    ],
)
def test_the_server_reads_what_proposes_from_the_claim(speculative: Any, passed: dict[str, Any]) -> None:
    assert config(served(speculative)) == passed


def test_layers_of_the_model_itself_can_propose() -> None:
    mtp = {"method": "mtp", "tokens": 2}
    model = served(mtp, models__qwen3_8b__model="Qwen/Qwen3.5-4B", models__qwen3_8b__maxModelLen=4096)
    assert config(model) == {"method": "mtp", "num_speculative_tokens": 2}


def test_the_draft_model_is_downloaded_to_that_path() -> None:
    fetch = VLLM.fetch_draft(served(DRAFT))
    assert fetch is not None
    assert fetch.directory == weights_path("Qwen/Qwen3-1.7B", None)
    assert VLLM.fetch_draft(served(NGRAM)) is None


def test_its_weights_and_its_cache_are_counted() -> None:
    alone, drafted = served(None).fit, served(DRAFT).fit
    assert alone is not None
    assert drafted is not None
    weights = [term.gib for term in drafted.terms if term.name == "draft model"]
    assert 3 < weights[0] < 4
    # 28 layers of 8 key-value heads of 128, keys and values in 16 bit
    assert (drafted.kv_bytes_per_token or 0) - (alone.kv_bytes_per_token or 0) == 28 * 8 * 128 * 2 * 2


def test_ngram_takes_no_cache_but_logits_of_each_token() -> None:
    alone, ngram = served(None).fit, served(NGRAM).fit
    assert alone is not None
    assert ngram is not None
    assert ngram.kv_bytes_per_token == alone.kv_bytes_per_token
    assert checked(Arguments(8192, 256, 8192, 0.92, draft=Draft(3))) == Batch(256 * 4, 8192)
    assert checked(Arguments(8192, 256, 512, 0.92, draft=Draft(3))) == Batch(512, 512)  # as far as a step has tokens


def test_the_claim_and_the_start_count_the_draft_model() -> None:
    alone, drafted = planned(None), planned(DRAFT)
    reads = [each.models["qwen3-8b"].cold_start.parts["weights"].mid for each in (alone, drafted)]
    assert reads[0] < reads[1]
    assert (alone.cache.reason.rpartition("; ")[2], drafted.cache.reason.rpartition("; ")[2]) == (
        "15.3 GiB of weights",
        "18.5 GiB of weights",
    )


def test_a_draft_model_that_asks_for_a_licence_is_a_thing_to_do() -> None:
    draft = {"model": "meta-llama/Llama-3.2-1B-Instruct", "tokens": 5}
    result = planned(
        draft, models__qwen3_8b__model="unsloth/own", models__qwen3_8b__like="meta-llama/Llama-3.1-8B-Instruct"
    )
    said = {each.path: each.message for each in result.to_do}
    licence = said["models.qwen3-8b.speculative.model"]
    assert licence.startswith("qwen3-8b: accept the licence at huggingface.co/meta-llama/Llama-3.2-1B-Instruct")
    assert said["huggingFaceToken"].startswith("a token that may read qwen3-8b: ")
    assert result.models["qwen3-8b"].gated, "no download begins without the token"


STACK = """
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    gpuPools: {gpu: {existing: {gpu: L40S, gpusPerNode: 1, selector: {a: b}}, max: 4}}
    models: {chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192, speculative: {model: Qwen/Qwen3-1.7B, tokens: 5}}}
    cache: {kind: storageClass, storageClass: standard}
"""


def test_a_separate_job_downloads_it() -> None:
    jobs = [each.name for each in plan_text("x", STACK).recording.resources if each.type == "kubernetes:batch/v1:Job"]
    assert sorted(jobs) == ["chat-draft-prefetch-job", "chat-prefetch-job"]
