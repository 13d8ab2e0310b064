"""The number of weights that a config.json describes, for repositories whose files don't state their size."""

from dataclasses import dataclass

from infra.models.cache import Cache
from infra.models.fields import Fields
from infra.models.layers import Keeps, layer_count

# Types whose feed-forward layers have no gate: two matrices instead of three.
_UNGATED = frozenset(
    (
        *("bert", "roberta", "xlm-roberta", "xlm_roberta", "camembert", "electra", "mpnet", "distilbert", "gpt2"),
        *("gpt_neo", "gpt_neox", "gptj", "bloom", "mpt", "opt", "falcon", "phi", "starcoder2", "gpt_bigcode"),
        *("nemotron", "nemotron_h", "persimmon", "arcee", "apertus", "codegen", "biogpt", "bert-generation"),
        *("gpt-sw3", "openai-gpt", "xglm", "roformer", "deberta", "deberta-v2", "ernie"),
    )
)
# Models whose layers that guess ahead have their own embeddings and output layer.
_OWN_EMBEDDINGS = ("deepseek_v3", "deepseek_v32")
_POSITIONED = frozenset(
    (
        *("bert", "roberta", "xlm-roberta", "xlm_roberta", "camembert", "electra", "mpnet", "distilbert", "gpt2"),
        *("gpt_neo", "opt", "gpt_bigcode", "xglm", "ernie", "biogpt", "deberta-v2"),
    )
)


@dataclass(frozen=True)
class Counted:
    """Numbers of weights, in groups that a quantization treats alike."""

    outside: float = 0.0  # embeddings and output layer
    mixers: float = 0.0  # attention and states
    dense: float = 0.0  # feed-forward layers, and experts that every token uses
    experts: float = 0.0
    guessing: float = 0.0  # layers that guess tokens ahead: the files contain them, but servers usually don't load them
    tower: float = 0.0  # the part that reads images
    chosen: float = 0.0  # weights of the experts that one token uses

    @property
    def all(self) -> float:
        return self.outside + self.mixers + self.dense + self.experts + self.tower

    @property
    def active(self) -> float:
        return self.all - self.experts + self.chosen


def parameters(fields: Fields, cache: Cache, kinds: list[Keeps], *, tied: bool, tower: float) -> Counted:
    hidden, vocabulary = fields.needed("hidden_size"), fields.needed("vocab_size")
    inputs = fields.whole("embedding_size") or fields.whole("word_embed_proj_dim") or hidden
    embeddings = vocabulary * inputs * (1 if tied else 2)
    outside = float(embeddings + _positions(fields) * hidden + _per_layer_inputs(fields))
    parts = [_feed_forward(fields, index) for index in range(len(kinds))]
    return Counted(
        outside=outside,
        mixers=sum(_mixer(fields, cache, index, kind) for index, kind in enumerate(kinds)),
        dense=sum(dense for dense, _, _ in parts),
        experts=sum(experts for _, experts, _ in parts),
        guessing=_guessing(fields, cache),
        tower=tower,
        chosen=sum(chosen for _, _, chosen in parts),
    )


def _guessing(fields: Fields, cache: Cache) -> float:
    count = fields.whole("guessing_layers", minimum=0) or 0
    if not count or (cache.kv_lora_rank and fields.value("compress_ratios")):
        return 0.0
    last = max(layer_count(fields) - 1, 0)
    hidden = fields.needed("hidden_size")
    dense, experts, _ = _experts_or_dense(fields, last)
    own = 2 * fields.needed("vocab_size") * hidden if fields.model_type in _OWN_EMBEDDINGS else 0
    return count * (_attention(fields, cache, windowed=False, no_op=False) + dense + experts + 2 * hidden**2 + own)


def _positions(fields: Fields) -> int:
    if fields.model_type not in _POSITIONED:
        return 0
    return (fields.whole("max_position_embeddings") or fields.whole("n_positions") or 0) + (
        fields.whole("type_vocab_size", minimum=0) or 0
    )


def _per_layer_inputs(fields: Fields) -> int:
    """Gemma 3n and 4: one embedding of each token per layer, and the weights that add it to the layer."""
    width = fields.whole("hidden_size_per_layer_input", minimum=0) or 0
    vocabulary = fields.whole("vocab_size_per_layer_input") or 0
    return width * layer_count(fields) * (vocabulary + 3 * fields.needed("hidden_size"))


def _mixer(fields: Fields, cache: Cache, index: int, kind: Keeps) -> float:
    """The weights in a layer that mix tokens: attention or a state. Layers without either are known by their type."""
    said = _word(fields, index)
    state = _state(fields) if kind in ("state", "both") else 0.0
    if kind == "state" or said in ("mlp", "moe", "-", "E"):
        return state
    return state + _attention(fields, cache, windowed=kind == "window", no_op=_is_cut(fields, index))


def _word(fields: Fields, index: int) -> str | None:
    said = fields.value("layer_types")
    return said[index] if isinstance(said, list | str) and index < len(said) else None


def _block(fields: Fields, index: int, part: str) -> dict[str, object]:
    blocks = fields.value("block_configs")
    block = blocks[index] if isinstance(blocks, list) and index < len(blocks) else None
    found = block.get(part) if isinstance(block, dict) else None
    return found if isinstance(found, dict) else {}


def _is_cut(fields: Fields, index: int) -> bool:
    return bool(_block(fields, index, "attention").get("no_op"))


def _attention(fields: Fields, cache: Cache, *, windowed: bool, no_op: bool) -> float:
    hidden, heads = fields.needed("hidden_size"), cache.attention_heads
    if no_op:
        return 0.0
    if fields.value("kv_lora_rank"):
        return _latent(fields, hidden, heads)
    if fields.value("o_lora_rank"):
        return _grouped(fields, hidden, heads)
    kv_heads, key = cache.kv_heads, cache.head_dim or hidden // heads
    if not windowed:
        kv_heads, key = cache.global_kv_heads or kv_heads, cache.global_head_dim or key
    value = cache.value_head_dim or key
    queries = heads * key * (2 if fields.value("attn_output_gate") or fields.value("linear_num_value_heads") else 1)
    shared = not windowed and fields.value("attention_k_eq_v")  # the key is also the value
    return hidden * (queries + heads * value + kv_heads * (key + (0 if shared else value)))


def _grouped(fields: Fields, hidden: int, heads: int) -> float:
    """DeepSeek-V4: low-rank queries and outputs, one vector that is key and value, and the weights that compress
    tokens."""
    queries, outputs = fields.whole("q_lora_rank") or hidden, fields.needed("o_lora_rank")
    size, groups = fields.needed("head_dim"), fields.whole("o_groups") or 1
    asked = queries * (hidden + heads * size) + hidden * size
    return asked + heads * size * outputs + groups * outputs * hidden


def _latent(fields: Fields, hidden: int, heads: int) -> float:
    latent, rope = fields.whole("kv_lora_rank") or 0, fields.whole("qk_rope_head_dim", minimum=0) or 0
    plain, value = (
        fields.whole("qk_nope_head_dim", minimum=0) or 0,
        fields.whole("v_head_dim", minimum=0) or hidden // heads,
    )
    queries = fields.whole("q_lora_rank")
    key = plain + rope
    asked = queries * (hidden + heads * key) if queries else hidden * heads * key
    index, size = fields.whole("index_n_heads") or 0, fields.whole("index_head_dim") or 0
    indexer = (queries or hidden) * index * size + hidden * (size + index)
    return asked + hidden * (latent + rope) + latent * heads * (plain + value) + heads * value * hidden + indexer


def _state(fields: Fields) -> float:
    """The weights of a linear-attention layer (Qwen3-Next, Kimi), or of a Mamba layer."""
    hidden = fields.needed("hidden_size")
    if values := fields.whole("linear_num_value_heads"):
        keys = (fields.whole("linear_num_key_heads") or values) * (fields.whole("linear_key_head_dim") or 128)
        wide = values * (fields.whole("linear_value_head_dim") or 128)
        kernel = fields.whole("linear_conv_kernel_dim") or 4
        return hidden * (2 * keys + 3 * wide + 2 * values) + kernel * (2 * keys + wide)
    return _mamba(fields, hidden)


def _mamba(fields: Fields, hidden: int) -> float:
    state = fields.whole("ssm_state_size") or fields.whole("mamba_d_state") or 16
    heads = fields.whole("mamba_num_heads") or fields.whole("mamba_n_heads")
    expand = fields.whole("expand") or fields.whole("mamba_expand") or 2
    size = fields.whole("mamba_head_dim") or fields.whole("mamba_d_head")
    inner = fields.whole("mamba_d_ssm") or (heads * size if heads and size else expand * hidden)
    kernel = fields.whole("conv_kernel") or fields.whole("mamba_d_conv") or 4
    if heads is None:  # the first version of Mamba
        rank = fields.whole("mamba_dt_rank") or -(-hidden // 16)
        return inner * (3 * hidden + kernel + rank + 2 * state + rank + state)
    groups = (fields.whole("n_groups") or fields.whole("mamba_n_groups") or 1) * state
    return hidden * (2 * inner + 2 * groups + heads) + kernel * (inner + 2 * groups) + inner * hidden


def _feed_forward(fields: Fields, index: int) -> tuple[float, float, float]:
    """The feed-forward weights of a layer: those that every token uses, those of all experts, and those of the experts
    that one token uses."""
    said, hidden = _word(fields, index), fields.needed("hidden_size")
    blocks = _block(fields, index, "ffn")
    if blocks:
        return _pruned(fields, blocks, hidden)
    if _is_apart(fields) and said not in ("mlp", "moe", "-", "E"):
        return 0.0, 0.0, 0.0
    return _experts_or_dense(fields, index)


def _is_apart(fields: Fields) -> bool:
    """Whether the feed-forward parts are layers themselves, and not parts of the layers that mix tokens."""
    said = fields.value("layer_types")
    return isinstance(said, str) or (isinstance(said, list) and ("moe" in said or "mlp" in said))


def _experts_or_dense(fields: Fields, index: int) -> tuple[float, float, float]:
    said, hidden = _word(fields, index), fields.needed("hidden_size")
    matrices = 2 if fields.model_type in _UNGATED else 3
    experts = fields.whole("experts", minimum=0) or 0
    if experts and has_experts(fields, index, said):
        beside = matrices * hidden * _dense_width(fields, index) if fields.value("enable_moe_block") else 0
        always, every, chosen = _experts(fields, experts, hidden, matrices)
        return always + beside, every, chosen
    width = _dense_width(fields, index) // (
        2 if fields.model_type == "qwen" else 1
    )  # Qwen's first file counts both matrices
    return float(matrices * hidden * width), 0.0, 0.0


def _pruned(fields: Fields, block: dict[str, object], hidden: int) -> tuple[float, float, float]:
    if block.get("no_op"):
        return 0.0, 0.0, 0.0
    times = block.get("ffn_mult")
    width = (
        _multiple_up(int(2 * float(times) * hidden / 3), 256) if isinstance(times, int | float) else block.get("width")
    )
    width = width if isinstance(width, int) else fields.needed("intermediate_size")
    return 3.0 * hidden * width, 0.0, 0.0


def _multiple_up(number: int, step: int) -> int:
    return -(-number // step) * step


def _dense_width(fields: Fields, index: int) -> int:
    said = fields.value("intermediate_size")
    if isinstance(said, list) and index < len(said) and isinstance(said[index], int):
        return said[index]
    return (
        fields.whole("intermediate_size_mlp")
        or fields.whole("intermediate_size")
        or (fields.whole("expansion_ratio") or 4) * fields.needed("hidden_size")
    )


def has_experts(fields: Fields, index: int, said: str | None = None) -> bool:
    """Whether a layer's feed-forward part consists of experts, in a model that has experts."""
    if said is not None and said in ("mlp", "-"):
        return False
    kinds = fields.value("mlp_layer_types")
    if isinstance(kinds, list) and index < len(kinds):
        return kinds[index] == "sparse"
    if index < (fields.whole("dense_layers", minimum=0) or 0) or index in (fields.several("mlp_only_layers") or ()):
        return False
    often = fields.value("moe_layer_freq")
    if isinstance(often, list):
        return bool(often[index]) if index < len(often) else True
    if (period := fields.whole("expert_layer_period")) is not None:
        return index % period == (fields.whole("expert_layer_offset", minimum=0) or 0)
    step = fields.whole("decoder_sparse_step") or fields.whole("interleave_moe_layer_step") or 1
    return (index + 1) % step == 0 if step > 1 else True


def _experts(fields: Fields, experts: int, hidden: int, matrices: int) -> tuple[float, float, float]:
    chosen = fields.needed("experts_per_token")
    size = fields.whole("expert_size") or fields.needed("intermediate_size")
    inner = fields.whole("moe_latent_size") or fields.whole("routed_expert_hidden_size") or hidden
    one = matrices * inner * size
    shared = matrices * hidden * _shared_width(fields, size)
    always = shared + hidden * experts + (2 * hidden * inner if inner != hidden else 0)
    return float(always), float(experts * one), float(chosen * one)


def _shared_width(fields: Fields, size: int) -> int:
    """The width of all experts that every token uses, together."""
    own, counted = fields.whole("shared_size", minimum=0), fields.whole("shared_experts", minimum=0)
    if own:
        return own * max(1, counted or 1) if fields.model_type != "nemotron_h" else own
    if fields.model_type in ("llama4", "llama4_text"):
        return size
    return size * (counted or 0)
