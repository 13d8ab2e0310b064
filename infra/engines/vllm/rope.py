"""How vLLM takes a longer context: fields in place of those of config.json."""

from collections.abc import Mapping

from infra.engines.model import Rope


def overrides(rope: Rope) -> Mapping[str, object]:
    """vLLM 0.32 takes max_position_embeddings for the stretched context already, and replaces rope_parameters whole
    (vllm/config/model.py, _get_and_verify_max_len and _apply_dict_overrides): so theta is among them."""
    parameters = {
        "rope_type": rope.type,
        "factor": rope.factor,
        "original_max_position_embeddings": rope.original,
        "rope_theta": rope.theta,
    }
    return {"max_position_embeddings": rope.length, "rope_parameters": parameters}
