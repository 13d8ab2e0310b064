"""The bytes of one layer's state: what a layer of linear attention or Mamba keeps of a request, however long it is."""

from infra.models.fields import Fields

_DTYPES = ("mamba_ssm_dtype", "mamba_ssm_cache_dtype")
# Classes whose states the engine keeps in the type that the file names. Those of Nemotron-H without one are in 32 bit.
_AS_NAMED = (
    *("NemotronHForCausalLM", "NemotronHPuzzleForCausalLM", "NemotronH_Nano_VL_V2"),
    *("Qwen3_5ForCausalLM", "Qwen3_5ForConditionalGeneration"),
    *("Qwen3_5MoeForCausalLM", "Qwen3_5MoeForConditionalGeneration"),
)


def state_bytes(fields: Fields, architecture: str | None) -> int | None:
    """On all GPUs: the last inputs of the convolution in 16 bit, and the state. None where the fields don't say it."""
    if (kda := _delta_attention(fields)) is not None:
        return _bytes(kda, 4)  # whatever the file names
    found = _delta_net(fields) or _mamba2(fields) or _short_convolution(fields) or _linear_attention(fields)
    return None if found is None else _bytes(found, 4 if _is_wide(fields, architecture) else 2)


def _bytes(found: tuple[int, int, int], wide: int) -> int:
    convolved, kernel, state = found
    return convolved * (kernel - 1) * 2 + state * wide


def _is_wide(fields: Fields, architecture: str | None) -> bool:
    said = next((value for name in _DTYPES if (value := fields.value(name))), None)
    usual = "float32" if (architecture or "").startswith("NemotronH") else None
    return architecture in _AS_NAMED and (said or usual) == "float32"


def _delta_net(fields: Fields) -> tuple[int, int, int] | None:
    """Gated DeltaNet (Qwen3-Next, Qwen3.5): a matrix of keys by values per head of values."""
    values = fields.whole("linear_num_value_heads")
    if values is None:
        return None
    keys = fields.whole("linear_num_key_heads") or values
    key, value = (fields.whole(f"linear_{of}_head_dim") or 128 for of in ("key", "value"))
    return 2 * keys * key + values * value, fields.whole("linear_conv_kernel_dim") or 4, values * value * key


def _delta_attention(fields: Fields) -> tuple[int, int, int] | None:
    """Kimi's delta attention: its fields are in a part, or (Ling 3) it has the heads of the other layers."""
    inner = fields.part("linear_attn_config")
    part = inner or fields
    kernel = part.whole("short_conv_kernel_size") or (4 if inner else None)
    heads, size = part.whole("num_heads") or fields.whole("attention_heads"), part.whole("head_dim")
    if kernel is None or heads is None or size is None:
        return None
    return 3 * heads * size, kernel, heads * size * size


def _short_convolution(fields: Fields) -> tuple[int, int, int] | None:
    """LFM2 keeps the last inputs of a convolution, and nothing else."""
    kernel = fields.whole("conv_L_cache")
    return None if kernel is None else (fields.whole("conv_dim") or fields.needed("hidden_size"), kernel, 0)


def _linear_attention(fields: Fields) -> tuple[int, int, int] | None:
    """Lightning attention (Ling 2.6): a matrix of keys by values per head, without a convolution."""
    heads = fields.whole("attention_heads")
    if fields.model_type != "bailing_hybrid" or heads is None:
        return None
    size = fields.whole("head_dim") or fields.needed("hidden_size") // heads
    return 0, 1, heads * size * size


def _mamba2(fields: Fields) -> tuple[int, int, int] | None:
    heads = fields.whole("mamba_num_heads") or fields.whole("mamba_n_heads")
    size = fields.whole("mamba_head_dim") or fields.whole("mamba_d_head")
    state = fields.whole("ssm_state_size") or fields.whole("mamba_d_state")
    if heads is None or state is None:
        return None
    expand = fields.whole("mamba_expand") or 2
    inner = fields.whole("mamba_d_ssm") or (heads * size if size else expand * fields.needed("hidden_size"))
    groups = fields.whole("n_groups") or fields.whole("mamba_n_groups") or 1
    kernel = fields.whole("conv_kernel") or fields.whole("mamba_d_conv") or 4
    return inner + 2 * groups * state, kernel, inner * state
