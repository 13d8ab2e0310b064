"""The bytes of a state: as the engine keeps it, from the fields of each kind of layer."""

from typing import Any

import pytest

from infra.catalog import load_catalog
from infra.models.fields import text_fields
from infra.models.states import state_bytes

MODELS = load_catalog().models
GATED = {"linear_num_key_heads": 16, "linear_key_head_dim": 128, "linear_value_head_dim": 128}
QWEN = {**GATED, "linear_conv_kernel_dim": 4, "mamba_ssm_dtype": "float32"}
NEMOTRON = {"model_type": "nemotron_h", "n_groups": 8, "ssm_state_size": 128, "conv_kernel": 4}
KIMI = {"num_heads": 32, "head_dim": 128, "short_conv_kernel_size": 4}
LING = {"model_type": "bailing_hybrid", "num_attention_heads": 32, "head_dim": 128}


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("Qwen/Qwen3.8-2.4T-A95B", {**QWEN, "linear_num_value_heads": 128}),
        # the engine doesn't read the type of these classes from the file: their states have that of the weights
        ("internlm/Intern-S2-Preview", {"text_config": {**QWEN, "linear_num_value_heads": 32}}),
        ("openbmb/MiniCPM-V-4.6", {"text_config": {**QWEN, "linear_num_value_heads": 16}}),
        ("LiquidAI/LFM2.5-1.2B-Instruct", {"model_type": "lfm2", "conv_L_cache": 3, "conv_dim": 2048}),
        ("LiquidAI/LFM2.5-350M", {"model_type": "lfm2", "conv_L_cache": 3, "hidden_size": 1024}),
        ("inclusionAI/Ling-2.6-flash", LING),
        ("inclusionAI/Ling-3.0-flash", {**LING, "short_conv_kernel_size": 4}),
        ("moonshotai/Kimi-Linear-48B-A3B-Instruct", {"model_type": "kimi_linear", "linear_attn_config": KIMI}),
        ("nvidia/NVIDIA-Nemotron-3-Nano-4B-BF16", {**NEMOTRON, "mamba_num_heads": 96, "mamba_head_dim": 80}),
        (
            "nvidia/Nemotron-3-Nano-Omni-30B-A3B-Reasoning-BF16",
            {
                "llm_config": {
                    **NEMOTRON,
                    "mamba_num_heads": 64,
                    "mamba_head_dim": 64,
                    "mamba_ssm_cache_dtype": "float32",
                },
            },
        ),
        (
            "nvidia/NVIDIA-Nemotron-Nano-12B-v2-VL-BF16",
            {"llm_config": {**NEMOTRON, "mamba_num_heads": 128, "mamba_head_dim": 80}},
        ),
    ],
)
def test_the_files_of_a_model_give_the_state_that_the_catalogue_has(model: str, fields: dict[str, Any]) -> None:
    known = MODELS[model]
    assert state_bytes(text_fields(fields), known.architecture) == known.state_bytes


def test_a_kind_of_layer_that_is_not_known_has_no_size() -> None:
    assert state_bytes(text_fields({"model_type": "acme", "num_attention_heads": 8, "head_dim": 64}), None) is None
