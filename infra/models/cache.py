"""The fields of a model's shape that decide its cache: kinds of layers, KV heads and their sizes, or latent vectors."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from infra.models.fields import Fields, defaults
from infra.models.layers import Keeps, kept, layer_count, window_of
from infra.models.states import state_bytes

# Types with a `kv_lora_rank` for which the engine keeps whole keys and values all the same.
_LATENT_UNUSED = ("minicpm3",)
# Types that may have one, and have none by default.
_LATENT = ("kimi_linear", "kimi_k2", "mistral4", "bailing_hybrid", "glm4_moe_lite", "pangu_ultra_moe")


_RATIOS = (0, 1, 4, 128)


@dataclass(frozen=True)
class Cache:
    """These fields, as a model's shape has them."""

    attention: Literal["mha", "gqa", "mqa", "mla", "hybrid"]
    attention_heads: int
    kv_heads: int
    head_dim: int | None
    value_head_dim: int | None
    sliding_window: int | None
    full_kv_layers: int | None
    swa_kv_layers: int | None
    state_layers: int | None
    state_bytes: int | None
    kv_lora_rank: int | None
    qk_rope_head_dim: int | None
    index_head_dim: int | None
    global_kv_heads: int | None
    global_head_dim: int | None


def cache_of(fields: Fields, architecture: str | None, *, encoder: bool) -> Cache:
    """The cache fields of a config.json. What can't be read is added to the mistakes of `fields`."""
    kinds = ["nothing"] * layer_count(fields) if encoder else kept(fields)
    heads = fields.needed("attention_heads")
    kv_heads = _kv_heads(fields, heads)
    latent = is_latent(fields)
    full, windowed = _count(kinds, "full", "both"), _count(kinds, "window")
    states, own = _count(kinds, "state", "both"), full + windowed
    several = encoder or windowed or states or own < len(kinds)
    sizes = _sizes(fields, heads)
    attention = "hybrid" if states else "mla" if latent else _kind(heads, kv_heads)
    own_sizes = _overrides(fields, kinds)
    cache = Cache(
        attention=attention,
        attention_heads=heads,
        kv_heads=kv_heads,
        head_dim=None if latent else sizes[0],
        value_head_dim=None if latent else sizes[1],
        sliding_window=window_of(fields) if windowed else None,
        full_kv_layers=full if several else None,
        swa_kv_layers=windowed if several else None,
        state_layers=states or None,
        state_bytes=state_bytes(fields, architecture) if states else None,
        kv_lora_rank=fields.needed("kv_lora_rank") if latent else None,
        qk_rope_head_dim=fields.needed("qk_rope_head_dim") if latent else None,
        index_head_dim=fields.whole("index_head_dim"),
        global_kv_heads=own_sizes.get("num_key_value_heads") or _global_heads(fields),
        global_head_dim=own_sizes.get("head_dim") or fields.whole("global_head_dim"),
    )
    if not (encoder or own or states):
        fields.wrong(fields.key("num_kv_shared_layers"), "no layer keeps its own cache: it drafts for another model")
    if attention == "hybrid" and not full:
        fields.wrong(fields.key("layer_types"), "no layer keeps every token, and a state is sized by one that does")
    return _compressed(fields, cache) if fields.value("compress_ratios") else _own_windows(fields, cache)


def is_latent(fields: Fields) -> bool:
    """Whether the engine keeps one latent vector per layer instead of keys and values."""
    if fields.value("use_mla") is False or fields.model_type in _LATENT_UNUSED:
        return False
    usual = defaults().get(fields.model_type or "")
    of_type = usual is None or "kv_lora_rank" in usual or fields.model_type in _LATENT
    return of_type and fields.whole("kv_lora_rank", minimum=0) not in (None, 0)


def _count(kinds: Iterable[Keeps | str], *of: str) -> int:
    return sum(kind in of for kind in kinds)


def _kind(heads: int, kv_heads: int) -> Literal["mha", "gqa", "mqa"]:
    return "mha" if kv_heads == heads else "mqa" if kv_heads == 1 else "gqa"


def _kv_heads(fields: Fields, heads: int) -> int:
    """The number of KV heads; if no field gives it, it is the number of heads."""
    if fields.value("multi_query") is True and not fields.value("new_decoder_architecture"):
        return 1
    if fields.value("multi_query_attention") is False:
        return heads
    found = _of_blocks(fields, heads) or fields.whole("kv_heads") or heads
    if heads % found:
        fields.wrong(fields.key("kv_heads"), f"got {found}, which {heads} heads can't share")
    return found


def _of_blocks(fields: Fields, heads: int) -> int | None:
    """The number of KV heads of a model whose blocks differ. Its blocks with attention must have the same number."""
    blocks = fields.value("block_configs")
    if not isinstance(blocks, list):
        return None
    said = {size for each in blocks if (size := _in_group(each)) is not None}
    if len(said) > 1:
        fields.wrong("block_configs", f"attention with {', '.join(map(str, sorted(said)))} heads in a group")
    return max(1, heads // max(said)) if said else None


def _in_group(block: Any) -> int | None:
    attention = block.get("attention") if isinstance(block, dict) else None
    size = attention.get("n_heads_in_group") if isinstance(attention, dict) else None
    return size if isinstance(size, int) and size > 0 else None


def _sizes(fields: Fields, heads: int) -> tuple[int, int | None]:
    """The size of a key per head, and the size of a value if it differs."""
    rope, nope = fields.whole("qk_rope_head_dim", minimum=0), fields.whole("qk_nope_head_dim", minimum=0)
    if rope and nope and fields.value("kv_lora_rank"):
        return rope + nope, None  # the engine pads values to the keys
    size = fields.whole("head_dim", minimum=0) or 0
    if not size:
        hidden = fields.needed("hidden_size")
        if hidden % heads:
            fields.wrong(fields.key("head_dim"), f"missing, and {hidden} is no multiple of {heads} heads")
        size = max(1, hidden // heads)
    value = fields.whole("v_head_dim", minimum=0) if fields.value("kv_lora_rank") is None else None
    return size, value if value and value != size else None


def _global_heads(fields: Fields) -> int | None:
    """The KV heads of the layers that keep every token, if they differ from those of the other layers."""
    said = fields.whole("num_global_key_value_heads")
    return said or (fields.whole("kv_heads") if fields.value("global_head_dim") else None)


def _overrides(fields: Fields, kinds: Sequence[Keeps | str]) -> Mapping[str, int]:
    """`per_layer_config`: the fields of the layers that keep every token. It can be sized only if these layers are
    alike."""
    said = fields.value("per_layer_config")
    if not said:
        return {}
    full = {index for index, kind in enumerate(kinds) if kind == "full"}
    try:
        found = {int(index): dict(values) for index, values in said.items()}
        values = next(iter(found.values()))
        shared = len(kinds) - (fields.whole("num_kv_shared_layers", minimum=0) or 0)
        alike = all(each == values for each in found.values()) and {index for index in found if index < shared} == full
    except (AttributeError, TypeError, ValueError, StopIteration):
        alike, values = False, {}
    if alike and set(values) <= {"head_dim", "num_key_value_heads"} and all(type(n) is int for n in values.values()):
        return values
    fields.wrong("per_layer_config", "layers that differ one by one are not sized")
    return {}


def _own_windows(fields: Fields, cache: Cache) -> Cache:
    """The cache of a model whose layers with a window have other heads: these layers get the shape's plain fields."""
    windowed = fields.whole("swa_num_key_value_heads")
    if windowed is None:
        return cache
    values = vars(cache) | {
        "kv_heads": windowed,
        "head_dim": fields.whole("swa_head_dim") or cache.head_dim,
        "global_kv_heads": cache.kv_heads,
        "global_head_dim": cache.head_dim,
    }
    return Cache(**values)


def _compressed(fields: Fields, cache: Cache) -> Cache:
    """DeepSeek-V4: a layer keeps one vector per 4 or 128 tokens, and a full layer would keep two vectors per token."""
    ratios = fields.several("compress_ratios") or []
    ratios = ratios[: layer_count(fields)]
    if strange := [ratio for ratio in ratios if ratio not in _RATIOS]:
        fields.wrong("compress_ratios", f"got {strange[0]}, sized are {', '.join(map(str, _RATIOS))}")
        return cache
    full = math.ceil(sum(1 / ratio for ratio in ratios if ratio) / 2)
    values = vars(cache) | {
        "attention": "hybrid",
        "full_kv_layers": full,
        "swa_kv_layers": layer_count(fields) - full,
        "sliding_window": window_of(fields),
        "index_head_dim": None,  # the rounding above includes it
    }
    return Cache(**values)
