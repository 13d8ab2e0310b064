"""Whether a model fits the GPUs from which Ollama serves it: one file, and the cache of all requests at once."""

from infra.catalog import Catalog, Gpu, ModelShape
from infra.sizing.blocks import request_bytes
from infra.sizing.estimates import Estimate, Fit, Term
from infra.sizing.judging import judge
from infra.sizing.kv_cache import keeps_cache
from infra.sizing.question import Arguments, Batch, Question, Sized

# llama.cpp's compute buffers and the CUDA context.
OTHER_GIB = 1.0
# Files of the catalogue's tags, compared with parameters x bits per weight: from 5 % less to 5 % and 0.6 GiB more. The
# 0.6 GiB are 16-bit weights for images, or the embeddings of small models.
FILE_SHARE, FILE_MORE_GIB = 0.05, 0.6


def size(question: Question, gpu: Gpu, gpus: int, catalog: Catalog) -> Sized:
    assert question.file_gib is not None
    arguments = question.arguments(Batch(question.concurrency, question.max_model_len), 1.0)
    return Sized(question, gpu, gpus, arguments, fit(question.file_gib, question.shape, gpu, gpus, arguments))


def fit(file_gib: float, shape: ModelShape | None, gpu: Gpu, gpus: int, arguments: Arguments) -> Fit:
    """Ollama spreads a quantized file over its GPUs, and a 16-bit cache of NUM_PARALLEL x CONTEXT tokens."""
    card = gpu.engine_gib or 0.0
    source = "the file of the tag" if arguments.file_known else "parameters x bits per weight"
    unknown = 0.0 if arguments.file_known else FILE_SHARE * file_gib / gpus
    terms = (
        Term("weights", file_gib / gpus, f"{file_gib:.1f} GiB, {source}"),
        Term("other", OTHER_GIB, f"{OTHER_GIB:.1f} GiB: compute buffers and CUDA context"),
    )
    left = card - sum(term.gib for term in terms)
    rate = None
    if shape is not None and keeps_cache(shape):
        whole = request_bytes(shape, 1, 2, arguments.max_model_len, arguments.max_num_batched_tokens)
        rate = whole / arguments.max_model_len / gpus if whole is not None else None
    more = unknown + FILE_MORE_GIB / gpus if unknown else 0.0
    interval = Estimate(left - 0.05 * card - more, left, left + 0.02 * card + unknown)
    return judge(card, terms, interval, rate, arguments)
