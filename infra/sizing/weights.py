"""How much a model's weights take on disk, and on all its GPUs together."""

from infra.catalog import AT_LOAD, Catalog, ModelShape

GIB = 2**30
HALF = ("bf16", "fp16", "fp32")


def in_16_bit(shape: ModelShape) -> bool:
    """Whether an engine can quantize the weights as it loads them; an unknown dtype counts as bf16."""
    return shape.dtype in (None, *HALF)


def stored_gib(shape: ModelShape, quantization: str | None, catalog: Catalog, *, own_repository: bool) -> float:
    """The size of the download. With `like`, the model's own repository holds quantized weights already."""
    at_load = quantization in AT_LOAD and own_repository
    return _files_gib(shape, None if at_load else quantization, catalog)


def served_gib(shape: ModelShape, quantization: str | None, catalog: Catalog) -> float:
    """The size on all GPUs together. Weights of 32 bit are served in 16 bit."""
    served = _files_gib(shape, quantization, catalog) - guessing_gib(shape, quantization, catalog)
    return served / 2 if quantization is None and shape.dtype == "fp32" else served


def guessing_gib(shape: ModelShape, quantization: str | None, catalog: Catalog) -> float:
    """Of layers that guess ahead: the files have them, but an engine loads them only where they are to propose."""
    return (shape.guessing_b or 0.0) * 1e9 * catalog.quantizations[_method(shape, quantization)].bytes_per_weight / GIB


def gpu_gib(shape: ModelShape, quantization: str | None, catalog: Catalog, gpus: int, more: float = 0.0) -> float:
    """The size on each GPU. `more`: what the engine adds on each."""
    return served_gib(shape, quantization, catalog) / gpus + _rotary(shape) + more


def _rotary(shape: ModelShape) -> float:
    """Each GPU holds 16-bit sines and cosines of every position, which aren't in the files: 0.03 GiB of Llama 3.1."""
    own = shape.rotary_bytes
    return (shape.max_context * (shape.head_size or shape.qk_rope_head_dim or 0) * 2 if own is None else own) / GIB


def served_dtype(shape: ModelShape | None, quantization: str | None, *, bf16: bool) -> str:
    """The dtype that the engine computes with, or the quantization. A GPU without bf16 serves bf16 weights as fp16."""
    if quantization is not None:
        return quantization
    stored = (shape.dtype if shape else None) or "bf16"
    if stored not in HALF:
        return stored
    return "bf16" if stored == "bf16" and bf16 else "fp16"


def _method(shape: ModelShape, quantization: str | None) -> str:
    return quantization or shape.dtype or "bf16"


def _files_gib(shape: ModelShape, quantization: str | None, catalog: Catalog) -> float:
    method = _method(shape, quantization)
    if shape.weights_gib is not None and method == _method(shape, None):
        return shape.weights_gib
    published = catalog.quantized_weights.get((shape.id, method))
    if published is not None:
        return published
    row = catalog.quantizations[method]
    params = (shape.params_b or 0) * 1e9
    wide = _embeddings(shape) if row.keeps_16_bit else 0
    return ((params - wide) * row.bytes_per_weight + wide * 2) / GIB + guessing_gib(shape, quantization, catalog)


def _embeddings(shape: ModelShape) -> float:
    """The number of weights in the embedding and, where it is separate, in the output layer."""
    if shape.vocab_size is None or shape.hidden_size is None:
        return 0
    return shape.vocab_size * shape.hidden_size * (1 if shape.tie_word_embeddings else 2)
