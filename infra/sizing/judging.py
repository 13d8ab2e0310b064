"""Whether a model fits, from the memory that an engine takes and leaves. All figures are per GPU.

usable = the memory that the engine may use; cache = usable - weights - everything else that the engine takes.
"""

from infra.sizing.estimates import Estimate, Fit, Term
from infra.sizing.question import Arguments
from infra.sizing.weights import GIB

# The memory of the same card differs with driver and ECC: 79.15 to 79.22 GiB in start-up logs.
CARD_SHARE = 0.001
# The uncertainty of weights: 16-bit files are loaded as they are; quantizations leave different layers in 16 bit.
WEIGHTS_SHARE, QUANTIZED_SHARE = 0.003, 0.04
# Memory that PyTorch doesn't see: libraries (0.03 to 0.14 GiB in logs) and, with tensor parallelism, NCCL's buffers
# (together 0.25 to 1.38 GiB).
OTHER = Estimate(0.03, 0.13, 0.3)
OTHER_PARALLEL = Estimate(0.25, 0.55, 1.4)


def terms_of(weights: float, gpus: int, other: Estimate, *between: Term) -> tuple[Term, ...]:
    """All terms: the weights first, and last what PyTorch doesn't see."""
    return (
        Term("weights", weights, f"{weights * gpus:.1f} GiB / {gpus}" if gpus > 1 else f"{weights:.1f} GiB"),
        *between,
        Term("other", other.mid, f"{other.mid} GiB: CUDA libraries{' and NCCL buffers' if gpus > 1 else ''}"),
    )


def interval(left: float, parts: tuple[Estimate, ...], around: float) -> Estimate:
    low = left - sum(part.high - part.mid for part in parts) - around
    return Estimate(low, left, left + sum(part.mid - part.low for part in parts) + around)


def judge(usable: float, terms: tuple[Term, ...], left: Estimate, per_token: float | None, arguments: Arguments) -> Fit:
    weights = terms[0].gib
    engine = sum(term.gib for term in terms[1:])
    sum_up = (
        f"{usable:.1f} GiB that the engine may use - {weights:.1f} weights - {engine:.1f} engine = {left.mid:.1f} GiB"
    )
    if per_token is None:
        return Fit(
            usable, weights, terms, None, None, None, None, left.mid >= 0, left.low >= 0, (f"{sum_up} stay empty",)
        )
    need = arguments.max_model_len * arguments.concurrency
    tokens = _tokens(left.mid, per_token)
    return Fit(
        usable_gib=usable,
        weights_gib=weights,
        terms=terms,
        kv_cache_gib=left,
        kv_bytes_per_token=per_token,
        kv_cache_tokens=tokens,
        max_concurrency=_at_once(tokens, arguments),
        fits=tokens >= need,
        certain=_tokens(left.low, per_token) >= need,
        reasons=(f"{sum_up} of cache = {tokens:,} tokens at {per_token / 1024:,.0f} KiB per token",),
    )


def _at_once(tokens: int, arguments: Arguments) -> float:
    """Requests of full length: those that the cache holds, but at most those that the engine takes."""
    in_cache = tokens / arguments.max_model_len
    return min(in_cache, arguments.max_num_seqs) if arguments.max_num_seqs else in_cache


def _tokens(gib: float, per_token: float) -> int:
    return max(0, int(gib * GIB / per_token))
