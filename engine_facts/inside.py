"""Writes facts of the installed vLLM as JSON. It runs in the environment of vLLM, not in the program's."""

import dataclasses
import importlib.metadata
import json
import sys
from types import SimpleNamespace
from typing import Any

import transformers
from transformers.models.auto import modeling_auto
from vllm import envs
from vllm.config import model as model_config
from vllm.config.quantization import _ONLINE_SHORTHANDS
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.model_executor.layers.quantization import QUANTIZATION_METHODS, get_quantization_config
from vllm.model_executor.models import registry
from vllm.platforms.interface import DeviceCapability
from vllm.reasoning import ReasoningParserManager
from vllm.tool_parsers import ToolParserManager
from vllm.utils.argparse_utils import FlexibleArgumentParser
from vllm.v1.attention.backends.registry import AttentionBackendEnum

# The cards that clouds lend: Turing, Ampere, Ada, Hopper, Blackwell.
CAPABILITIES = ("7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "10.3", "12.0")
GROUPS = {
    "generate": ("_TEXT_GENERATION_MODELS", "_TRANSFORMERS_SUPPORTED_MODELS"),
    "multimodal": ("_MULTIMODAL_MODELS",),
    "embed": ("_EMBEDDING_MODELS", "_LATE_INTERACTION_MODELS"),
    "classify": ("_SEQUENCE_CLASSIFICATION_MODELS", "_TOKEN_CLASSIFICATION_MODELS", "_REWARD_MODELS"),
    "draft": ("_SPECULATIVE_DECODING_MODELS",),
}
# Of Transformers: models of text, and of text and images.
MAPPINGS = (
    *("MODEL_MAPPING_NAMES", "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES", "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES"),
    *("MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES", "MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES"),
)
UNREAD = 10  # models whose files import packages that the CPU build lacks: four of 0.32.0
DTYPES = {"torch.float16": "fp16", "torch.bfloat16": "bf16", "torch.float32": "fp32"}
TAKES = {None: "one", 0: "none", "?": "optional", "+": "some", "*": "some"}
TYPES = {
    "int": "whole",
    "float": "number",
    "loads": "json",
    "parse_dataclass": "object",
    "human_readable_int": "tokens",
    "human_readable_int_or_auto": "tokens-or-auto",
}


def architectures() -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for kind, groups in GROUPS.items():
        for architecture in (name for group in groups for name in getattr(registry, group)):
            rows.setdefault(architecture, {"architecture": architecture, "kind": kind, **_pooling(architecture)})
    unread = [name for name, row in rows.items() if "pooling" not in row]
    if len(unread) > UNREAD:
        sys.exit(f"{len(unread)} models can't be imported, so something is missing here: {', '.join(unread)}")
    for architecture, version in registry._PREVIOUSLY_SUPPORTED_MODELS.items():
        rows[architecture] = {"architecture": architecture, "kind": "dropped", "last_version": version}
    for architecture, plugin in registry._OOT_SUPPORTED_MODELS.items():
        rows[architecture] = {"architecture": architecture, "kind": "plugin", "plugin": plugin}
    for architecture in _of_transformers() - rows.keys():
        if kind := _otherwise(architecture):
            rows[architecture] = {"architecture": architecture, "kind": kind}
    return list(rows.values())


def _of_transformers() -> set[str]:
    values = [value for name in MAPPINGS for value in getattr(modeling_auto, name).values()]
    return {name for value in values for name in ([value] if isinstance(value, str) else value)}


def _otherwise(architecture: str) -> str | None:
    """As the registry resolves a class that it lacks: by the class of the same base, else by Transformers' own."""
    asked = SimpleNamespace(runner_type=None, convert_type=None)
    if registry.ModelRegistry._normalize_arch(architecture, asked) in registry.ModelRegistry.models:
        return "adapted"
    found = getattr(transformers, architecture, None)
    able = found is not None and (found.is_backend_compatible() or found._can_set_attn_implementation())
    return "transformers" if able else None


def _pooling(architecture: str) -> dict[str, Any]:
    """How a pooling model scores and pools; empty if the CPU build lacks a package that the model's file imports."""
    try:
        info = registry._ModelInfo.from_model_cls(registry.ModelRegistry.models[architecture].load_model_cls())
    except Exception as error:
        print(f"{architecture}: {error}", file=sys.stderr)
        return {}
    return {"score": info.score_type, "pooling": info.default_seq_pooling_type}


def flags() -> list[dict[str, Any]]:
    return [_flag(action) for action in make_arg_parser(FlexibleArgumentParser())._actions if action.option_strings]


def _flag(action: Any) -> dict[str, Any]:
    choices = [str(choice) for choice in action.choices or _keys(action.type)]
    return {
        "flag": " ".join(action.option_strings),
        "takes": TAKES.get(action.nargs, "some"),
        "type": "" if action.nargs == 0 else _type(action.type),
        "choices": " ".join(choices),
    }


def _keys(convert: Any) -> list[str]:
    """Of an object that one of vLLM's configuration classes is made of."""
    if getattr(convert, "__name__", "") == "_optional_type":
        return _keys(convert.__closure__[0].cell_contents)
    if getattr(convert, "__name__", "") != "parse_dataclass":
        return []
    return [field.name for field in dataclasses.fields(convert.__defaults__[0]) if field.init]


def _type(convert: Any) -> str:
    name = getattr(convert, "__name__", "")
    if name in ("_optional_type", "_parse_type"):
        inner = _type(convert.__closure__[0].cell_contents)
        return f"{inner}-or-none" if name == "_optional_type" and inner not in ("text", "") else inner
    return TYPES.get(name, "text")


def quantization() -> list[dict[str, Any]]:
    return [_method(method) for method in QUANTIZATION_METHODS]


def _method(method: str) -> dict[str, Any]:
    config = get_quantization_config(method)
    computes = config.get_supported_act_dtypes  # a class method of some, and of others one of an instance
    dtypes = [DTYPES[str(dtype)] for dtype in getattr(computes, "__func__", computes)(config) if str(dtype) in DTYPES]
    return {
        "method": method,
        "min_compute_capability": config.get_min_capability() / 10,
        "computes_in": " ".join(sorted(dtypes)),
        "at_load": str(method in _ONLINE_SHORTHANDS).lower(),
    }


def attention() -> list[dict[str, Any]]:
    """The backends for NVIDIA's cards, without those whose package the CPU build lacks: for these there are others."""
    others = ("ROCM", "AITER", "CPU", "XPU", "AMX", "ZENTORCH", "CUSTOM", "NO_ATTENTION", "TORCH_SDPA")
    names = [each for each in AttentionBackendEnum if not any(word in each.name for word in others)]
    return [row for each in names if (row := _backend(each)) is not None]


def _backend(each: Any) -> dict[str, Any] | None:
    try:
        backend = each.get_class()
    except Exception as error:
        print(f"{each.name}: {error}", file=sys.stderr)
        return None
    runs = [c for c in CAPABILITIES if backend.supports_compute_capability(DeviceCapability(*map(int, c.split("."))))]
    return {
        "backend": each.name,
        "mla": str(backend.is_mla()).lower(),
        "sparse": str(backend.is_sparse()).lower(),
        "compute_capabilities": " ".join(runs),
    }


def main() -> None:
    tools, reasoning = ToolParserManager.list_registered(), ReasoningParserManager.list_registered()
    refused = model_config._FLOAT16_NOT_SUPPORTED_MODELS
    facts = {
        "architectures": architectures(),
        "flags": flags(),
        "quantization": quantization(),
        "fp16_refused": [{"model_type": name, "why": why} for name, why in refused.items()],
        "environment": [{"name": name} for name in envs.environment_variables if name.startswith("VLLM_")],
        "parsers": [{"parser": name, "kind": "tool"} for name in tools]
        + [{"parser": name, "kind": "reasoning"} for name in reasoning],
        "attention": attention(),
        "torch": importlib.metadata.version("torch").partition("+")[0],
        "torch_requires": importlib.metadata.requires("torch") or [],
    }
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump(facts, out)


main()
