"""A model that the stack file describes with the fields of its config.json."""

from pathlib import Path
from typing import Any

import pytest

from infra.models.describe import cache_bytes
from infra.models.names import LENGTHS
from infra.services.serving.architecture import BadArchitecture, described
from tests.models.families import FAMILIES

MIXTRAL: dict[str, Any] = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 32000,
    "max_position_embeddings": 32768,
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
}
QWEN3_30B: dict[str, Any] = {
    **MIXTRAL,
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 48,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "vocab_size": 151936,
    "num_experts": 128,
    "num_experts_per_tok": 8,
    "moe_intermediate_size": 768,
}
del QWEN3_30B["num_local_experts"]


@pytest.mark.parametrize(("config", "params_b"), [(MIXTRAL, 46.7), (QWEN3_30B, 30.5)])
def test_experts_are_counted(config: dict[str, Any], params_b: float) -> None:
    shape = described("acme/own", config)
    assert shape.params_b == pytest.approx(params_b, rel=0.005)
    assert shape.left_out is None
    assert shape.experts_per_token == config["num_experts_per_tok"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kv_lora_rank": 512}, "qk_rope_head_dim"),
        ({"is_encoder_decoder": True}, "is_encoder_decoder"),
        ({"hidden_size": "wide"}, "hidden_size"),
        ({"max_position_embeddings": None}, "max_position_embeddings"),
        ({"num_experts_per_tok": 9}, "num_experts_per_tok"),
        ({"num_experts_per_tok": None}, "num_experts_per_tok"),
    ],
)
def test_what_is_not_sized_or_contradicts_itself_is_refused_by_its_field(more: dict[str, Any], field: str) -> None:
    with pytest.raises(BadArchitecture) as bad:
        described("acme/own", {**MIXTRAL, **more})
    assert [name for name, _ in bad.value.mistakes] == [field]


def test_it_is_read_as_model_add_reads_the_file() -> None:
    """What the catalogue's own families need is sized here too: latent vectors, windows, shared experts, images."""
    for family in FAMILIES:
        if any(family.config.get(each) for each in LENGTHS):
            shape = described("acme/own", family.config)
            assert cache_bytes(shape) == (family.kv_bytes, family.windowed)


def test_a_path_is_read_from_the_projects_folder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadArchitecture) as bad:
        described("acme/own", str(tmp_path / "config.json"))
    assert bad.value.mistakes == [("", "not JSON")]
