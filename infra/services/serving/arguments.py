"""Why a server is started with its arguments, and what each gains over the engine's default."""

from collections.abc import Iterator

from infra.engines import Engine
from infra.offers.sizing import Sizing
from infra.plan.findings import Decided
from infra.plan.notes import Chosen
from infra.plan.words import memory
from infra.services.serving.placed import Placed
from infra.sizing.batches import MEAN_SHARE
from infra.sizing.estimates import Throughput, held
from infra.sizing.question import Sized

# The reason says what a higher utilisation would hold, up to this one. Above it, fragments and other processes fill the
# card.
HIGHEST_UTILIZATION = 0.95


def choose_arguments(placed: Placed, sizing: Sizing) -> Decided[tuple[str, ...]]:
    """Yields each argument that the stack file leaves open as a choice; returns the reasons of all arguments."""
    served, sized = placed.served, placed.sized
    path = served.path
    takes_batch = served.question.engine.limits.takes_batch
    if not takes_batch and served.settings.concurrency is None:
        title = served.question.engine.title
        reason = f"{title} reserves the memory of a whole context for each request that it answers at the same time"
        yield Chosen(f"{path}.concurrency", served.question.concurrency, reason)
    if sized is None or not takes_batch or not sized.fit.estimated:
        return ()
    if served.settings.gpu_memory_utilization is None:
        share = sized.arguments.utilization
        yield Chosen(f"{path}.gpuMemoryUtilization", share, _utilization(sized, sizing))
    if served.settings.max_num_seqs is not None:
        return (f"max-num-seqs {served.settings.max_num_seqs} is in the stack file{_unused(sized)}",)
    seqs, reason = sized.arguments.max_num_seqs, _batch(sized)
    yield Chosen(f"{path}.maxNumSeqs", seqs, reason)
    gain = _gain(sized, sizing) if served.question.engine.limits.defaults_known else ""
    return (f"max-num-seqs {seqs}: {reason}{_unused(sized)}{gain}",)


def say_few_graphs(placed: Placed, made: Throughput) -> Iterator[str]:
    """The price of a quicker start."""
    sized, engine = placed.sized, placed.served.question.engine
    if sized is not None and placed.served.question.few_graphs:
        sizes = ", ".join(map(str, engine.graph_sizes(sized)))
        yield f"CUDA graphs for batches of {sizes} alone: {padding(engine, sized, made)}"


def padding(engine: Engine, sized: Sized, made: Throughput) -> str:
    """What a batch loses between two sizes."""
    lost = engine.slower_with_few_graphs(sized, made)
    padded = "a batch between two sizes is padded to the larger one"
    if lost is None:
        return f"{padded}, and nobody has estimated what that takes"
    return f"{padded}, with up to {max(lost, 0.0):.0%} fewer tokens per second (an estimate)"


def _utilization(sized: Sized, sizing: Sizing) -> str:
    reason = sized.question.engine.utilization_reason(sized)
    if not sized.question.engine.limits.defaults_known:
        return reason
    more = sizing.size(sized.question.but(utilization=HIGHEST_UTILIZATION), sized.gpu, sized.gpus)
    gained = (more.fit.kv_cache_tokens or 0) - (sized.fit.kv_cache_tokens or 0)
    return f"{reason}; {HIGHEST_UTILIZATION} would add {gained:,} tokens of cache" if gained > 0 else reason


def _batch(sized: Sized) -> str:
    tokens = sized.fit.kv_cache_tokens
    if tokens is None:
        return "no cache limits the batch"
    mean = sized.question.max_model_len // MEAN_SHARE
    return f"{tokens:,} tokens of cache, for requests that use {mean:,} on average (assumed)"


def _unused(sized: Sized) -> str:
    """What the cache holds beyond the requests that the engine takes at once."""
    tokens, length = sized.fit.kv_cache_tokens or 0, sized.question.max_model_len
    if tokens < (sized.arguments.max_num_seqs + 1) * length:
        return ""
    return f"; the cache has room for {held(tokens / length)} of {length:,} tokens, more than it takes at once"


def _gain(sized: Sized, sizing: Sizing) -> str:
    """What the batch gains over the engine's default batch, where that would take memory from the cache."""
    own = sizing.with_engines_batch(sized)
    here, there = sized.fit.kv_cache_gib, own.fit.kv_cache_gib
    if here is None or there is None or own.arguments.batch == sized.arguments.batch or here.mid <= there.mid:
        return ""
    tokens = (sized.fit.kv_cache_tokens or 0) - (own.fit.kv_cache_tokens or 0)
    if tokens <= 0:
        return ""
    more = tokens / sized.question.max_model_len
    batch = own.arguments.batch
    theirs = f"{sized.question.engine.title}'s default, {batch.seqs} requests in batches of {batch.tokens:,} tokens"
    less = memory(here.mid - there.mid)
    return f"; {theirs}, would leave {less} less: {tokens:,} tokens, or {more:.1f} requests of full length"
