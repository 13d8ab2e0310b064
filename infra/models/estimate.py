"""An estimate of the size of the weights from config.json, for files that don't state their size."""

import re
from collections.abc import Mapping

from infra.catalog.shapes import Quantization
from infra.models.parameters import Counted
from infra.models.quantized import Stored

_HALF_BYTES = 2.0
_PLAIN = {None: 2.0, "bf16": 2.0, "fp16": 2.0, "fp32": 4.0}
_FOUR_BITS = ("awq", "gptq", "int4", "compressed-tensors-w4a16")
_ATTENTION = re.compile(r"attn(\*|$|\.\*|\.(q|k|v|o|qkv|kv_b|q_b)_proj)")
_SHARED = re.compile(r"shared_expert|mlp\.(gate_proj|up_proj|down_proj|gate_up_proj)|mlp\*?$")


def estimated_gib(counted: Counted, stored: Stored, quantizations: Mapping[str, Quantization]) -> float:
    """The size in GiB. Embeddings, layers that the quantization left out, and the part that reads images are in
    16 bit."""
    if stored.dtype in _PLAIN:
        return (counted.all + counted.guessing) * _PLAIN[stored.dtype] / 2**30
    each = _rate(stored.dtype, stored.block, quantizations)
    experts = _rate(stored.experts, None, quantizations) if stored.experts else each
    mixers = _HALF_BYTES if _left_out(stored, _ATTENTION) else each
    dense = _HALF_BYTES if counted.experts and _left_out(stored, _SHARED) else each
    size = (counted.outside + counted.tower) * _HALF_BYTES + counted.mixers * mixers + counted.dense * dense
    return (size + (counted.experts + counted.guessing) * experts) / 2**30


def _rate(dtype: str | None, block: int | None, quantizations: Mapping[str, Quantization]) -> float:
    """Bytes per weight, scales included."""
    if dtype in _FOUR_BITS and block:
        return 0.5 + (2.5 if dtype == "awq" else 2) / block
    return quantizations[dtype or "bf16"].bytes_per_weight


def _left_out(stored: Stored, names: re.Pattern[str]) -> bool:
    return any(names.search(each) for each in stored.wide)
