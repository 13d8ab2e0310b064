"""config.json files of real families: what a token keeps is exact; what isn't understood is refused by its field."""

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from infra.catalog import load_catalog
from infra.models.config import shape_of_config
from infra.models.describe import cache_bytes
from infra.models.estimate import estimated_gib
from infra.models.fields import NotSized
from infra.models.read import read_facts
from infra.models.source import Folder
from infra.models.task import Beside
from infra.models.weights import guesses
from infra.sizing.kv_cache import keeps_cache
from infra.sizing.weights import served_gib, stored_gib
from tests.models.fake_hub import safetensors
from tests.models.families import FAMILIES, REFUSED, Family, read

CATALOG = load_catalog()


def named(family: Family) -> str:
    return family.name


@pytest.mark.parametrize("family", FAMILIES, ids=named)
def test_what_a_token_keeps_is_exact(family: Family) -> None:
    shape = shape_of_config(family.name, family.config, Beside(), "test").shape
    assert cache_bytes(shape) == (family.kv_bytes, family.windowed)
    assert (shape.dtype, shape.modality) == (family.dtype, family.modality)
    assert family.context in (None, shape.max_context)
    assert shape.left_out is None


KNOWN = [family for family in FAMILIES if family.name in CATALOG.models]
# What the catalogue's figure is of, where it isn't all of the files: a card's round number, or a part.
OTHER_SIZE = {
    "meta-llama/Llama-4-Scout-17B-16E-Instruct": "109 B of the card",
    "zai-org/GLM-5": "without the layer that guesses ahead",
    "google/gemma-4-26B-A4B-it": "with what isn't in config.json",
    "stepfun-ai/Step-3.7-Flash": "without the layers that guess ahead, which are smaller than others",
}


def test_the_catalogue_has_many_of_the_families() -> None:
    assert len(KNOWN) >= 20


@pytest.mark.parametrize("family", KNOWN, ids=named)
def test_a_model_of_the_catalogue_comes_out_as_the_catalogue_has_it(family: Family) -> None:
    described = shape_of_config(family.name, family.config, Beside(pools="Embedding" in family.name), "test")
    shape, known = described.shape, CATALOG.models[family.name]
    assert cache_bytes(shape)[0] == cache_bytes(known)[0]
    assert shape.state_bytes == known.state_bytes
    assert (shape.layers, shape.attention_heads, shape.hidden_size) == (
        *(known.layers, known.attention_heads, known.hidden_size),
    )
    assert (shape.num_experts, shape.experts_per_token) == (known.num_experts, known.experts_per_token) or (
        known.num_experts is None
    )
    size = estimated_gib(described.counted, described.stored, CATALOG.quantizations)
    if family.name not in OTHER_SIZE and shape.dtype == known.dtype:
        assert size == pytest.approx(stored_gib(known, None, CATALOG, own_repository=True), rel=0.005)


@pytest.mark.parametrize(("name", "source", "field"), REFUSED, ids=lambda value: value if "/" in value else "")
def test_a_family_that_is_not_sized_is_refused_by_its_field(name: str, source: str, field: str) -> None:
    assert any(field in key for key, _ in mistakes(read(name)))


def mistakes(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(NotSized) as refused:
        shape_of_config("acme/x", config, Beside(), "test")
    return refused.value.mistakes


# A part of a config.json may leave out what its type has by default: these say nothing but their type.
BY_DEFAULT = (
    ("gpt2", "GPT2LMHeadModel", 2 * 12 * 12 * 64 * 2, 0, 1024),
    ("gpt_neox", "GPTNeoXForCausalLM", 2 * 44 * 64 * 96 * 2, 0, 2048),
    ("gptj", "GPTJForCausalLM", 2 * 28 * 16 * 256 * 2, 0, 2048),
    ("gpt_bigcode", "GPTBigCodeForCausalLM", 2 * 12 * 1 * 64 * 2, 0, 1024),
    ("falcon", "FalconForCausalLM", 2 * 32 * 1 * 64 * 2, 0, 2048),
    ("mpt", "MptForCausalLM", 2 * 24 * 16 * 128 * 2, 0, 2048),
    ("bloom", "BloomForCausalLM", 2 * 2 * 8 * 8 * 2, 0, 2048),
    ("opt", "OPTForCausalLM", 2 * 12 * 12 * 64 * 2, 0, 2048),
    ("phi", "PhiForCausalLM", 2 * 24 * 32 * 64 * 2, 0, 2048),
    ("qwen3_next", "Qwen3NextForCausalLM", 2 * 12 * 2 * 256 * 2, 0, 32768),
    ("jamba", "JambaForCausalLM", 2 * 4 * 8 * 128 * 2, 0, 262144),
    ("gemma3n_text", "Gemma3nForCausalLM", 2 * 20 * 2 * 256 * 2, 2 * 16 * 2 * 256 * 2, 32768),
    ("cohere2", "Cohere2ForCausalLM", 2 * 40 * 64 * 128 * 2, 2 * 30 * 64 * 128 * 2, 8192),
    ("olmo2", "Olmo2ForCausalLM", 2 * 32 * 32 * 128 * 2, 0, 2048),
    ("granite", "GraniteForCausalLM", 2 * 32 * 32 * 128 * 2, 0, 2048),
    ("falcon_h1", "FalconH1ForCausalLM", 2 * 32 * 8 * 128 * 2, 0, 8192),
    ("kimi_linear", "KimiLinearForCausalLM", None, 0, None),
)


@pytest.mark.parametrize(("kind", "architecture", "kv_bytes", "windowed", "context"), BY_DEFAULT)
def test_what_a_file_leaves_out_is_the_default_of_its_type(
    kind: str, architecture: str, kv_bytes: float | None, windowed: float, context: int | None
) -> None:
    config = {"model_type": "llava", "architectures": [architecture], "text_config": {"model_type": kind}}
    shape = shape_of_config("acme/x", config, Beside(), "test").shape
    assert kv_bytes in (None, cache_bytes(shape)[0])
    assert cache_bytes(shape)[1] == windowed
    assert context in (None, shape.max_context)


LLAMA = read("meta-llama/Llama-3.1-8B")
YARN = {"rope_type": "yarn", "original_max_position_embeddings": 32768}
W4 = {"num_bits": 4, "type": "int", "group_size": 32}
F8 = {"num_bits": 8, "type": "float"}
FLOAT4 = {"type": "float", "group_size": 16}
LAYERS = ["sliding_attention", "full_attention"] * 16
CHANGED = (
    ("a window in all layers", {"sliding_window": 4096}, (131072.0, 131072.0)),
    ("a window that is off", {"sliding_window": 4096, "use_sliding_window": False}, (131072.0, 0.0)),
    ("a window as long as the context", {"sliding_window": 131072}, (131072.0, 0.0)),
    ("every fourth layer keeps all", {"sliding_window": 512, "sliding_window_pattern": 4}, (131072.0, 98304.0)),
    ("a pattern in letters", {"sliding_window": 512, "sliding_window_pattern": "LLLG"}, (131072.0, 98304.0)),
    ("layers by name", {"sliding_window": 512, "layer_types": LAYERS}, (131072.0, 65536.0)),
    ("the last layers read others' cache", {"num_kv_shared_layers": 8}, (98304.0, 0.0)),
    ("two layers share a cache", {"use_cla": True, "cla_share_factor": 2}, (65536.0, 0.0)),
    ("heads of their own size", {"head_dim": 64}, (65536.0, 0.0)),
    ("no fewer KV heads than heads", {"num_key_value_heads": None}, (524288.0, 0.0)),
    ("attention in some layers", {"attn_layer_indices": [3, 7], "mamba_d_state": 16}, (8192.0, 0.0)),
    ("a mixture of experts", {"num_local_experts": 8, "num_experts_per_tok": 2}, (131072.0, 0.0)),
)


@pytest.mark.parametrize(("what", "change", "kept"), CHANGED, ids=[each[0] for each in CHANGED])
def test_a_field_changes_what_is_kept(what: str, change: Mapping[str, Any], kept: tuple[float, float]) -> None:
    shape = shape_of_config("acme/x", {**LLAMA, **change}, Beside(), "test").shape
    assert cache_bytes(shape) == kept


TASKS = (
    ("of a class with an output layer", {}, Beside(), "text"),
    ("of a class without one", {"architectures": ["LlamaModel"]}, Beside(), "embedding"),
    ("with a pooling of sentence-transformers", {}, Beside(pools=True), "embedding"),
    ("named for vectors by the hub", {}, Beside(pipeline="feature-extraction"), "embedding"),
    ("named for ranking by the hub", {}, Beside(pipeline="text-ranking"), "rerank"),
    ("with one label", {"architectures": ["LlamaForSequenceClassification"], "num_labels": 1}, Beside(), "rerank"),
    ("with a tower for images", {"vision_config": {"hidden_size": 1024}}, Beside(), "vision"),
    ("with an open attention", {"is_causal": False}, Beside(), "embedding"),
)


@pytest.mark.parametrize(("what", "change", "beside", "task"), TASKS, ids=[each[0] for each in TASKS])
def test_the_task_is_read_from_the_class_and_the_files_beside(
    what: str, change: Mapping[str, Any], beside: Beside, task: str
) -> None:
    assert shape_of_config("acme/x", {**LLAMA, **change}, beside, "test").shape.modality == task


def test_an_open_attention_keeps_no_cache() -> None:
    shape = shape_of_config("acme/x", {**LLAMA, "is_causal": False}, Beside(), "test").shape
    assert not keeps_cache(shape)


LENGTHS = (
    ("as the file says", {}, Beside(), 131072),
    ("the smaller of two", {"model_max_length": 4096}, Beside(), 4096),
    ("scaled by yarn already", {"rope_scaling": YARN | {"factor": 2.0}}, Beside(), 131072),
    (
        "yarn that nobody wrote into the positions",
        {"max_position_embeddings": 40960, "rope_scaling": YARN | {"factor": 4.0}},
        Beside(),
        40960,
    ),
    ("trained for fewer positions", {"max_trained_positions": 2048}, Beside(sentence={"max_seq_length": 8192}), 2048),
    ("scaled already", {"rope_scaling": {"rope_type": "longrope", "factor": 4.0}}, Beside(), 131072),
    ("scaled linearly", {"rope_scaling": {"type": "linear", "factor": 2.0}}, Beside(), 262144),
    ("of a sentence", {}, Beside(sentence={"max_seq_length": 512}), 512),
    ("not said at all", {"max_position_embeddings": None, "model_type": "novel"}, Beside(), 2048),
)


@pytest.mark.parametrize(("what", "change", "beside", "context"), LENGTHS, ids=[each[0] for each in LENGTHS])
def test_the_longest_request_is_the_length_that_the_engine_takes(
    what: str, change: Mapping[str, Any], beside: Beside, context: int
) -> None:
    assert shape_of_config("acme/x", {**LLAMA, **change}, beside, "test").shape.max_context == context


STORED = (
    ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "fp8", 128),
    ({"quant_method": "awq", "bits": 4, "group_size": 128}, "awq", 128),
    ({"quant_method": "gptq", "bits": 4, "group_size": 64}, "gptq", 64),
    ({"quant_method": "gptq", "bits": 8, "group_size": -1}, "gptq-int8", None),
    ({"quant_method": "mxfp4"}, "mxfp4", None),
    ({"quant_method": "mxfp8", "weight_block_size": [1, 32]}, "mxfp8", 32),
    ({"quant_method": "modelopt", "quant_algo": "MXFP8"}, "mxfp8", None),
    ({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": F8 | {"group_size": 32}}}}, "mxfp8", 32),
    ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8", None),
    ({"quant_method": "modelopt", "quantization": {"quant_algo": "NVFP4", "group_size": 16}}, "nvfp4", 16),
    ({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": W4}}}, "compressed-tensors-w4a16", 32),
    ({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": W4 | FLOAT4}}}, "nvfp4", 16),
    ({"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": F8}, "b": {"weights": W4}}}, None, 32),
)


@pytest.mark.parametrize(("said", "dtype", "block"), STORED, ids=lambda value: str(value)[:60])
def test_a_quantization_is_named_as_the_catalogue_has_it(
    said: Mapping[str, Any], dtype: str | None, block: int | None
) -> None:
    shape = shape_of_config("acme/x", {**LLAMA, "quantization_config": said}, Beside(), "test").shape
    assert (shape.dtype, shape.quantization_block) == (dtype or "compressed-tensors-w4a16", block)
    assert shape.dtype in CATALOG.quantizations


UNDERSTOOD_NOT = (
    ({"hidden_size": None}, "hidden_size", "missing"),
    ({"num_hidden_layers": "32"}, "num_hidden_layers", '"32"'),
    ({"num_key_value_heads": 5}, "num_key_value_heads", "32 heads can't share"),
    ({"hidden_size": 4100}, "head_dim", "no multiple"),
    ({"layer_types": ["full_attention"] * 31}, "num_hidden_layers", "31"),
    ({"layer_types": ["full_attention"] * 31 + ["hopping_attention"]}, "layer_types[31]", "hopping_attention"),
    ({"layer_types": LAYERS}, "sliding_window", "missing"),
    ({"is_encoder_decoder": True}, "is_encoder_decoder", "second cache"),
    ({"num_local_experts": 8}, "num_experts_per_tok", "missing"),
    ({"num_key_value_heads_per_layer": [8, 4]}, "num_key_value_heads_per_layer", "not sized"),
    ({"quantization_config": {"quant_method": "hqq"}}, "quantization_config.quant_method", "hqq"),
    ({"quantization_config": {"quant_method": "gptq", "bits": 3}}, "quantization_config.bits", "3"),
    ({"audio_config": {"model_type": "whisper"}}, "audio_config", "hears"),
    ({"model_type": "mamba2"}, "model_type", "without any attention"),
    ({"model_type": "novel", "kv_share_every": 3}, "kv_share_every", "not known of any model type"),
    ({"architectures": ["LlamaForSequenceClassification"], "id2label": {"0": "a", "1": "b"}}, "id2label", "classifier"),
)


@pytest.mark.parametrize(("change", "field", "got"), UNDERSTOOD_NOT, ids=[each[1] for each in UNDERSTOOD_NOT])
def test_a_field_that_is_not_understood_is_named(change: Mapping[str, Any], field: str, got: str) -> None:
    assert any(key == field and got in said for key, said in mistakes({**LLAMA, **change}))


def test_every_mistake_is_named_at_once() -> None:
    found = mistakes({**LLAMA, "hidden_size": "x", "num_attention_heads": 0, "vocab_size": -1})
    assert {"hidden_size", "num_attention_heads"} <= {key for key, _ in found}


STRANGE = ("x", [], {}, -1, 0, 1.5, 10**12, True, [1, "a"], [[]], {"a": 1}, None)


SEVERAL = ("openbmb/MiniCPM3-4B", "google/gemma-3-27b-it", "Qwen/Qwen3-30B-A3B", "Qwen/Qwen3-32B-FP8")


@pytest.mark.parametrize("family", [each for each in FAMILIES if each.name in SEVERAL], ids=named)
def test_no_value_of_any_field_ends_in_a_traceback(family: Family) -> None:
    for path in places(family.config):
        for value in STRANGE:
            config = copy.deepcopy(dict(family.config))
            part: Any = config
            for key in path[:-1]:
                part = part[key]
            part[path[-1]] = value
            with suppress(NotSized):
                described = shape_of_config(family.name, config, Beside(), "test")
                estimated_gib(described.counted, described.stored, CATALOG.quantizations)


def places(part: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in part.items():
        yield (*at, key)
        if isinstance(value, Mapping):
            yield from places(value, (*at, key))


@pytest.mark.parametrize("file", ["sentence_bert_config.json", "sentence_xlm-roberta_config.json"])
def test_each_file_in_which_the_engine_looks_for_a_length_is_read(file: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA), encoding="utf-8")
    (tmp_path / file).write_text(json.dumps({"max_seq_length": 384}), encoding="utf-8")
    found = read_facts("acme/x", Folder(tmp_path, None), load_catalog().quantizations)
    assert found.shape.max_context == 384


@pytest.mark.parametrize(
    ("said", "sizes"),
    [
        ({}, None),
        ({"is_matryoshka": False}, None),
        ({"is_matryoshka": True}, ()),
        ({"matryoshka_dimensions": [512, 64]}, (64, 512)),
        ({"matryoshka_dimensions": [256], "is_matryoshka": True}, (256,)),
    ],
)
def test_an_embedding_model_says_which_smaller_vectors_it_was_trained_for(
    said: Mapping[str, Any], sizes: tuple[int, ...] | None
) -> None:
    config = {**read("Qwen/Qwen3-8B"), **said}
    assert shape_of_config("acme/x", config, Beside(pools=True), "test").shape.vector_sizes == sizes
    assert shape_of_config("acme/x", config, Beside(), "test").shape.vector_sizes is None


def test_a_size_of_a_vector_that_is_no_number_is_refused_by_its_field() -> None:
    config = {**read("Qwen/Qwen3-8B"), "matryoshka_dimensions": [256, "all"]}
    with pytest.raises(NotSized) as refused:
        shape_of_config("acme/x", config, Beside(pools=True), "test")
    assert [key for key, _ in refused.value.mistakes] == ["matryoshka_dimensions"]


@pytest.mark.parametrize(
    ("name", "layers", "is_one"),
    [
        ("model.layers.61.self_attn.q_a_proj.weight", 61, True),
        ("model.layers.60.self_attn.q_a_proj.weight", 61, False),
        ("model.language_model.layers.61.eh_proj.weight", 61, True),
        ("layers.62.embed_tokens.weight", 61, True),
        ("model.layers.61.mlp.gate.weight", None, False),
        ("vision_tower.layers.61.attn.weight", 61, False),
        ("mtp.layers.0.mlp.experts.0.up_proj.weight", None, True),
        ("model.mtp.layers.0.fc.weight", None, True),
        ("model.mtp_block.0.fc.weight", None, True),
        ("model.layers.0.smtp.weight", None, False),
    ],
)
def test_the_name_of_a_tensor_says_whether_its_layer_guesses_ahead(name: str, layers: int | None, is_one: bool) -> None:
    assert guesses(name, layers) == is_one


MTP = {"num_nextn_predict_layers": 1}


@pytest.mark.parametrize(
    ("config", "guessing", "guessed"),
    [
        (MTP, {"model.layers.32.eh_proj.weight": ("BF16", [2**20, 2**9], 2**30)}, 2**29 / 1e9),
        (MTP, {}, None),
        ({}, {"mtp.fc.weight": ("BF16", [2**20, 2**9], 2**30)}, 2**29 / 1e9),
        ({}, {"model.layers.32.eh_proj.weight": ("BF16", [2**20, 2**9], 2**30)}, None),
    ],
    ids=["a layer behind the last", "in config.json alone", "a part of its own name", "not named in config.json"],
)
def test_layers_that_guess_ahead_are_those_that_the_files_have(
    config: Mapping[str, Any], guessing: Mapping[str, Any], guessed: float | None, tmp_path: Path
) -> None:
    """The engine loads them only to propose: a file without them must not be counted as smaller."""
    tensors = {"model.embed_tokens.weight": ("BF16", [2**20, 2**10], 2**31), **guessing}
    (tmp_path / "config.json").write_text(json.dumps({**read("meta-llama/Llama-3.1-8B"), **config}), encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(safetensors(tensors))
    shape = read_facts("acme/x", Folder(tmp_path, None), CATALOG.quantizations).shape
    assert shape.guessing_b == (None if guessed is None else pytest.approx(guessed, abs=1e-6))
    assert shape.weights_gib == pytest.approx(sum(each[2] for each in tensors.values()) / 2**30)
    assert served_gib(shape, None, CATALOG) == pytest.approx(3.0 if guessing and not guessed else 2.0, abs=1e-5)
