"""The shape of a model: the catalogue's, or the shape that the stack file describes."""

from infra.catalog import Catalog, ModelShape
from infra.services.serving.rope import stretched
from infra.services.serving.section import Model
from infra.settings.architecture import Architecture, BadArchitecture, read_architecture


def shape_for(model: Model, catalog: Catalog) -> ModelShape:
    """The shape with the context to which the stack file stretches it."""
    return stretched(model, own_shape(model, catalog), catalog)


def asked_shape(model: Model, catalog: Catalog) -> ModelShape | None:
    """The own shape, for the rules of the stack file; None: another rule says that it isn't known."""
    if model.architecture is None and (model.like or model.model) not in catalog.models:
        return None
    try:
        return own_shape(model, catalog)
    except BadArchitecture:
        return None


def own_shape(model: Model, catalog: Catalog) -> ModelShape:
    if model.architecture is not None:
        return shape_of(model.model, read_architecture(model.architecture))
    return catalog.models[model.like or model.model]


def shape_of(name: str, given: Architecture) -> ModelShape:
    """The shape that a decoder's config.json describes; its weights are counted from it."""
    hidden, layers, heads = given.hidden_size, given.num_hidden_layers, given.num_attention_heads
    kv_heads = given.num_key_value_heads or heads
    head_dim = given.head_dim or hidden // heads
    experts, vocabulary = given.num_experts, given.vocab_size
    intermediate = given.moe_intermediate_size if experts and given.moe_intermediate_size else given.intermediate_size
    tied = given.tie_word_embeddings
    attention = hidden * head_dim * (2 * heads + 2 * kv_heads)
    weights = layers * (attention + 3 * hidden * intermediate * (experts or 1)) + vocabulary * hidden * (
        1 if tied else 2
    )
    return ModelShape(
        id=name,
        max_context=given.max_position_embeddings,
        modality="text",
        source="the stack file",
        params_b=weights / 1e9,
        layers=layers,
        hidden_size=hidden,
        intermediate_size=intermediate,
        attention_heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        vocab_size=vocabulary,
        num_experts=experts,
        experts_per_token=given.num_experts_per_tok if experts else None,
        tie_word_embeddings=tied,
        attention="gqa" if kv_heads < heads else "mha",
        sliding_window=given.sliding_window,
        architecture=next(iter(given.architectures or ()), None),
        model_type=given.model_type,
        dtype={"float16": "fp16", "float32": "fp32"}.get(given.torch_dtype or "", "bf16"),
        gated=False,
    )
