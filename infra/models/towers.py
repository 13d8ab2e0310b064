"""The number of weights in the part of a model that reads images, from its config.json."""

from infra.models.fields import Fields

_PARTS = ("vision_config", "vit_config", "vision_tower_config")
# Whose layers have a gate.
_GATED = ("qwen2_5_vl_vision", "qwen2_5_vl", "pixtral", "ministral3", "mistral3", "gemma4_vision", "kimi_k25")


def tower_parameters(top: Fields, text_hidden: int) -> float:
    """The weights of its layers, of the embedding of patches, and of the part that passes its vectors to the
    decoder."""
    vision = next((part for name in _PARTS if (part := _of(top, name))), None)
    if vision is None:
        return 0.0
    layers = (vision.whole("depth") or vision.whole("layers") or vision.whole("vt_num_hidden_layers") or 0) + (
        vision.whole("num_global_layers") or 0
    )
    hidden = vision.whole("embed_dim") or vision.whole("hidden_size") or vision.whole("vt_hidden_size") or 0
    inner = vision.whole("intermediate_size") or vision.whole("vt_intermediate_size")
    ratio = vision.value("mlp_ratio")
    inner = inner or int((ratio if isinstance(ratio, int | float) else 4) * hidden)
    gated = vision.model_type in _GATED or top.model_type in _GATED
    each = hidden * (4 * hidden + (3 if gated else 2) * inner)
    return float(layers * each + _patches(vision, hidden) + _bridge(top, vision, hidden, text_hidden))


def _patches(vision: Fields, hidden: int) -> int:
    """The weights of the embedding of patches, and of the embedding of positions if it is learned."""
    patch, frames = vision.whole("patch_size") or 14, vision.whole("temporal_patch_size") or 1
    side = (vision.whole("image_size") or 0) // patch
    tiles = (vision.whole("max_num_tiles") or 1) * (9 if vision.value("max_num_tiles") else 1)
    return 3 * frames * patch * patch * hidden + tiles * side * side * hidden


def _bridge(top: Fields, vision: Fields, hidden: int, text_hidden: int) -> int:
    if (made := vision.whole("vision_output_dim")) is not None:
        return made * text_hidden
    merge = vision.whole("spatial_merge_size") or top.whole("spatial_merge_size") or 1
    merged, several = hidden * merge**2, 1 + len(vision.several("deepstack_visual_indexes") or ())
    return several * merged * (merged + text_hidden) if merge > 1 else text_hidden * (hidden + text_hidden)


def _of(top: Fields, name: str) -> Fields | None:
    thinker = top.part("thinker_config") if isinstance(top.said.get("thinker_config"), dict) else None
    return (thinker or top).part(name)
