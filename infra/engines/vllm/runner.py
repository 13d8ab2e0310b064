"""Which of vLLM's two model runners serves a model. They differ in what they measure at the start."""

from collections.abc import Mapping

from infra.catalog import ModelShape
from infra.sizing.question import Draft, Version

# The classes that the second runner serves by default, by the version from which on (vllm/config/vllm.py).
_QWEN, _LLAMA = frozenset({"Qwen3ForCausalLM"}), frozenset({"LlamaForCausalLM", "MistralForCausalLM"})
_EXPERTS = frozenset({"DeepseekV2ForCausalLM", "GraniteMoeForCausalLM", "Qwen2MoeForCausalLM"})
NAMED: Mapping[Version, frozenset[str]] = {
    (0, 22, 0): _QWEN,
    (0, 23, 0): _QWEN | _LLAMA,
    (0, 24, 0): _QWEN | _LLAMA | _EXPERTS,
    (0, 25, 0): _EXPERTS,
    (0, 27, 0): _EXPERTS | {"KimiK3ForConditionalGeneration"},
    (0, 28, 0): _EXPERTS | {"KimiK3ForConditionalGeneration", "DeepseekV4ForCausalLM"},
}
QUANTIZED: Version = (0, 24, 0)  # before, it served no quantized weights
DENSE: Version = (0, 25, 0)  # from here on, it serves every model that generates, without experts and states
EVERY: Version = (0, 29, 0)  # from here on, it serves every model
# Without layers of the model itself that propose, the first runner served it until then.
PROPOSED: Version = (0, 31, 0)
NGRAM: Version = (0, 32, 0)


def is_second(shape: ModelShape, version: Version, quantization: str | None = None, draft: Draft | None = None) -> bool:
    if draft is not None and not draft.own_layer and version < (PROPOSED if draft.shape else NGRAM):
        return False
    if version >= EVERY:
        return True
    if shape.modality in ("embedding", "rerank"):
        return False
    quantized = quantization is not None or shape.dtype not in (None, "bf16", "fp16", "fp32")
    if version < QUANTIZED and quantized:
        return False
    since = max((each for each in NAMED if each <= version), default=None)
    if since is not None and shape.architecture in NAMED[since]:
        return True
    has_states = shape.attention == "hybrid" and not shape.swa_kv_layers
    return version >= DENSE and not shape.num_experts and not has_states
