"""Whether a repository can be served without running code that it brings."""

from collections.abc import Mapping
from typing import Any

from infra.models.fields import defaults

# Model types whose configuration vLLM 0.28 and later have themselves (vllm/transformers_utils/config.py), and
# transformers doesn't.
_OF_THE_ENGINE = frozenset(
    (
        *("afmoe", "arctic", "axk1", "bagel", "chatglm", "colpali", "colqwen3", "cosmos3_edge", "cosmos3_omni"),
        *("deepseek_v32", "deepseek_v4", "deepseek_vl_v2", "diffusion_gemma", "dots3_note", "flex_olmo"),
        *("funaudiochat", "granite4_vision", "hunyuan_vl", "hy_v3", "hyperclovax", "hyperclovax_vlm", "isaac"),
        *("kimi_k2", "kimi_k25", "kimi_k3", "kimi_linear", "kimi_vl", "laguna", "lfm2_moe", "midashenglm"),
        *("minimax_m3_vl", "modernvbert", "moondream3", "nemotron", "olmo_hybrid", "ovis", "qianfan_ocr"),
        *("qwen3_asr", "qwen3_next", "step3_text", "step3_vl", "step3p5", "ultravox", "RefinedWeb", "RefinedWebModel"),
    )
)


def needs_code(config: Mapping[str, Any], tokenizer: Mapping[str, Any] | None) -> bool:
    """Its own configuration class where the engine has none, or its own tokenizer."""
    kind = str(config.get("model_type"))
    own = "AutoConfig" in _mapped(config) and kind not in _OF_THE_ENGINE and kind not in defaults()
    return own or "AutoTokenizer" in _mapped(tokenizer or {})


def _mapped(said: Mapping[str, Any]) -> Mapping[str, Any]:
    mapped = said.get("auto_map")
    return mapped if isinstance(mapped, Mapping) else {}
