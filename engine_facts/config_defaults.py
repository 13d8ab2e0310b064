"""python engine_facts/config_defaults.py, where transformers is installed: prints what a config.json may leave out.

infra/models/data/config_defaults.json is its output. Run it by `make config-defaults`.
"""

import dataclasses
import importlib
import json
import re
import sys
import textwrap
from datetime import date
from pathlib import Path
from typing import Any

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

sys.path.insert(0, str(Path(__file__).parent.parent))
from infra.models.names import INNER_PARTS, LENGTHS, NAMES, TEXT_PARTS

# Parts of a config.json that have their own type.
PARTS = (*TEXT_PARTS, "vision_config", *INNER_PARTS)
# Fields that the program reads, beside those that have several names.
READ = """
tie_word_embeddings use_sliding_window max_window_layers full_attention_interval attn_layer_period attn_layer_offset
kv_lora_rank q_lora_rank qk_rope_head_dim qk_nope_head_dim v_head_dim index_head_dim index_n_heads num_kv_shared_layers
decoder_sparse_step moe_layer_freq expert_layer_period expert_layer_offset interleave_moe_layer_step
intermediate_size_mlp nope_layer_interval linear_num_key_heads linear_num_value_heads linear_key_head_dim
linear_value_head_dim linear_conv_kernel_dim mamba_num_heads mamba_n_heads mamba_head_dim mamba_d_head mamba_n_groups
n_groups ssm_state_size mamba_d_state mamba_expand expand mamba_d_conv conv_kernel mamba_d_ssm mamba_dt_rank multi_query
new_decoder_architecture expansion_ratio num_global_key_value_heads global_head_dim depth embed_dim patch_size
temporal_patch_size spatial_merge_size image_size hidden_size_per_layer_input vocab_size_per_layer_input
attn_output_gate is_encoder_decoder type_vocab_size attention_k_eq_v word_embed_proj_dim embedding_size mlp_ratio
moe_latent_size
"""
FIELDS = {*READ.split(), *LENGTHS, *(name for names in NAMES.values() for name in names)}
# Words in the names of fields that decide what a layer keeps, and how large it is.
TELLING = re.compile(
    r"kv|key_value|head|window|sliding|cache|latent|rank|state|recur|linear|mamba|ssm|compress|sparse|share|layer"
    r"|expert|attn|attention|conv|block|moe|loop|depth|index"
)
TASKS = ("CAUSAL_LM", "IMAGE_TEXT_TO_TEXT", "SEQUENCE_CLASSIFICATION")
DECODERS = TASKS[:2]
AUTO = importlib.import_module("transformers.models.auto.modeling_auto")  # its package hides it without torch
WIDTH = 118


def main() -> None:
    types: dict[str, dict[str, Any]] = {}
    for kind in sorted(_served(TASKS)):
        _add(CONFIG_MAPPING[kind], kind, types)
    lines = ",\n".join(f"  {json.dumps(kind)}: {json.dumps(types[kind], sort_keys=True)}" for kind in sorted(types))
    names = ", ".join(json.dumps(name) for name in sorted(_names()))
    shown = textwrap.fill(names, WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
    what = f"transformers {transformers.__version__}: the defaults of its configuration classes, and names of fields"
    print(f'{{"source": {json.dumps(what)},\n "read": "{date.today():%Y-%m}",')
    print(f' "types": {{\n{lines}\n }},\n "fields": [\n{shown}\n ]}}')


def _served(tasks: tuple[str, ...]) -> set[str]:
    """Model types of these tasks that have a configuration class."""
    found = {kind for task in tasks for kind in getattr(AUTO, f"MODEL_FOR_{task}_MAPPING_NAMES")}
    return {kind for kind in found if kind in CONFIG_MAPPING}


def _add(cls: Any, kind: str, types: dict[str, dict[str, Any]]) -> None:
    """A type, and those of its parts."""
    if kind in types:
        return
    types[kind] = found = _defaults(cls)
    try:
        made = cls().to_dict()
    except Exception as error:  # a few can't be made without arguments
        print(f"{kind}: {error}", file=sys.stderr)
        return
    for part in PARTS:
        inner = made.get(part)
        if not isinstance(inner, dict):
            continue
        named, of_part = inner.get("model_type"), cls.sub_configs.get(part)
        if named in CONFIG_MAPPING:
            found[part] = {"model_type": named}
            _add(CONFIG_MAPPING[named], named, types)
        elif part in INNER_PARTS and of_part is not None:
            found[part] = _defaults(of_part)
        elif of_part is not None and of_part.__name__ != "AutoConfig":
            named = of_part.model_type or f"{kind}.{part}"
            found[part] = {"model_type": named}
            _add(of_part, named, types)


def _defaults(cls: Any) -> dict[str, Any]:
    """Of the fields that the program reads; those that are worked out from others are none."""
    found = {each.name: each.default for each in dataclasses.fields(cls) if each.name in FIELDS}
    plain = {name: value for name, value in found.items() if isinstance(value, int | float | bool | str)}
    if not plain.get("is_encoder_decoder", True):
        del plain["is_encoder_decoder"]
    return plain


def _names() -> set[str]:
    """Of fields that could change what is kept, of all decoders."""
    names: set[str] = set()
    for kind in _served(DECODERS):
        cls = CONFIG_MAPPING[kind]
        parts = [each for part, each in cls.sub_configs.items() if "text" in part and each.__name__ != "AutoConfig"]
        names |= {each.name for one in (cls, *parts) for each in dataclasses.fields(one)}
    return {name for name in names if TELLING.search(name)}


if __name__ == "__main__":
    main()
