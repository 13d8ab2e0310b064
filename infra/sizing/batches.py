"""The batch that the planner chooses: as many sequences as the cache can serve."""

from collections.abc import Callable

from infra.catalog import Gpu
from infra.sizing.question import Batch, Question, Sized

# A request is assumed to use an eighth of the context on average, because many are short.
MEAN_SHARE = 8
MIN_SEQS, MAX_SEQS = 8, 256
# Small cards reach full speed with 2,048 tokens; more would only take memory from the cache.
LARGE_CARD_GIB, LARGE_BATCH, SMALL_BATCH = 60, 8192, 2048


def largest_batch(question: Question, size: Callable[[int], Sized]) -> Sized:
    """The maximum of sequences that the cache can serve at their mean length."""
    minimum = max(MIN_SEQS, 1 << (question.concurrency - 1).bit_length())
    seqs = max(MAX_SEQS, minimum)
    while True:
        sized = size(seqs)
        tokens = sized.fit.kv_cache_tokens
        if seqs <= minimum or tokens is None or tokens * MEAN_SHARE >= seqs * question.max_model_len:
            return sized
        seqs //= 2


def planned_batch(question: Question, gpu: Gpu, seqs: int) -> Batch:
    """Each sequence has at least one token of the batch."""
    if question.max_num_batched_tokens is not None:
        tokens = whole_input(question, question.max_num_batched_tokens)
        return Batch(min(seqs, tokens), tokens)
    return Batch(seqs, max(whole_input(question, batch_tokens(gpu)), seqs))


def batch_tokens(gpu: Gpu) -> int:
    return LARGE_BATCH if (gpu.engine_gib or 0.0) > LARGE_CARD_GIB else SMALL_BATCH


def whole_input(question: Question, tokens: int) -> int:
    """The tokens of a batch. It is at least one whole input of an encoder, which can't be read in parts."""
    return tokens if question.task == "chat" else max(tokens, question.max_model_len)
