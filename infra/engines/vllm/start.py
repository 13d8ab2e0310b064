"""What vLLM does at a start besides reading the weights, and how often: each step is one mechanism of vLLM.

Almost all of it runs on one core for each GPU (vllm/env_override.py: TORCHINDUCTOR_COMPILE_THREADS=1), so that the
number of layers counts and the number of cores doesn't. The seconds of one time are in cold_start.toml.
"""

from collections.abc import Iterator

from infra.engines.engine import StartStep
from infra.engines.vllm.few_graphs import number_of_graphs
from infra.engines.vllm.versions import PINNED, default_batch
from infra.sizing.question import Question, Sized

# Layers of a model of which nobody has seen how many it has: those of an 8B to 14B model.
LAYERS = 36
# Experts in mxfp4: Triton's on Hopper, FlashInfer's on newer cards, Marlin's on older ones (fused_moe/oracle/mxfp4.py).
HOPPER = 9.0
# DeepGEMM multiplies blocks of 128 x 128 in 8 bit on Hopper and newer cards (vllm/platforms/cuda.py).
DEEP_GEMM_BLOCK = 128


def steps(question: Question, sized: Sized | None) -> Iterator[StartStep]:
    """`sized`: None where no GPU was found for it; its batch is then the default one."""
    shape, layers = question.shape, compiled_layers(question)
    recorded = number_of_graphs(shape, _sequences(question, sized), few=question.few_graphs)
    graphs = recorded * (2 if question.slots else 1)
    compiled = "compile-layer-fp8" if _method(question) == "fp8" else "compile-layer"
    yield StartStep("profile", "memory profile and warm-up", "profile")
    yield StartStep("compile", f"torch.compile for {layers} layers", compiled, layers)
    yield StartStep("graphs", f"{graphs} CUDA graphs of {layers} layers", "graph-layer", graphs * layers)
    if shape is not None and shape.num_experts:
        yield _experts(question, sized, graphs)
    if shape is not None and shape.attention == "hybrid":
        yield StartStep("states", "the kernels of layers with a state", "kernels-states")
    if _blocks_in_8_bit(question, sized):
        yield StartStep("blocks", "DeepGEMM's kernels for FP8 blocks", "kernels-fp8-blocks")


def _experts(question: Question, sized: Sized | None, graphs: int) -> StartStep:
    if _method(question) == "mxfp4" and sized is not None and sized.gpu.compute_capability == HOPPER:
        return StartStep("experts", f"the kernels of mxfp4 experts for {graphs} graphs", "kernels-mxfp4", graphs)
    return StartStep("experts", "the experts' kernels", "kernels-experts")


def _method(question: Question) -> str | None:
    return question.quantization or (question.shape.dtype if question.shape else None)


def compiled_layers(question: Question) -> int:
    """Layers of the model, and of one that proposes tokens to it."""
    draft = question.draft.shape if question.draft else None
    own = (question.shape.layers if question.shape else None) or LAYERS
    return own + ((draft.layers or 0) if draft else 0)


def _sequences(question: Question, sized: Sized | None) -> int:
    if sized is not None:
        return sized.arguments.max_num_seqs
    return question.max_num_seqs or default_batch(question.version or PINNED, 0.0, "", question.max_model_len).seqs


def _blocks_in_8_bit(question: Question, sized: Sized | None) -> bool:
    shape = question.shape
    if sized is None or shape is None or question.quantization is not None:
        return False
    in_blocks = shape.dtype == "fp8" and shape.quantization_block == DEEP_GEMM_BLOCK
    return in_blocks and (sized.gpu.compute_capability or 0.0) >= HOPPER
