"""What a request keeps in the KV cache on each GPU, by the kinds of attention in a model's layers."""

from dataclasses import dataclass

from infra.catalog import ModelShape

# The indexer of sparse attention (DeepSeek-V3.2, GLM-5) keeps an 8-bit key with a 4-byte scale per token.
INDEX_SCALE_BYTES = 4


@dataclass(frozen=True)
class Pages:
    """How an engine lays out the cache."""

    hybrid: bool = True  # layers that keep fewer tokens take less memory
    mla_aligned: bool = False  # each latent entry starts at a multiple of 256 bytes
    block: int | None = None  # tokens that are taken at once; None: one by one
    batches: int = 1  # that are under way at once: a window holds the tokens of each
    states: int = 1  # of one layer that a request holds
    state_every: int | None = None  # tokens for which a request holds one more state; None: none


PAGES = Pages()


@dataclass(frozen=True)
class Layers:
    """How many layers keep every token, how many only a window of tokens, and how many one state."""

    full: int
    windowed: int
    states: int


def keeps_cache(shape: ModelShape) -> bool:
    """Whether a model has a KV cache. Encoders have none: they read their input at once."""
    nowhere = shape.full_kv_layers == 0 and not shape.swa_kv_layers
    return not (shape.modality in ("embedding", "rerank") and (shape.attention == "mha" or nowhere))


def layers_of(shape: ModelShape, pages: Pages = PAGES) -> Layers:
    """The layers by what they keep: every token, unless it is known that they keep less.

    Layers that use another layer's cache keep nothing.
    """
    total = shape.layers or 0
    windowed = (shape.swa_kv_layers or 0) if shape.sliding_window else 0
    if not pages.hybrid:
        own = total if shape.full_kv_layers is None else shape.full_kv_layers + windowed
        return Layers(total if shape.attention == "hybrid" else own, 0, 0)
    full = total - windowed if shape.full_kv_layers is None else shape.full_kv_layers
    return Layers(full, windowed, _states(shape, total - full - windowed))


def _states(shape: ModelShape, other: int) -> int:
    """Layers that keep a state: all that keep no tokens, where nobody has counted them."""
    return (other if shape.state_layers is None else shape.state_layers) if shape.attention == "hybrid" else 0


def kv_bytes_per_token(
    shape: ModelShape, gpus: int, element_bytes: int, pages: Pages = PAGES, *, windowed: bool = False
) -> float | None:
    """Bytes per token on each GPU, in layers that keep every token (or in `windowed` ones).

    Layers x KV heads x (a key's size + a value's) x bytes. The heads are split over the GPUs, and repeated if there are
    fewer heads than GPUs. MLA keeps one latent vector per layer, the same on every GPU. None where the shape isn't
    known.
    """
    layers = layers_of(shape, pages)
    if shape.layers is None:
        return None
    if shape.attention == "mla" or shape.kv_lora_rank is not None:
        latent = ((shape.kv_lora_rank or 0) + (shape.qk_rope_head_dim or 0)) * element_bytes
        if pages.mla_aligned:
            latent = -(-latent // 256) * 256
        index = shape.index_head_dim + INDEX_SCALE_BYTES if shape.index_head_dim else 0
        return layers.full * (latent + index)
    heads, size = shape.kv_heads, shape.head_size
    if not windowed:
        heads, size = shape.global_kv_heads or heads, shape.global_head_dim or size
    if heads is None or size is None:
        return None
    both = size + (shape.value_head_dim or size)
    return (layers.windowed if windowed else layers.full) * -(-heads // gpus) * both * element_bytes


def is_exact(shape: ModelShape) -> bool:
    """Whether every layer keeps every token: then neither the engine's version nor the batch matters."""
    return (
        shape.attention in ("mha", "gqa", "mqa", "mla")
        and not shape.swa_kv_layers
        and shape.full_kv_layers in (None, 0)
    )
