"""How much a model's weights take on disk, and on all its GPUs together."""

from infra.catalog import AT_LOAD, Catalog, Gpu, ModelShape

GIB = 2**30
HALF = ("bf16", "fp16", "fp32")


def in_16_bit(shape: ModelShape) -> bool:
    """Whether an engine can quantize the weights as it loads them; an unknown dtype counts as bf16."""
    return shape.dtype in (None, *HALF)


def stored_gib(shape: ModelShape, quantization: str | None, catalog: Catalog, *, own_repository: bool) -> float:
    """The size of the download. With `like`, the model's own repository holds quantized weights already."""
    at_load = quantization in AT_LOAD and own_repository
    return _gib(shape, None if at_load else quantization, catalog)


def served_gib(shape: ModelShape, quantization: str | None, catalog: Catalog) -> float:
    """The size on all GPUs together. Weights of 32 bit are served in 16 bit."""
    stored = _gib(shape, quantization, catalog)
    return stored / 2 if quantization is None and shape.dtype == "fp32" else stored


def gpu_gib(
    shape: ModelShape, quantization: str | None, catalog: Catalog, gpu: Gpu, gpus: int, more: float = 0.0
) -> float:
    """The size on each GPU, as its kernels lay out the weights. `more`: what the engine adds on all GPUs together."""
    files = served_gib(shape, quantization, catalog)
    return (files + _padding(shape, quantization, catalog, gpu, gpus) + more) / gpus + _rotary(shape)


def _rotary(shape: ModelShape) -> float:
    """Each GPU holds 16-bit sines and cosines of every position, which aren't in the files: 0.03 GiB of Llama 3.1."""
    return shape.max_context * (shape.head_size or shape.qk_rope_head_dim or 0) * 2 / GIB


def _padding(shape: ModelShape, quantization: str | None, catalog: Catalog, gpu: Gpu, gpus: int) -> float:
    """GiB by which mxfp4 kernels pad experts: the hidden size to 256 and, except on Hopper, a GPU's share of the inner
    size to 128 or, on Blackwell, 256."""
    method = quantization or shape.dtype
    hidden, experts, layers = shape.hidden_size, shape.num_experts, shape.layers
    inner = shape.expert_size or shape.intermediate_size
    if method != "mxfp4" or not (hidden and inner and experts and layers):
        return 0.0
    weights = layers * experts * 3 * hidden * inner
    if weights > (shape.params_b or 0) * 1e9:
        return 0.0  # the inner size that is known isn't that of the experts
    step = {9: 1, 10: 256}.get(int(gpu.compute_capability or 0), 128)
    padded = _multiple_up(hidden, 256) / hidden * _multiple_up(-(-inner // gpus), step) * gpus / inner
    return weights * (padded - 1) * catalog.quantizations["mxfp4"].bytes_per_weight / GIB


def _multiple_up(number: int, step: int) -> int:
    return -(-number // step) * step


def served_dtype(shape: ModelShape | None, quantization: str | None, *, bf16: bool) -> str:
    """The dtype that the engine computes with, or the quantization. A GPU without bf16 serves bf16 weights as fp16."""
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
    published = catalog.quantized_weights.get((shape.id, method))
    if published is not None:
        return published
    row = catalog.quantizations[method]
    params = (shape.params_b or 0) * 1e9
    wide = _embeddings(shape) if row.keeps_16_bit else 0
    return ((params - wide) * row.bytes_per_weight + wide * 2) / GIB


def _embeddings(shape: ModelShape) -> float:
    """The number of weights in the embedding and, where it is separate, in the output layer."""
    if shape.vocab_size is None or shape.hidden_size is None:
        return 0
    return shape.vocab_size * shape.hidden_size * (1 if shape.tie_word_embeddings else 2)
