"""How much memory a model's weights take, on disk and on the GPUs together."""

from infra.catalog import Catalog, ModelShape

GIB = 2**30
# vLLM quantizes these itself from a 16-bit repository; the others are what a repository holds.
AT_LOAD = ("fp8", "bitsandbytes")
HALF = ("bf16", "fp16", "fp32")


def stored_gib(shape: ModelShape, quantization: str | None, catalog: Catalog, *, own_repository: bool) -> float:
    """The download. A `like` repository holds weights in the quantization that is named."""
    at_load = quantization in AT_LOAD and own_repository
    return _gib(shape, None if at_load else quantization, catalog)


def served_gib(shape: ModelShape, quantization: str | None, catalog: Catalog) -> float:
    """On the GPUs, all together. 32-bit repositories are served in 16 bit."""
    stored = _gib(shape, quantization, catalog)
    return stored / 2 if quantization is None and shape.dtype == "fp32" else stored


def served_dtype(shape: ModelShape | None, quantization: str | None, *, bf16: bool) -> str:
    """What the engine computes with, or the quantization: a GPU without bf16 serves those weights as fp16."""
    if quantization is not None:
        return quantization
    stored = (shape.dtype if shape else None) or "bf16"
    if stored not in HALF:
        return stored
    return "bf16" if stored == "bf16" and bf16 else "fp16"


def _gib(shape: ModelShape, quantization: str | None, catalog: Catalog) -> float:
    method = quantization or shape.dtype or "bf16"
    if shape.weights_gib is not None and method == (shape.dtype or "bf16"):
        return shape.weights_gib
    row = catalog.quantizations[method]
    params = (shape.params_b or 0) * 1e9
    wide = _embeddings(shape) if row.keeps_16_bit else 0
    return ((params - wide) * row.bytes_per_weight + wide * 2) / GIB


def _embeddings(shape: ModelShape) -> float:
    """Weights of the embedding and, where it isn't the same, of the output layer."""
    if shape.vocab_size is None or shape.hidden_size is None:
        return 0
    return shape.vocab_size * shape.hidden_size * (1 if shape.tie_word_embeddings else 2)
