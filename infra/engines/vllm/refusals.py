"""What the pinned vLLM refuses at its start: architectures, quantization methods, and cards without the kernels."""

from collections.abc import Iterator
from functools import cache

from infra.catalog import Catalog, Gpu, ModelShape
from infra.catalog.method_names import stored_by_name
from infra.catalog.types import Image
from infra.engines.model import ModelSection, Refusal
from infra.engines.tags import version_of_tag
from infra.engines.vllm.facts import Facts, facts
from infra.engines.vllm.lacks import since
from infra.engines.vllm.versions import PINNED
from infra.sizing.question import Question, version_in

SHAPE = ("model", "like", "architecture")
# The catalogue's names of quantizations -> values of --quantization; those that it isn't passed are of the repository.
METHODS = {
    "fp8": "fp8",
    "int8": "compressed-tensors",
    "awq": "awq",
    "gptq": "gptq",
    "gptq-int8": "gptq",
    "compressed-tensors-w4a16": "compressed-tensors",
    "int4": "compressed-tensors",
    "bitsandbytes": "bitsandbytes",
    "mxfp4": "mxfp4",
    "mxfp8": "modelopt_mxfp8",
    "nvfp4": "modelopt_fp4",
}
# Sparse attention that has separate kernels, by the end of their names (vllm/v1/attention/backends/registry.py).
OWN_KERNELS = {
    "DeepseekV4ForCausalLM": "_DSV4",
    "DeepseekV4ForConditionalGeneration": "_DSV4",
    "DeepseekV41ForCausalLM": "_DSV41",
}
# An 8-bit cache: FlashInfer has it from 8.0 on, and vLLM's Triton kernels from 8.9 on (vllm/v1/attention/backends:
# flashinfer.py, triton_attn.py, mla/triton_mla.py; read 2026-11). FlashInfer has none for latent attention there, nor
# for attention sinks, nor for heads of other sizes.
CACHE_IN_8_BIT, CACHE_IN_8_BIT_OF_ANY = 8.0, 8.9
HEADS_OF_FLASHINFER, WITH_SINKS = (64, 128, 256, 512), ("GptOssForCausalLM",)
NEWEST_ARGUMENT = "--shutdown-timeout"  # of those that each server is given


def refusals(model: ModelSection, shape: ModelShape | None, catalog: Catalog) -> Iterator[Refusal]:
    yield from _architecture(model, shape, catalog)
    method = model.quantization or (shape.dtype if shape is not None else None)
    if METHODS.get(method or "", "fp8") not in facts().methods:
        got = f"{title()} has no {method} any more"
        write = "write fp8, which it makes of 16-bit weights as it loads them, or leave quantization out"
        named = stored_by_name(model.model)
        if named is not None and method in named[1]:
            write = f"its name says {named[0]}: write a repository of it with other weights, and leave quantization out"
        yield Refusal("quantization" if model.quantization else "model", got, write, ("quantization", *SHAPE))


def _architecture(model: ModelSection, shape: ModelShape | None, catalog: Catalog) -> Iterator[Refusal]:
    why = _not_served(shape) if shape is not None else None
    if shape is not None and why is not None and not _has_it_still(model.image, shape, catalog.engines["vllm"]):
        key = "like" if model.like else "architecture" if model.architecture else "model"
        others = [each for each in catalog.models.values() if each.left_out is None and _not_served(each) is None]
        near = min((each for each in others if each.modality == shape.modality), key=lambda each: _far(each, shape))
        got = f"{title()} doesn't serve {shape.architecture}: {why}"
        yield Refusal(key, got, f"write another model, e.g. {near.id}", (*SHAPE, "image"))


def _has_it_still(image: str | None, shape: ModelShape, pinned: Image) -> bool:
    """Whether the image is of an older version, which serves a class that was dropped since and takes what each server
    is given."""
    known, version = facts().architectures.get(shape.architecture or ""), version_of_tag(image or "", pinned)
    last = version_in(known.last_version) if known is not None else None
    return version is not None and last is not None and since()[NEWEST_ARGUMENT].first <= version <= last


def _far(shape: ModelShape, wanted: ModelShape) -> tuple[bool, float]:
    """Models that are known to ask for no licence come first, then those of about the same size."""
    return shape.gated is not False, abs((shape.params_b or 0.0) - (wanted.params_b or 0.0))


def _not_served(shape: ModelShape) -> str | None:
    """A class that its own registry doesn't know is still served where the repository's code brings it."""
    known = facts().architectures.get(shape.architecture or "")
    if known is None:
        return None if shape.architecture is None or shape.custom_code else "it has no such class"
    if known.kind == "dropped":
        return f"{known.last_version} was its last version that did"
    if known.kind == "plugin":
        return f"its code is in a plugin that the image doesn't have ({known.plugin})"
    return "it only drafts tokens for another model" if known.kind == "draft" else None


def cannot_run(question: Question, gpu: Gpu) -> str | None:
    """Why a card can't serve a model of the hub; None: it can, or nobody knows. Of other versions nobody does."""
    shape, known = question.shape, facts()
    if shape is None or gpu.compute_capability is None or question.version not in (None, PINNED):
        return None
    if shape.model_type in known.fp16_refused and not gpu.bf16:
        return f"{title()} refuses {shape.model_type} in fp16, and {gpu.name} has no bf16"
    kernels = _sparse_kernels(shape, known)
    if kernels and int(gpu.compute_capability) not in {int(each) for each in kernels}:
        on = ", ".join(map(str, sorted(kernels)))
        return f"{title()} has kernels for its sparse attention on compute capability {on}; {_has(gpu)}"
    minimum = CACHE_IN_8_BIT if _is_for_flashinfer(shape) else CACHE_IN_8_BIT_OF_ANY
    if question.kv_cache_dtype.startswith("fp8") and gpu.compute_capability < minimum:
        return f"{title()} keeps a cache in fp8 from compute capability {minimum} on; {_has(gpu)}"
    return None


def _is_for_flashinfer(shape: ModelShape) -> bool:
    heads = {each for each in (shape.head_size, shape.global_head_dim) if each}
    return not shape.kv_lora_rank and shape.architecture not in WITH_SINKS and heads <= set(HEADS_OF_FLASHINFER)


def _has(gpu: Gpu) -> str:
    return f"{gpu.name} has {gpu.compute_capability}"


def _sparse_kernels(shape: ModelShape, known: Facts) -> frozenset[float]:
    """The compute capabilities for which there is one; empty: the model needs none."""
    own = OWN_KERNELS.get(shape.architecture or "")
    if own is None and not (shape.attention == "mla" and shape.index_head_dim):
        return frozenset()
    backends = (each for each in known.backends.values() if each.mla and each.sparse)
    fitting = (each for each in backends if (each.name.endswith(own) if own else "_DSV" not in each.name))
    return frozenset().union(*(each.compute_capabilities for each in fitting))


@cache
def title() -> str:
    return f"vLLM {facts().build.version}"
