"""How versions of vLLM differ in what they do with a GPU's memory."""

from infra.catalog import ModelShape
from infra.sizing.estimates import Estimate
from infra.sizing.kv_cache import Pages
from infra.sizing.question import Batch, Version, version_in
from infra.sizing.weights import GIB

# What the catalogue pins; taken where nobody says.
PINNED: Version = (0, 28, 0)
# The V1 engine: chunked prefill always, batches by the card and not by the context.
V1: Version = (0, 8, 0)
V0_LAST: Version = (0, 7, 3)
# Cards of 70 GiB and more, but for A100 (vllm#17885), get the large defaults.
LARGE_CARD_GIB = 70
LARGE_BATCHES: Version = (0, 9, 0)
# One cache for layers that differ: sliding windows and states stop taking as much as full layers.
HYBRID_CACHE: Version = (0, 10, 0)
# The sampler's warm-up sorts every logit (9.6 copies in nine logs) until a Triton kernel masks them in place
# (vllm#33538), and from vllm#40376 on FlashInfer samples by rejection.
TRITON_SAMPLER: Version = (0, 17, 0)
FLASHINFER_SAMPLER: Version = (0, 21, 0)
# Takes CUDA graphs out of the budget, and for that more of the card: 0.92 instead of 0.90.
COUNTS_GRAPHS: Version = (0, 21, 0)
# MLA entries started on 256 bytes (vllm#12676) until vllm#14842.
MLA_ALIGNED: tuple[Version, Version] = ((0, 7, 2), (0, 8, 2))

# Of DeepSeek-V3, the only ones that versions before V1 absorbed.
Q_LORA_RANK = 1536


def version_of(text: str) -> Version | None:
    """`0.8.5.post1` and `v0.28.0-cu129`; None where no version is in it.

    A line of a log that comes from `worker.py` is of the V0 engine, which some installations of 0.8 still ran.
    """
    version = version_in(text)
    if version is None:
        return None
    return min(version, V0_LAST) if "(worker.py" in text else version


def pages(version: Version) -> Pages:
    return Pages(hybrid=version >= HYBRID_CACHE, mla_aligned=MLA_ALIGNED[0] <= version < MLA_ALIGNED[1])


def absorbed(shape: ModelShape, version: Version) -> float:
    """MLA before V1 also held the products of its projections: of query and key, of value and output. GiB."""
    heads, rank, hidden = shape.attention_heads, shape.kv_lora_rank, shape.hidden_size
    if version >= V1 or not (heads and rank and hidden):
        return 0.0
    return (shape.layers or 0) * heads * rank * (hidden + Q_LORA_RANK) * (1 if shape.dtype == "fp8" else 2) / GIB


def default_utilization(version: Version) -> float:
    return 0.92 if version >= COUNTS_GRAPHS else 0.90


def default_batch(version: Version, card_gib: float, gpu: str, max_model_len: int) -> Batch:
    """What the API server takes without flags (vllm/engine/arg_utils.py). Before V1 a batch held one whole prompt."""
    if version < V1:
        chunked = max_model_len > 32768
        return Batch(256, 2048 if chunked else max(max_model_len, 2048))
    large = card_gib >= LARGE_CARD_GIB and not (version >= LARGE_BATCHES and gpu.startswith("A100"))
    tokens = 8192 if large else 2048
    return Batch(1024 if large and version >= LARGE_BATCHES else 256, tokens)


def captured_graphs(seqs: int) -> int:
    """CUDA graphs of batches of 1, 2, 4, each 8 up to 256 and each 16 up to 512: up to `seqs` as decodes, and up to
    twice that in pieces."""

    def sizes(largest: int) -> int:
        largest = min(largest, 512)
        return sum(size <= largest for size in (1, 2, 4)) + min(largest, 256) // 8 + max(0, largest - 256) // 16

    return sizes(seqs) + sizes(2 * seqs)


def sampler_copies(version: Version, compute_capability: float | None) -> Estimate:
    """32-bit copies of the logits that the warm-up of the sampler holds at once.

    FlashInfer (2.7 in three logs) could be installed beside versions that don't bring it: the low end of those.
    """
    if version < V1:
        return Estimate(9.2, 9.6, 10.0)
    if version < TRITON_SAMPLER:
        return Estimate(2.7, 9.6, 10.0)
    if version < FLASHINFER_SAMPLER or (compute_capability is not None and compute_capability < 8):
        return Estimate(2.7, 5.0, 9.6)
    return Estimate(2.0, 2.7, 5.0)
