"""The columns of the data files, and the objects that are made of their rows."""

from collections.abc import Mapping
from dataclasses import replace

from infra.catalog.hardware import Gpu, MigProfile
from infra.catalog.shapes import ModelShape, Quantization, RopeFamily
from infra.catalog.table import Row

GPU = (
    *("gpu", "engine_gib", "mem_bandwidth_gb_s", "bf16_tflops_dense", "fp16_tflops_dense", "fp8_tflops_dense"),
    *("link_gb_s", "compute_capability", "bf16_support", "fp8_support", "source"),
)
MACHINE = ("machine", "gpu", "gpus")
MIG = ("gpu", "profile", "slices", "engine_gib", "source")
MODEL = (
    *("id", "params_b", "active_params_b", "layers", "hidden_size", "attention_heads", "kv_heads"),
    *("head_dim", "vocab_size", "tie_word_embeddings", "max_context", "attention", "sliding_window"),
    *("kv_lora_rank", "qk_rope_head_dim", "index_head_dim", "num_experts"),
    *("experts_per_token", "dtype", "weights_gib", "gated", "modality", "source", "full_kv_layers"),
    *("swa_kv_layers", "global_kv_heads", "global_head_dim", "intermediate_size"),
    *("architecture", "model_type", "expert_size", "quantization_block", "custom_code", "notes"),
    "value_head_dim",
)
QUANTIZATION = ("name", "bytes_per_weight", "min_compute_capability", "keeps_16_bit", "source")
CUDA_DRIVER = ("cuda", "min_driver")
QUANTIZED = ("model", "quantization", "weights_gib", "source")
LOADED = ("model", "state_bytes", "guessing_b", "rotary_bytes", "source")
ROPE = ("model_type", "max_context", "original", "theta", "factor", "source")
REPOSITORY = ("model", "quantization", "repository", "block", "intermediate_size", "source")


def gpu_of(row: Row) -> Gpu:
    return Gpu(
        name=row.text("gpu"),
        engine_gib=row.number_or_none("engine_gib"),
        bandwidth_gb_s=row.number_or_none("mem_bandwidth_gb_s"),
        bf16_tflops=row.number_or_none("bf16_tflops_dense") or row.number_or_none("fp16_tflops_dense"),
        fp8_tflops=row.number_or_none("fp8_tflops_dense"),
        compute_capability=row.number_or_none("compute_capability"),
        bf16=_starts_with_yes(row, "bf16_support"),
        fp8=_starts_with_yes(row, "fp8_support"),
        source=row.text("source"),
        link_gb_s=row.number_or_none("link_gb_s"),
    )


def mig_profile_of(row: Row, gpus: Mapping[str, Gpu]) -> MigProfile:
    return MigProfile(
        gpu=row.known("gpu", gpus, "row of gpus.csv"),
        name=row.text("profile"),
        slices=row.whole("slices"),
        engine_gib=row.number("engine_gib"),
        source=row.text("source"),
    )


def _starts_with_yes(row: Row, column: str) -> bool:
    """Whether a cell says yes; it may go on, as in `yes (and FP4)` and `no (use --dtype half)`."""
    text = row.text_or_none(column) or "no"
    if not text.startswith(("yes", "no")):
        row.wrong(column, "must begin with yes or no")
    return text.startswith("yes")


def model_of(row: Row) -> ModelShape:
    return ModelShape(
        id=row.text("id"),
        params_b=row.number_or_none("params_b"),
        active_params_b=row.number_or_none("active_params_b"),
        layers=row.whole_or_none("layers"),
        hidden_size=row.whole_or_none("hidden_size"),
        intermediate_size=row.whole_or_none("intermediate_size"),
        attention_heads=row.whole_or_none("attention_heads"),
        kv_heads=row.whole_or_none("kv_heads"),
        head_dim=row.whole_or_none("head_dim"),
        vocab_size=row.whole_or_none("vocab_size"),
        max_context=row.whole("max_context"),
        attention=row.one_of("attention", "mha", "gqa", "mqa", "mla", "hybrid", "") or None,
        sliding_window=row.whole_or_none("sliding_window"),
        kv_lora_rank=row.whole_or_none("kv_lora_rank"),
        qk_rope_head_dim=row.whole_or_none("qk_rope_head_dim"),
        num_experts=row.whole_or_none("num_experts"),
        experts_per_token=row.whole_or_none("experts_per_token"),
        index_head_dim=row.whole_or_none("index_head_dim"),
        dtype=row.text_or_none("dtype"),
        weights_gib=row.number_or_none("weights_gib"),
        gated={"true": True, "false": False}.get(row.one_of("gated", "true", "false", "unknown")),
        modality=row.one_of("modality", "text", "vision", "audio", "embedding", "rerank"),
        full_kv_layers=row.whole_or_none("full_kv_layers", minimum=0),
        swa_kv_layers=row.whole_or_none("swa_kv_layers", minimum=0),
        global_kv_heads=row.whole_or_none("global_kv_heads"),
        global_head_dim=row.whole_or_none("global_head_dim"),
        tie_word_embeddings=row.flag_or_none("tie_word_embeddings"),
        architecture=row.text_or_none("architecture"),
        model_type=row.text_or_none("model_type"),
        expert_size=row.whole_or_none("expert_size"),
        quantization_block=row.whole_or_none("quantization_block"),
        custom_code=row.flag_or_none("custom_code"),
        value_head_dim=row.whole_or_none("value_head_dim"),
        source=row.text("source"),
        notes=row.text_or_none("notes") or "",
    )


def rope_of(row: Row) -> RopeFamily:
    return RopeFamily(
        original=row.whole("original"),
        theta=row.number("theta"),
        factor=row.number("factor"),
        source=row.text("source"),
    )


def loaded_of(row: Row, model: ModelShape) -> ModelShape:
    """The model with what an engine makes of it. Its parameters are those that the engine loads to answer."""
    guessing = row.number_or_none("guessing_b")
    return replace(
        model,
        params_b=_less(model.params_b, guessing),
        active_params_b=model.active_params_b if model.num_experts else _less(model.active_params_b, guessing),
        state_bytes=row.whole_or_none("state_bytes"),
        guessing_b=guessing,
        rotary_bytes=row.whole_or_none("rotary_bytes"),
    )


def _less(params_b: float | None, guessing_b: float | None) -> float | None:
    return None if params_b is None else round(params_b - (guessing_b or 0.0), 6)


def quantization_of(row: Row) -> Quantization:
    return Quantization(
        name=row.text("name"),
        bytes_per_weight=row.number("bytes_per_weight"),
        min_compute_capability=row.number("min_compute_capability"),
        keeps_16_bit=row.flag("keeps_16_bit"),
        source=row.text("source"),
    )
