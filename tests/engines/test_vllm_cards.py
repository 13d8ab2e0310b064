"""Which cards the pinned vLLM can't serve a model on, though their compute capability is enough for the weights."""

from dataclasses import replace

import pytest

from infra.catalog import load_catalog
from infra.engines import ENGINES
from infra.engines.vllm.facts import facts
from infra.engines.vllm.refusals import METHODS
from infra.offers.options import serving
from infra.offers.pools import every_type
from infra.offers.sizing import Sizing, can_run
from infra.sizing.question import Question

CATALOG = load_catalog()
VLLM = ENGINES["vllm"]


def asked(model: str, kv_cache_dtype: str = "auto") -> Question:
    shape = CATALOG.models[model]
    length = min(shape.max_context, 8192)
    return Question(model, shape, length, shape.max_context, VLLM, kv_cache_dtype=kv_cache_dtype)


@pytest.mark.parametrize(
    ("model", "gpu", "why"),
    [
        ("google/gemma-2-9b-it", "T4", "vLLM 0.32.0 refuses gemma2 in fp16, and T4 has no bf16"),
        ("google/gemma-3-1b-it", "T4", "vLLM 0.32.0 refuses gemma3_text in fp16, and T4 has no bf16"),
        ("google/gemma-3-4b-it", "T4", "vLLM 0.32.0 refuses gemma3 in fp16, and T4 has no bf16"),
        ("zai-org/GLM-4-9B-0414", "T4", "vLLM 0.32.0 refuses glm4 in fp16, and T4 has no bf16"),
        ("google/gemma-3-4b-it", "L4", None),
        ("Qwen/Qwen3-8B", "T4", None),
        ("deepseek-ai/DeepSeek-V4-Flash", "L40S", "on compute capability 9.0, 10.0, 10.3, 12.0; L40S has 8.9"),
        ("deepseek-ai/DeepSeek-V4-Flash", "H100-80", None),
        ("deepseek-ai/DeepSeek-V3.2", "A100-80", "on compute capability 9.0, 10.0, 10.3, 12.0; A100-80 has 8.0"),
        ("zai-org/GLM-5", "L40S", "vLLM 0.32.0 has kernels for its sparse attention on"),
        ("zai-org/GLM-5", "B200", None),
        ("deepseek-ai/DeepSeek-V3", "A100-80", None),
        ("openai/gpt-oss-20b", "A10G", None),
    ],
)
def test_a_card_without_the_kernels_is_no_place(model: str, gpu: str, why: str | None) -> None:
    found = VLLM.cannot_run(asked(model), CATALOG.gpus[gpu])
    assert (found is None) if why is None else (found is not None and why in found)
    assert can_run(asked(model), CATALOG.gpus[gpu], CATALOG) is (why is None)


@pytest.mark.parametrize(
    ("model", "gpu", "least"),
    [
        ("Qwen/Qwen3-8B", "T4", "8.0"),
        ("Qwen/Qwen3-8B", "A10G", None),
        ("deepseek-ai/DeepSeek-V2-Lite-Chat", "A10G", "8.9"),
        ("openai/gpt-oss-20b", "A100-80", "8.9"),  # attention sinks
        ("microsoft/Phi-3-mini-4k-instruct", "A100-80", "8.9"),  # heads of 96
        ("deepseek-ai/DeepSeek-V2-Lite-Chat", "L4", None),
    ],
)
def test_a_cache_in_8_bit_needs_kernels_too(model: str, gpu: str, least: str | None) -> None:
    found = VLLM.cannot_run(asked(model, kv_cache_dtype="fp8"), CATALOG.gpus[gpu])
    assert (found is None) if least is None else f"from compute capability {least} on" in str(found)
    assert VLLM.cannot_run(asked(model), CATALOG.gpus[gpu]) is None


def test_what_holds_of_the_pinned_version_is_not_said_of_another() -> None:
    older = asked("google/gemma-3-4b-it").but(version=(0, 20, 0))
    assert VLLM.cannot_run(older, CATALOG.gpus["T4"]) is None


def test_no_type_without_bf16_is_offered_to_a_model_that_is_refused_in_fp16() -> None:
    sizing = Sizing(CATALOG)
    cards = {each.sized.gpu.name for each in serving(asked("google/gemma-3-4b-it"), every_type(CATALOG), sizing)}
    assert "L4" in cards
    assert not {name for name in cards if not CATALOG.gpus[name].bf16}


@pytest.mark.parametrize(("model", "dtype"), [("google/gemma-2-2b-it", "bf16"), ("facebook/opt-125m", "fp16")])
def test_weights_in_fp16_of_a_type_that_is_refused_in_it_are_served_in_bf16(model: str, dtype: str) -> None:
    shape = replace(CATALOG.models[model], dtype="fp16")
    assert VLLM.computes_in(shape, "fp16") == dtype
    assert VLLM.computes_in(shape, "fp8") == "fp8"


def test_the_catalogue_asks_for_as_much_of_a_card_as_the_engine_does() -> None:
    """What the engine's own method needs is what the catalogue's row of it says, or less."""
    known = facts().methods
    rows = {name: CATALOG.quantizations[name].min_compute_capability for name in METHODS if METHODS[name] in known}
    assert len(rows) > 5
    assert {name: least for name, least in rows.items() if known[METHODS[name]].min_compute_capability > least} == {}
    assert set(METHODS) == {name for name in CATALOG.quantizations if name not in ("bf16", "fp16", "fp32")}
