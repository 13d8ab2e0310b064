"""What each layer of a decoder keeps of a request: every token, a window of tokens, one state, or nothing."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from infra.catalog.kinds import ENCODER_DECODER, NOT_SIZED, SPEECH, kind_by_name
from infra.models.fields import Fields, NotServed

Keeps = Literal["full", "window", "state", "both", "nothing"]  # both: every token, and a state in addition

_KINDS: dict[str, Keeps] = {
    **dict.fromkeys(("full_attention", "attention", "full", "global", "global_attention", "full_attn"), "full"),
    **dict.fromkeys(("deepseek_sparse_attention", "indexed_attention"), "full"),  # it reads some tokens, but keeps all
    **dict.fromkeys(("sliding_attention", "chunked_attention", "local_attention", "sliding", "swa"), "window"),
    **dict.fromkeys(("linear_attention", "linear", "mamba", "mamba2", "conv", "recurrent", "kda", "gdn"), "state"),
    **dict.fromkeys(("mlp", "moe", "cross_attention", "none", "no_op"), "nothing"),
    "hybrid": "both",
}
_LETTERS: dict[str, Keeps] = {"M": "state", "*": "full", "-": "nothing", "E": "nothing"}
# N by model type, if one of every N layers keeps all tokens and config.json doesn't say so, or only in newer files.
ONE_IN = {
    **dict.fromkeys(("gemma2", "gpt_oss", "vaultgemma"), 2),
    **dict.fromkeys(("cohere2", "cohere2_moe", "exaone4", "olmo3", "exaone_moe", "llama4_text", "llama4", "afmoe"), 4),
    **dict.fromkeys(("gemma3n", "gemma3n_text", "gemma4_unified_text"), 5),
    **dict.fromkeys(("gemma3", "gemma3_text", "gemma4", "gemma4_text"), 6),
}
# Each layer has attention and a state-space part side by side.
_SIDE_BY_SIDE = ("falcon_h1", "hymba")
# Fields of models for which the count below would be wrong.
_NOT_SIZED = {
    "blocksparse_num_local_blocks": "block-sparse attention keeps other tokens than a window",
    "compress_rates": "compressed tokens are sized from compress_ratios alone",
    "indexer_compress_ratio": "an indexer that keeps compressed keys",
    "index_kpool": "an indexer that keeps pooled keys",
    "kv_source_layers": "layers that read another layer's cache",
    "loop_num_passes": "layers that run several times",
    "n_recurrent_loops": "layers that run several times",
    "attention_types": "layers with a window are named one by one",
    "keep_window_size": "attention that keeps chosen tokens",
    "local_layer_ids": "layers with a window are named by number",
    "block_types": "recurrent blocks",
    "lsh_attn_chunk_length": "hashed attention",
    "num_attention_heads_per_layer": "heads that differ by layer",
    "num_key_value_heads_per_layer": "KV heads that differ by layer",
}
_TYPES_NOT_SIZED = {
    **dict.fromkeys(("longcat_flash", "longcat_flash_ngram"), "two attentions in each layer"),
    **dict.fromkeys(("mamba", "mamba2", "falcon_mamba", "rwkv", "xlstm", "retnet"), "states without any attention"),
    **dict.fromkeys(("openelm", "deci"), "heads that differ by layer"),
}
_HYBRID_WITHOUT = {"bamba": "attn_layer_indices", "granitemoehybrid": "layer_types", "lfm2_moe": "layer_types"}


def kept(fields: Fields) -> list[Keeps]:
    """What each layer keeps, one word per layer. What can't be read is added to the mistakes of `fields`."""
    count = layer_count(fields)
    field = _HYBRID_WITHOUT.get(fields.model_type or "")
    if field is not None and fields.value(field) is None:
        fields.wrong(field, "missing: it names the layers that keep every token")
    found = next((kinds for read in _READERS if (kinds := read(fields, count)) is not None), None)
    kinds = found or _windows(fields, count)
    if len(kinds) != count:
        fields.wrong(fields.key("layers"), f"got {count}, and the layers are said to be {len(kinds)}")
    shared = fields.whole("num_kv_shared_layers", minimum=0) or 0
    own = _own(fields, count)
    return [kind if index in own and index < count - shared else "nothing" for index, kind in enumerate(kinds)]


def refuse_kind(config: Fields, text: Fields) -> None:
    """Raises NotServed for a model of a kind that isn't sized, before any other mistake is looked for."""
    for fields in (config, text):
        if fields.value("is_encoder_decoder") is True:
            why = "true: an encoder with a decoder keeps a second cache, of its input, which is not sized"
            named = kind_by_name(fields.model_type or "")
            kind = named[1] if named else SPEECH if fields.value("max_source_positions") else ENCODER_DECODER
            raise NotServed(kind, [(f"{fields.place}is_encoder_decoder", why)])
        if (why := _TYPES_NOT_SIZED.get(fields.model_type or "")) is not None:
            got = f"got {fields.model_type}: {why}, which is not sized"
            raise NotServed(NOT_SIZED, [(f"{fields.place}model_type", got)])
    said = [
        (f"{text.place}{name}", f"{why}: that is not sized") for name, why in _NOT_SIZED.items() if text.value(name)
    ]
    if said:
        raise NotServed(NOT_SIZED, said)


def layer_count(fields: Fields) -> int:
    """The number of layers. Some files don't state it, but name the kind of each layer."""
    said = fields.value("layer_types")
    return len(said) if isinstance(said, list) and fields.value("layers") is None else fields.needed("layers")


def _own(fields: Fields, count: int) -> set[int]:
    """The layers that keep their own cache; in some models, several layers share one."""
    factor = fields.whole("cla_share_factor") if fields.value("use_cla") else None
    return set(range(0, count, factor or 1))


def _by_type(fields: Fields, count: int) -> list[Keeps] | None:
    """What each layer keeps, from a list with one word or letter per layer."""
    said = fields.value("layer_types")
    if said is None:
        return None
    if isinstance(said, str):
        return _words(fields, list(said), _LETTERS)
    kinds = _words(fields, list(said) if isinstance(said, list) else [said], _KINDS)
    if "window" in kinds and window_of(fields) is None:
        fields.wrong(fields.key("window"), "missing, and layers with a window need it")
    return kinds[:count]  # some files also list the layers that guess tokens ahead


def _words(fields: Fields, said: Sequence[Any], known: dict[str, Keeps]) -> list[Keeps]:
    kinds: list[Keeps] = []
    for index, word in enumerate(said):
        kind = known.get(word) if isinstance(word, str) else None
        if kind is None:
            fields.wrong(f"{fields.key('layer_types')}[{index}]", f"got {word!r}, known: {', '.join(known)}")
        kinds.append(kind or "full")
    return kinds


def _windowed_where(fields: Fields, count: int) -> list[Keeps] | None:
    """What each layer keeps, from `hybrid_layer_pattern`: 1 is a layer with a window."""
    said = fields.several("hybrid_layer_pattern")
    if not said:
        return None
    kinds: list[Keeps] = ["window" if each else "full" for each in said]
    return kinds


def _full_where(fields: Fields, count: int) -> list[Keeps] | None:
    """What each layer keeps, from the numbers of the layers with attention; all others keep a state."""
    for name, first in (("full_attn_layers", 1), ("attn_layer_indices", 0), ("full_attn_idxs", 0)):
        if (said := fields.several(name)) is not None:
            return ["full" if index + first in said else "state" for index in range(count)]
    said = fields.several("attn_type_list")
    if said is None:
        return None
    kinds: list[Keeps] = ["full" if each else "state" for each in said]
    return kinds


def _one_in_states(fields: Fields, count: int) -> list[Keeps] | None:
    """What each layer keeps, if one of every N layers has attention and all others keep a state."""
    if fields.model_type in _SIDE_BY_SIDE:
        both: list[Keeps] = ["both"] * count
        return both
    interval = fields.whole("full_attention_interval") or fields.whole("layer_group_size")
    if interval is None and fields.value("linear_num_value_heads"):
        interval = 4  # the default of every family with such layers
    if interval is not None:
        whole = count // interval * interval  # an incomplete group has no linear layers
        return ["state" if (index + 1) % interval and index < whole else "full" for index in range(count)]
    period = fields.whole("attn_layer_period")
    if period is None:
        return None
    offset = fields.whole("attn_layer_offset", minimum=0) or 0
    return ["full" if index % period == offset else "state" for index in range(count)]


def _blocks(fields: Fields, count: int) -> list[Keeps] | None:
    """What each layer keeps, in a model from which attention was removed in some layers."""
    said = fields.several("block_configs")
    if said is None:
        return None
    kinds: list[Keeps] = []
    for index, block in enumerate(said):
        attention = block.get("attention") if isinstance(block, dict) else None
        if not isinstance(attention, dict):
            fields.wrong(f"block_configs[{index}].attention", "missing")
            continue
        out = attention.get("no_op") or attention.get("replace_with_linear")
        kinds.append("nothing" if out else "window" if attention.get("window_length") else "full")
    return kinds


def _crossed(fields: Fields, count: int) -> list[Keeps] | None:
    """The layers that read the image instead of the text."""
    said = fields.several("cross_attention_layers")
    return ["nothing" if index in said else "full" for index in range(count)] if said else None


_READERS: tuple[Callable[[Fields, int], list[Keeps] | None], ...] = (
    *(_blocks, _by_type, _windowed_where, _full_where, _one_in_states, _crossed),
)


def window_of(fields: Fields) -> int | None:
    """The window in tokens; None if it is off, or at least the longest request."""
    window = fields.whole("window", minimum=-1)
    if window is None or window < 1 or fields.flag("use_sliding_window") is False:
        return None
    longest = fields.whole("max_position_embeddings")
    return None if longest is not None and window >= longest else window


def _windows(fields: Fields, count: int) -> list[Keeps]:
    if window_of(fields) is None:
        return ["full"] * count
    pattern = fields.value("pattern")
    if isinstance(pattern, str):
        return ["full" if pattern[index % len(pattern)] in "GF" else "window" for index in range(count)]
    every = fields.whole("pattern") or ONE_IN.get(fields.model_type or "")
    if every is not None:
        return ["window" if (index + 1) % every else "full" for index in range(count)]
    first = fields.whole("max_window_layers", minimum=0) if fields.flag("use_sliding_window") else 0
    return ["window" if index >= (first or 0) else "full" for index in range(count)]
