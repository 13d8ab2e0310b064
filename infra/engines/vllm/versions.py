"""How versions of vLLM differ in their use of a GPU's memory."""

from functools import cache

from infra.catalog import ModelShape
from infra.sizing.estimates import Estimate
from infra.sizing.kv_cache import Pages
from infra.sizing.question import Batch, Version, version_in
from infra.sizing.weights import GIB

# The version that the catalogue pins; used where none is given.
PINNED: Version = (0, 32, 0)
# The V1 engine always reads prompts in chunks, and its default batch depends on the card, not on the context.
V1: Version = (0, 8, 0)
V0_LAST: Version = (0, 7, 3)
# Cards of at least 70 GiB get the larger default batch, except the A100 (vllm#17885).
LARGE_CARD_GIB = 70
LARGE_BATCHES: Version = (0, 9, 0)
# Cards of at least 160 GiB batch twice as many tokens. 0.24 didn't; nobody looked at 0.25 to 0.27.
LARGEST_CARD_GIB = 160
LARGEST_BATCHES: Version = (0, 28, 0)
# One cache serves layers of different kinds from here on: those with a window or a state take less than full ones.
HYBRID_CACHE: Version = (0, 10, 0)
# Tokens of a full layer that a block holds (vllm/config/cache.py). Since vllm#47728, a window holds the tokens of each
# batch under way: two of them with asynchronous scheduling, which pooling doesn't have.
BLOCK = 16
EACH_BATCH: Version = (0, 26, 0)
# Prefixes of hybrid models are cached by default from here on: a request holds a state of the block before, too. Until
# 0.31, Mamba-2 kept the state at the end of each block; since 0.32 it keeps one more, of the end of the prompt.
STATES_CACHED: Version = (0, 28, 0)
STATES_ALIGNED: Version = (0, 32, 0)
MAMBA2 = ("NemotronHForCausalLM", "BambaForCausalLM", "FalconH1ForCausalLM", "GraniteMoeHybridForCausalLM")
MAMBA2_CHUNK = 128
# Layers that read chunks of the text kept every token at first.
CHUNKED = ("Llama4ForConditionalGeneration", "Llama4ForCausalLM")
CHUNKED_CACHE: Version = (0, 14, 0)
# The sampler's warm-up sorted every logit (9.6 copies in nine logs) until a Triton kernel masked them in place
# (vllm#33538). Since vllm#40376, FlashInfer samples by rejection, and PyTorch's own sampler is warmed up beside it:
# 4.05 and 4.2 copies in two starts of 0.26.
TRITON_SAMPLER: Version = (0, 17, 0)
FLASHINFER_SAMPLER: Version = (0, 21, 0)
# From here on, CUDA graphs count in vLLM's share of the memory, and the default share is larger: 0.92, not 0.90. The
# second runner answered 0 when it was asked for their size, until 0.29.
COUNTS_GRAPHS: Version = (0, 21, 0)
SECOND_COUNTS_GRAPHS: Version = (0, 29, 0)
# Since torch 2.11, the wheels are built with CUDA 13, whose libraries take more.
CUDA_13: Version = (0, 20, 0)
# From vllm#12676 until vllm#14842, each MLA entry started at a multiple of 256 bytes.
MLA_ALIGNED: tuple[Version, Version] = ((0, 7, 2), (0, 8, 2))

# The rank of DeepSeek-V3's queries. Versions before V1 absorbed the projections of its family only.
Q_LORA_RANK = 1536


def version_of(text: str) -> Version | None:
    """The version in a text such as `0.8.5.post1` or `v0.28.0-cu129`; None where there is none.

    `worker.py` in a log line shows the V0 engine, which some installations of 0.8 still ran.
    """
    version = version_in(text)
    if version is None:
        return None
    return min(version, V0_LAST) if "(worker.py" in text else version


def pages(version: Version, shape: ModelShape) -> Pages:
    """How a version lays out the cache of a model."""
    mamba2 = shape.architecture in MAMBA2
    kept = mamba2 and STATES_CACHED <= version < STATES_ALIGNED
    generates = shape.modality not in ("embedding", "rerank")
    return Pages(
        hybrid=version >= (CHUNKED_CACHE if shape.architecture in CHUNKED else HYBRID_CACHE),
        mla_aligned=MLA_ALIGNED[0] <= version < MLA_ALIGNED[1],
        block=BLOCK,
        batches=2 if version >= EACH_BATCH and generates else 1,
        states=1 if kept or version < STATES_CACHED else 3 if mamba2 else 2,
        state_every=MAMBA2_CHUNK if kept else None,
    )


def absorbed(shape: ModelShape, version: Version) -> float:
    """GiB that MLA took before V1 for products of its projections: query with key, and value with output."""
    heads, rank, hidden = shape.attention_heads, shape.kv_lora_rank, shape.hidden_size
    if version >= V1 or not (heads and rank and hidden):
        return 0.0
    return (shape.layers or 0) * heads * rank * (hidden + Q_LORA_RANK) * (1 if shape.dtype == "fp8" else 2) / GIB


def default_utilization(version: Version) -> float:
    return 0.92 if version >= COUNTS_GRAPHS else 0.90


def default_batch(version: Version, card_gib: float, gpu: str, max_model_len: int) -> Batch:
    """The batch of a server without flags (vllm/engine/arg_utils.py). Before V1, a batch held one whole prompt."""
    if version < V1:
        chunked = max_model_len > 32768
        return Batch(256, 2048 if chunked else max(max_model_len, 2048))
    large = card_gib >= LARGE_CARD_GIB and not (version >= LARGE_BATCHES and gpu.startswith("A100"))
    largest = card_gib >= LARGEST_CARD_GIB and version >= LARGEST_BATCHES
    tokens = 16384 if largest else 8192 if large else 2048
    return Batch(1024 if large and version >= LARGE_BATCHES else 256, tokens)


@cache
def captured_graphs(seqs: int) -> int:
    """The number of CUDA graphs. Batches are captured for 1, 2 and 4 sequences, every 8 up to 256, every 16 up to 512.

    Graphs of a whole decode step go up to `seqs`, graphs of pieces of a step up to twice that.
    """

    def sizes(largest: int) -> int:
        largest = min(largest, 512)
        return sum(size <= largest for size in (1, 2, 4)) + min(largest, 256) // 8 + max(0, largest - 256) // 16

    return sizes(seqs) + sizes(2 * seqs)


def sampler_copies(version: Version, compute_capability: float | None, *, second_runner: bool = False) -> Estimate:
    """The number of 32-bit copies of the logits that the sampler's warm-up holds at once.

    Versions without FlashInfer (2.7 in three logs) may have it installed beside them: that is their low end. The second
    runner warms up with what every request needs, in 16 bit and in place.
    """
    if second_runner:
        return Estimate(0.5, 0.5, 2.0)
    if version < V1:
        return Estimate(9.2, 9.6, 10.0)
    if version < TRITON_SAMPLER:
        return Estimate(2.7, 9.6, 10.0)
    if version < FLASHINFER_SAMPLER or (compute_capability is not None and compute_capability < 8):
        return Estimate(2.7, 5.0, 9.6)
    return Estimate(2.7, 4.1, 5.0)
