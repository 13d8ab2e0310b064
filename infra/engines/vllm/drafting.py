"""What speculation takes besides the model: the other model, its cache, and logits of each proposed token."""

from infra.catalog import Catalog, Gpu, ModelShape
from infra.engines.vllm.versions import PINNED, pages
from infra.sizing.estimates import Term
from infra.sizing.kv_cache import request_bytes
from infra.sizing.question import Arguments, Batch
from infra.sizing.weights import gpu_gib


def checked(arguments: Arguments) -> Batch:
    """Each sequence has logits of every proposed token and of one more, as far as a step has tokens."""
    if arguments.draft is None:
        return arguments.batch
    rows = arguments.max_num_seqs * (arguments.draft.tokens + 1)
    return Batch(min(rows, arguments.max_num_batched_tokens), arguments.max_num_batched_tokens)


def draft_weights(arguments: Arguments, gpu: Gpu, gpus: int, catalog: Catalog) -> tuple[Term, ...]:
    """The other model is split over the same GPUs."""
    shape = arguments.draft.shape if arguments.draft else None
    if shape is None:
        return ()
    gib = gpu_gib(shape, None, catalog, gpu, gpus)
    return (Term("draft model", gib, f"weights of {shape.id}"),)


def with_draft(whole: float, shape: ModelShape, gpus: int, element: int, arguments: Arguments) -> float:
    """Bytes of cache of a request, with those of what proposes."""
    draft = arguments.draft
    if draft is None:
        return whole
    if draft.own_layer:
        return whole * (1 + 1 / (shape.layers or 1))
    if draft.shape is None:
        return whole
    length = min(arguments.max_model_len, draft.shape.max_context)
    tokens, layout = arguments.max_num_batched_tokens, pages(arguments.version or PINNED)
    return whole + (request_bytes(draft.shape, gpus, element, length, tokens, layout) or 0.0)
