"""How a repository's weights are stored according to its config.json, under the catalogue's name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from infra.models.fields import NotSized

_DTYPES = {"bfloat16": "bf16", "float16": "fp16", "half": "fp16", "float32": "fp32", "float": "fp32", "auto": None}
_ALGORITHMS = {
    "FP8": "fp8",
    "FP8_PER_CHANNEL_PER_TOKEN": "fp8",
    "FP8_PB_WO": "fp8",
    "NVFP4": "nvfp4",
    "W4A16_NVFP4": "nvfp4",
    "NVFP4_AWQ": "nvfp4",
    "MIXED_PRECISION": "nvfp4",
    "MXFP4": "mxfp4",
    "MXFP8": "mxfp8",
    "INT8": "int8",
    "W8A8_SQ_PER_CHANNEL": "int8",
    "W4A16_AWQ": "awq",
}
_PLAIN = {
    "fp8": "fp8",
    "deepseek_v4_fp8": "fp8",
    "fbgemm_fp8": "fp8",
    "mxfp4": "mxfp4",
    "gpt_oss_mxfp4": "mxfp4",
    "mxfp8": "mxfp8",
    "bitsandbytes": "bitsandbytes",
}
_WEIGHTS = {
    ("float", 8): "fp8",
    ("int", 8): "int8",
    ("int", 4): "compressed-tensors-w4a16",
    ("float", 4): "nvfp4",
}


_EXPERTS = {"fp4": "mxfp4"}
_LEFT_OUT = ("modules_to_not_convert", "ignore", "ignored_layers", "exclude_modules")


@dataclass(frozen=True)
class Stored:
    """How weights are stored."""

    dtype: str | None  # a row of the catalogue's quantizations; None: not said
    block: int | None = None  # neighbouring weights that share a scale; a GPU's share must be a multiple of it
    method: str | None = None  # the engine's name of the quantization
    wide: tuple[str, ...] = ()  # names of modules that stay in 16 bit
    experts: str | None = None  # how experts are stored, if it differs


def stored_as(config: Mapping[str, Any], text: Mapping[str, Any], beside: Mapping[str, Any] | None = None) -> Stored:
    """How the weights are stored. `beside` is hf_quant_config.json. Raises NotSized for a quantization that no engine
    here supports."""
    for part, place in ((config, ""), (text, "text_config.")):
        for name in ("quantization_config", "compression_config"):
            if isinstance(part.get(name), Mapping):
                found = _quantized(part[name], f"{place}{name}")
                return replace(found, wide=_wide(part[name]), experts=_EXPERTS.get(str(config.get("expert_dtype"))))
    if beside is not None:
        return replace(_quantized(beside, "hf_quant_config.json"), wide=_wide(beside))
    return Stored(_dtype(config) or _dtype(text))


def _wide(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The modules that the quantization left out. Each method has another name for this list."""
    inner = said.get("quantization")
    parts = (said, inner) if isinstance(inner, Mapping) else (said,)
    lists = (part.get(name) for part in parts for name in _LEFT_OUT)
    return tuple(str(each) for found in lists if isinstance(found, list) for each in found)


def _dtype(part: Mapping[str, Any]) -> str | None:
    said = part.get("dtype") or part.get("torch_dtype")
    return _DTYPES.get(said.removeprefix("torch.")) if isinstance(said, str) else None


def _quantized(said: Mapping[str, Any], place: str) -> Stored:
    method = str(said.get("quant_method") or said.get("quant_type") or "").lower().replace("_tensors", "-tensors")
    if method in _PLAIN:
        return Stored(_PLAIN[method], _block(said), method)
    if method in ("awq", "gptq", "gptq_marlin", "awq_marlin", "auto-round", "auto_round"):
        return Stored(_packed(said, method, place), _group(said.get("group_size")), method)
    if method == "compressed-tensors":
        return _compressed(said, method, place)
    if method.startswith("modelopt") or isinstance(said.get("quantization"), Mapping) or "quant_algo" in said:
        return _modelopt(said, method or "modelopt", place)
    known = ", ".join((*_PLAIN, "awq", "gptq", "compressed-tensors", "modelopt"))
    raise NotSized([(f"{place}.quant_method", f"got {method or 'nothing'}, sized are {known}")])


def _block(said: Mapping[str, Any]) -> int | None:
    """The last number of `weight_block_size`, for example 128 of [128, 128]."""
    size = said.get("weight_block_size")
    return _group(size[-1]) if isinstance(size, list) and size else None


def _group(size: Any) -> int | None:
    return size if isinstance(size, int) and size > 0 else None


def _packed(said: Mapping[str, Any], method: str, place: str) -> str:
    bits = said.get("bits", said.get("w_bit", 4))
    if bits == 4:
        return "awq" if method.startswith("awq") else "gptq"
    if bits == 8 and not method.startswith("awq"):
        return "gptq-int8"
    raise NotSized([(f"{place}.bits", f"got {bits!r}, sized are 4, and 8 of gptq")])


def _compressed(said: Mapping[str, Any], method: str, place: str) -> Stored:
    """The format of the weights. Of several groups, the one with the smallest number of bits counts, because it
    contains most of the weights."""
    groups = said.get("config_groups")
    found = [each["weights"] for each in _mappings(groups) if isinstance(each.get("weights"), Mapping)]
    if not found:
        return Stored(_of_format(str(said.get("format", "")), place), None, method)
    weights = min(found, key=lambda each: each.get("num_bits") if isinstance(each.get("num_bits"), int) else 99)
    kind = (str(weights.get("type", "int")), bits if isinstance(bits := weights.get("num_bits"), int) else 0)
    if kind not in _WEIGHTS:
        raise NotSized([(f"{place}.config_groups", f"got {kind[1]} bits of {kind[0]}, sized are 8 and 4")])
    shared = "mxfp" in f"{said.get('format')}" or weights.get("group_size") == 32  # a scale of 8 bits per 32 weights
    dtype = f"mxfp{kind[1]}" if kind[0] == "float" and shared else _WEIGHTS[kind]
    block = weights.get("block_structure")
    return Stored(dtype, _group(block[-1] if isinstance(block, list) and block else weights.get("group_size")), method)


def _mappings(groups: Any) -> list[Mapping[str, Any]]:
    return [each for each in groups.values() if isinstance(each, Mapping)] if isinstance(groups, Mapping) else []


def _of_format(name: str, place: str) -> str:
    for start, dtype in (
        ("float-quantized", "fp8"),
        ("naive-quantized", "fp8"),
        ("int-quantized", "int8"),
        ("pack-quantized", "compressed-tensors-w4a16"),
        ("nvfp4", "nvfp4"),
        ("mxfp4", "mxfp4"),
        ("mxfp8", "mxfp8"),
    ):
        if name.startswith(start):
            return dtype
    raise NotSized([(f"{place}.config_groups", "missing")])


def _modelopt(said: Mapping[str, Any], method: str, place: str) -> Stored:
    """The format in `quant_algo`: at the top, or in the part `quantization` of hf_quant_config.json."""
    inner = said.get("quantization")
    part = inner if isinstance(inner, Mapping) else said
    algorithm = str(part.get("quant_algo", "")).upper()
    if algorithm == "MIXED_PRECISION":
        algorithm = _minimum(part) or algorithm
    if algorithm not in _ALGORITHMS:
        known = ", ".join(_ALGORITHMS)
        raise NotSized([(f"{place}.quant_algo", f"got {algorithm or 'nothing'}, sized are {known}")])
    return Stored(_ALGORITHMS[algorithm], _group(part.get("group_size")), method)


def _minimum(part: Mapping[str, Any]) -> str | None:
    """The algorithm of the majority of experts, if layers differ: NVFP4 if any layer has it."""
    layers = _mappings(part.get("quantized_layers"))
    found = {str(each.get("quant_algo", "")).upper() for each in layers}
    return next((each for each in ("NVFP4", "W4A16_NVFP4", "MXFP4", "FP8") if each in found), None)
