"""What speculation takes besides the model: the other model, its cache, and logits of each proposed token."""

from dataclasses import replace

from infra.catalog import Catalog, ModelShape
from infra.engines.vllm.versions import PINNED, pages
from infra.sizing.blocks import request_bytes
from infra.sizing.estimates import Term
from infra.sizing.question import Arguments, Batch
from infra.sizing.weights import gpu_gib, guessing_gib


def checked(arguments: Arguments) -> Batch:
    """Each sequence has logits of every proposed token and of one more, as far as a step has tokens."""
    if arguments.draft is None:
        return arguments.batch
    rows = arguments.max_num_seqs * (arguments.draft.tokens + 1)
    return Batch(min(rows, arguments.max_num_batched_tokens), arguments.max_num_batched_tokens)


def draft_weights(
    arguments: Arguments, gpus: int, catalog: Catalog, shape: ModelShape, quantization: str | None
) -> tuple[Term, ...]:
    """What proposes is split over the same GPUs."""
    draft = arguments.draft
    if draft is None:
        return ()
    if draft.own_layer and shape.guessing_b:
        own = guessing_gib(shape, quantization, catalog) / gpus
        return (Term("draft layers", own, "layers of the model that guess ahead"),)
    if draft.shape is None:
        return ()
    gib = gpu_gib(draft.shape, None, catalog, gpus)
    return (Term("draft model", gib, f"weights of {draft.shape.id}"),)


def held(shape: ModelShape, gpus: int, length: int, arguments: Arguments) -> float | None:
    """Bytes of cache that a request of `length` tokens takes on each GPU, with those of what proposes."""
    element = 1 if arguments.kv_cache_dtype.startswith("fp8") else 2
    version, tokens = arguments.version or PINNED, arguments.max_num_batched_tokens
    draft = arguments.draft
    layout = pages(version, shape)
    if draft is None:
        return request_bytes(shape, gpus, element, length, tokens, layout)
    layout = replace(layout, states=layout.states + draft.tokens)  # the state after each proposed token
    own = request_bytes(_with_layer(shape) if draft.own_layer else shape, gpus, element, length, tokens, layout)
    if own is None or draft.shape is None:
        return own
    within = min(length, draft.shape.max_context)
    return own + (request_bytes(draft.shape, gpus, element, within, tokens, pages(version, draft.shape)) or 0.0)


def _with_layer(shape: ModelShape) -> ModelShape:
    """The model with the layer that proposes, which keeps every token."""
    full = shape.full_kv_layers
    return replace(shape, layers=(shape.layers or 0) + 1, full_kv_layers=None if full is None else full + 1)
