"""Refuses unknown fields, by name, in files of unknown model types, if they could change the cache or the weights."""

import re

from infra.models.fields import Fields, defaults, known_fields
from infra.models.names import INNER_PARTS, LENGTHS, NAMES, TEXT_PARTS

# Words in the names of fields that may decide what a layer keeps, and how large it is.
_DECIDING = re.compile(
    r"kv|key_value|head|window|sliding|cache|latent|rank|state|recur|linear|mamba|ssm|compress|sparse|share|layer"
    r"|expert|attn|attention|conv|block|moe|loop|depth"
)
# Words in the names of fields that decide no size, in files of models with custom code.
_HARMLESS = re.compile(
    r"dropout|bias|norm|eps|init|implementation|flash|softmax|scal|coef|loss|index$|_id$|ids$|fusion|drop|prob|pdrop"
    r"|use_cache|output_|return_|_fn$|_act|fp32|precision|freez|tune|rope|rotary|image|vision|mm_|router|topk|logn|causal"
)


# Fields of models with custom code that this folder reads, or that decide no size.
_UNDERSTOOD = (
    *("moe_layer_freq", "block_configs", "compress_ratios", "multi_query_attention", "hybrid_layer_pattern"),
    *("cla_share_factor", "use_cla", "use_mla", "attn_type_list", "num_hash_layers", "sparse_attention_config"),
    *("embd_layer", "full_attn_layers", "kda_layers", "blocksparse_num_local_blocks", "mtp_num_hidden_layers"),
)


def refuse_unknown(fields: Fields) -> None:
    """Adds a mistake for each such field. Types of transformers are left out, because all fields that they read are
    known."""
    if fields.model_type in defaults():
        return
    names = (name for each in NAMES.values() for name in each)
    known = {*known_fields(), *_UNDERSTOOD, *LENGTHS, *NAMES, *INNER_PARTS, *TEXT_PARTS, *names}
    for name, value in fields.said.items():
        telling = _DECIDING.search(name) and not _HARMLESS.search(name)
        if telling and value and name not in known:
            fields.wrong(name, f"got {str(value)[:40]}: not known of any model type, and it may change what is kept")
