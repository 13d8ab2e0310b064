"""Chooses the arguments that a model is started with on given GPUs, and fits it with them."""

from dataclasses import dataclass

from infra.catalog import Catalog, Gpu
from infra.planning import tgi
from infra.planning.fit import Arguments, fit, fit_ollama
from infra.planning.plan import Fit
from infra.planning.served import Served
from infra.planning.vllm import PINNED, default_utilization
from infra.settings import Model

# A request is taken to use an eighth of the context on average: many are short, and the batch holds those.
MEAN_SHARE = 8
FEWEST, MOST = 8, 256
# vLLM's own defaults before 0.28 (16,384 since): small cards are at full speed with 2,048, and keep the memory.
LARGE_CARD_GIB = 60


@dataclass(frozen=True)
class Sized:
    """A model on GPUs of one kind, with the arguments chosen for it."""

    gpus: int
    arguments: Arguments
    fit: Fit


def size(served: Served, gpu: Gpu, gpus: int, catalog: Catalog) -> Sized:
    """Fits a model on `gpus` GPUs with the largest batch that its cache can serve."""
    model = served.settings
    if served.ollama_file_gib is not None:
        arguments = _arguments(served, gpu, ollama_parallel(model))
        return Sized(gpus, arguments, fit_ollama(served.ollama_file_gib, served.shape, gpu, gpus, arguments))
    if model.max_num_seqs is not None:
        return _sized(served, gpu, gpus, model.max_num_seqs, catalog)
    least = max(FEWEST, _power_of_two(model.concurrency or 1))
    seqs = max(MOST, least)
    while True:
        sized = _sized(served, gpu, gpus, seqs, catalog)
        tokens = sized.fit.kv_cache_tokens
        if seqs <= least or tokens is None or tokens * MEAN_SHARE >= seqs * served.max_model_len:
            return sized
        seqs //= 2


def ollama_parallel(model: Model) -> int:
    """Requests that a server of Ollama answers at once (OLLAMA_NUM_PARALLEL); the others wait."""
    return model.concurrency or 1


def _sized(served: Served, gpu: Gpu, gpus: int, seqs: int, catalog: Catalog) -> Sized:
    arguments = _arguments(served, gpu, seqs)
    assert served.shape is not None
    return Sized(
        gpus, arguments, fit(served.shape, gpu, gpus, arguments, catalog=catalog, quantization=served.quantization)
    )


def _arguments(served: Served, gpu: Gpu, seqs: int) -> Arguments:
    model = served.settings
    batched = 8192 if (gpu.engine_gib or 0) > LARGE_CARD_GIB else 2048
    if served.task != "chat":
        batched = max(batched, served.max_model_len)  # an input can't be read in parts
    default = default_utilization(PINNED)
    if model.engine == "tgi" and served.shape is not None:
        batched = tgi.prefill_tokens(served.shape, batched, gpu.compute_capability, served.max_model_len)
        default = tgi.DEFAULT_FRACTION
    return Arguments(
        max_model_len=served.max_model_len,
        max_num_seqs=seqs,
        max_num_batched_tokens=max(batched, seqs),
        utilization=model.gpu_memory_utilization or default,
        kv_cache_dtype=model.kv_cache_dtype,
        concurrency=model.concurrency or 1,
        engine=model.engine,
        file_known=served.file_known,
    )


def _power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length()
