"""The facts of a model that `model add` has just read, in one line each."""

from infra.catalog import ModelShape
from infra.sizing.kv_cache import kv_bytes_per_token, layers_of

_KIB = 1024


def cache_bytes(shape: ModelShape) -> tuple[float, float]:
    """Bytes per token in 16 bit on one GPU: of all layers that keep tokens, and of those that keep only a window."""
    full = kv_bytes_per_token(shape, 1, 2) or 0.0
    windowed = kv_bytes_per_token(shape, 1, 2, windowed=True) if layers_of(shape).windowed else 0.0
    latent = shape.attention == "mla" or shape.kv_lora_rank is not None
    return (full, 0.0) if latent else (full + (windowed or 0.0), windowed or 0.0)


def weights_line(shape: ModelShape, method: str | None) -> str:
    """The line about the weights in the files."""
    how = [part for part in (method, shape.quantization_block and f"blocks of {shape.quantization_block}") if part]
    stored = (shape.dtype or "a dtype that its files don't say") + (f" ({', '.join(how)})" if how else "")
    size = f"about {shape.weights_gib:.1f}" if shape.weights_estimated else f"{shape.weights_gib:.1f}"
    named = shape.architecture or shape.model_type or "a model without a class"
    return f"{named}, {shape.params_b:.3g} B parameters, weights {size} GiB in {stored}"


def cache_line(shape: ModelShape) -> str:
    """The line about the cache: what the layers keep per token."""
    return f"{shape.layers} layers, {_heads(shape)}: {_cache(shape)}; context {shape.max_context:,}"


def _heads(shape: ModelShape) -> str:
    if shape.kv_lora_rank is not None:
        return f"{shape.attention_heads} heads with latent vectors of {shape.kv_lora_rank} + {shape.qk_rope_head_dim}"
    return f"{shape.attention_heads} heads, {shape.kv_heads} KV heads of {shape.head_size}"


def _cache(shape: ModelShape) -> str:
    every, windowed = cache_bytes(shape)
    if not every:
        return "an encoder, which keeps no cache"
    said = f"{every / _KIB:,.6g} KiB of cache per token"
    if windowed:
        said += f", {windowed / _KIB:,.6g} of them within a window of {shape.sliding_window:,}"
    states = layers_of(shape).states
    return f"{said}, and a state in {states} layers" if states else said
