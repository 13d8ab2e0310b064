"""The bytes of one layer's state: what a layer of linear attention or Mamba keeps of a request, however long it is."""

from infra.models.fields import Fields

# Types whose states are kept in 32 bit where the file names no dtype.
_IN_32_BIT = ("nemotron_h", "nemotron_h_puzzle", "kimi_linear", "kimi_k3")
_DTYPES = ("mamba_ssm_dtype", "mamba_ssm_cache_dtype")


def state_bytes(fields: Fields) -> int | None:
    """On all GPUs: the last inputs of the convolution in 16 bit, and the state. None where the fields don't say it."""
    found = _delta_net(fields) or _delta_attention(fields) or _mamba2(fields)
    if found is None:
        return None
    convolved, kernel, state = found
    said = next((value for name in _DTYPES if (value := fields.value(name))), None)
    wide = said == "float32" or (said is None and fields.model_type in _IN_32_BIT)
    return convolved * (kernel - 1) * 2 + state * (4 if wide else 2)


def _delta_net(fields: Fields) -> tuple[int, int, int] | None:
    """Gated DeltaNet (Qwen3-Next, Qwen3.5): a matrix of keys by values per head of values."""
    values = fields.whole("linear_num_value_heads")
    if values is None:
        return None
    keys = fields.whole("linear_num_key_heads") or values
    key, value = (fields.whole(f"linear_{of}_head_dim") or 128 for of in ("key", "value"))
    return 2 * keys * key + values * value, fields.whole("linear_conv_kernel_dim") or 4, values * value * key


def _delta_attention(fields: Fields) -> tuple[int, int, int] | None:
    """Kimi's delta attention."""
    part = fields.part("linear_attn_config")
    heads, size = (part.whole("num_heads"), part.whole("head_dim")) if part else (None, None)
    if part is None or heads is None or size is None:
        return None
    return 3 * heads * size, part.whole("short_conv_kernel_size") or 4, heads * size * size


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
