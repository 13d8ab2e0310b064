"""The names that config.json files use for the same thing, because their makers chose different ones. The first name
that a file has counts."""

NAMES = {
    "hidden_size": ("hidden_size", "n_embd", "d_model", "dim"),
    "layers": ("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    "attention_heads": ("num_attention_heads", "n_head", "n_heads", "num_heads"),
    "kv_heads": (
        *("n_head_kv", "num_kv_heads", "num_key_value_heads", "multi_query_group_num", "num_attention_groups"),
        *("kv_n_heads", "num_query_groups", "n_kv_heads"),
    ),
    "head_dim": ("head_dim", "hidden_size_per_head", "attention_head_dim", "kv_channels", "head_size"),
    "intermediate_size": (
        *("intermediate_size", "ffn_hidden_size", "ff_intermediate_size", "n_inner", "ffn_dim", "d_ff"),
        *("dense_intermediate_size",),
    ),
    "vocab_size": ("padded_vocab_size", "vocab_size"),
    "experts": ("num_experts", "moe_num_experts", "n_routed_experts", "num_local_experts"),
    "experts_per_token": (
        *("num_experts_per_tok", "num_experts_per_token", "experts_per_token", "top_k_experts"),
        *("moe_topk", "moe_top_k", "moe_k"),
    ),
    "expert_size": ("moe_intermediate_size", "expert_intermediate_size", "expert_ffn_hidden_size"),
    "shared_experts": ("n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts"),
    "shared_size": (
        *("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size"),
        *("shared_intermediate_size", "share_expert_dim"),
    ),
    "dense_layers": ("first_k_dense_replace", "num_dense_layers", "moe_layer_start_index"),
    "guessing_layers": ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_layers"),
    "window": (
        *("sliding_window", "sliding_window_size", "attention_chunk_size", "interleaved_sliding_window"),
        *("attention_window_size",),
    ),
    "pattern": ("sliding_window_pattern", "_sliding_window_pattern"),
    "layer_types": ("layer_types", "layers_block_type", "hybrid_override_pattern"),
}
# The engine takes the smallest of these fields that are there as the longest request.
LENGTHS = (
    *("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length"),
    *("max_sequence_length", "max_seq_length", "seq_len", "max_target_positions"),
)
# Where the decoder of a model of text and images has its own part.
TEXT_PARTS = ("thinker_config", "text_config", "language_config", "llm_config", "language_model_config")
# Parts whose fields belong to the layer above them.
INNER_PARTS = ("attn_config", "ffn_config", "linear_attn_config")
