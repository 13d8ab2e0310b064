"""What makes a model fit that doesn't: a shorter context, other arguments, smaller weights, other nodes."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from infra.catalog import Catalog, Gpu
from infra.offers.capacity import capacity_of
from infra.offers.options import Goal, Option, fits, is_certain, largest_context
from infra.offers.pools import Offer
from infra.offers.sizing import Sizing, can_run
from infra.sizing.question import Question, Sized
from infra.sizing.weights import in_16_bit

# The engine makes the first of 16-bit weights as it loads them. The second is made beforehand: a repository holds it.
AT_LOAD_METHOD, STORED_METHOD = "fp8", "awq"
CACHE_DTYPE = "fp8"  # twice the tokens
MIN_SEQS = 16
WORTH_A_CHANGE = 1.25  # smaller weights are worth a line if they hold at least this multiple of the requests

Changes = tuple[tuple[str, Any], ...]  # keys of the model in the stack file and their values; None removes the key


@dataclass(frozen=True)
class Fix:
    """What makes a model fit: one change, or several that belong together."""

    changes: Changes
    effect: str
    offer: Offer | None = None  # the pool to move to, where the change is another pool
    gpus: int | None = None  # per replica there


def ways_to_fit(sized: Sized, options: Sequence[Option], more: Iterable[Sized], sizing: Sizing) -> Iterator[Fix]:
    """What makes a model fit. `options`: other pools that serve it, with a context that it was trained for, cheapest
    first; `more`: the model on each number of the GPUs that it has now."""
    more = list(more)
    free = sized.question.gpus is None  # a smaller question then gets as many of the GPUs as it needs
    largest = max((sized, *more), key=lambda each: each.gpus) if free else sized
    yield from _context(largest, sizing, fits)
    yield from _arguments(sized, sizing, fits)
    yield from (less := list(smaller_fixes(sized, sizing, fits)))
    yield from fewer_requests(largest, sizing, with_smaller=not less)
    yield from (larger := list(_more_gpus(sized, more, sizing, fits, alone=bool(less))))
    if not (less or larger):  # the engine has kernels for an 8-bit cache on more cards than those that suit it
        yield from _enough(largest, _that_run(largest, sizing.catalog, suit=False), sizing, fits)
    yield from other_types(options, sized.gpus)


def ways_to_be_certain(sized: Sized, options: Sequence[Option], more: Iterable[Sized], sizing: Sizing) -> Iterator[Fix]:
    """What makes a likely fit certain; a shorter context comes last, because it takes something away."""
    yield from (less := list(smaller_fixes(sized, sizing, is_certain)))
    yield from _arguments(sized, sizing, is_certain)
    yield from _more_gpus(sized, more, sizing, is_certain, alone=bool(less))
    yield from other_types(options, sized.gpus)
    yield from _context(sized, sizing, is_certain)


def _context(sized: Sized, sizing: Sizing, goal: Goal) -> Iterator[Fix]:
    length = largest_context(sized, sizing, goal)
    if 0 < length < sized.question.max_model_len:
        what = "the longest that certainly fits here" if goal is is_certain else "the longest that fits here"
        yield Fix((("maxModelLen", length),), what)


def fewer_requests(sized: Sized, sizing: Sizing, *, with_smaller: bool) -> Iterator[Fix]:
    """The largest number of requests at once for whose context the same GPUs have room; `with_smaller`: before it also
    with smaller weights and a smaller cache of the same repository, where those hold more."""
    instead = f"requests at once, instead of {sized.question.concurrency}"
    held = _most_requests(sized.question, sized, sizing)
    ways = _that_run(sized, sizing.catalog) if with_smaller else ()
    own = ((changes, question) for changes, question in ways if question.own_repository)
    found = ((_most_requests(question, sized, sizing), changes) for changes, question in own)
    largest, changes = max(found, key=lambda each: each[0], default=(0, ()))
    if largest >= max(1, WORTH_A_CHANGE * held):
        yield Fix((("concurrency", largest), *changes), instead)
    if held:
        yield Fix((("concurrency", held),), instead)


def _most_requests(question: Question, sized: Sized, sizing: Sizing) -> int:
    """Fewer than are asked for; 0: not even one fits."""
    holds = sizing.size(question, sized.gpu, sized.gpus).fit.max_concurrency or 0
    numbers = range(min(question.concurrency - 1, math.floor(holds)), 0, -1)
    return next((n for n in numbers if sizing.size(question.but(concurrency=n), sized.gpu, sized.gpus).fits), 0)


def _arguments(sized: Sized, sizing: Sizing, goal: Goal) -> Iterator[Fix]:
    question = sized.question
    if not question.engine.limits.takes_batch:
        return
    yield from _own_tokens(sized, sizing, goal)
    default = question.engine.default_utilization(question) or 0.0
    seqs = sized.arguments.max_num_seqs
    batches = (sizing.size(question.but(max_num_seqs=fewer), sized.gpu, sized.gpus) for fewer in _fewer(seqs, question))
    for smaller in islice(filter(goal, batches), 1):
        gained = (smaller.fit.kv_cache_tokens or 0) - (sized.fit.kv_cache_tokens or 0)
        effect = f"instead of {seqs}: gives back {gained:,} tokens of cache"
        lost = capacity_of(smaller).lost(capacity_of(sized))
        yield Fix((("maxNumSeqs", smaller.arguments.max_num_seqs),), "; ".join(filter(None, (effect, lost))))
    if (question.utilization or default) < default:
        larger = sizing.size(question.but(utilization=default), sized.gpu, sized.gpus)
        if goal(larger):
            yield Fix((("gpuMemoryUtilization", default),), f"the engine's default; {larger.holds}")


def _fewer(seqs: int, question: Question) -> Iterator[int]:
    """Smaller batches, the largest first: each takes tokens per second."""
    minimum = max(MIN_SEQS, question.concurrency)
    while seqs > minimum:
        seqs = max(seqs // 2, minimum)
        yield seqs


def _own_tokens(sized: Sized, sizing: Sizing, goal: Goal) -> Iterator[Fix]:
    """The tokens of a step that the planner would choose, where more are asked for."""
    own = sizing.size(sized.question.but(max_num_batched_tokens=None), sized.gpu, sized.gpus)
    given, tokens = sized.question.max_num_batched_tokens, own.arguments.max_num_batched_tokens
    if given is not None and tokens < given and goal(own):
        yield Fix((("maxNumBatchedTokens", tokens),), f"instead of {given}; {own.holds}")


def smaller_weights(question: Question, catalog: Catalog) -> Iterator[tuple[Changes, Question]]:
    """How 16-bit weights become smaller: the engine quantizes them as it loads them, or a repository is known that
    holds quantized ones. Those that a user made are quantized before they are stored."""
    shape = question.shape
    if (
        shape is None
        or not in_16_bit(shape)
        or question.quantization not in (None, AT_LOAD_METHOD)
        or AT_LOAD_METHOD not in question.engine.limits.quantizes_at_load
    ):
        return
    if question.quantization is None:
        yield (("quantization", AT_LOAD_METHOD),), question.but(quantization=AT_LOAD_METHOD)
    repository = catalog.quantized_repositories.get((question.name, STORED_METHOD))
    if repository is not None and question.own_repository:
        own = (("model", repository), ("like", question.name), ("quantization", STORED_METHOD), ("revision", None))
        stored = catalog.as_stored(shape, repository)
        yield own, question.but(name=repository, shape=stored, quantization=STORED_METHOD, own_repository=False)


def stored_first(question: Question, changes: Changes) -> list[str]:
    """What a user does with own weights before they are served in the other form."""
    method = dict(changes).get("quantization")
    return [] if method is None or question.own_repository else [f"its weights have to be stored in {method} first"]


def smaller_cache(question: Question) -> Iterator[tuple[Changes, Question]]:
    """A cache in 8 bit, where the stack file leaves the cache's type to the engine."""
    if question.kv_cache_dtype == "auto" and question.engine.limits.cache_in_8_bit and question.task == "chat":
        yield (("kvCacheDtype", CACHE_DTYPE),), question.but(kv_cache_dtype=CACHE_DTYPE)


def smaller_ways(question: Question, catalog: Catalog) -> Iterator[tuple[Changes, Question]]:
    """Smaller weights, a smaller cache, and both; the smallest change first."""
    caches = list(smaller_cache(question))
    before = caches
    for changes, smaller in smaller_weights(question, catalog):
        yield changes, smaller
        yield from before
        yield from (((*changes, *cache), smaller.but(kv_cache_dtype=CACHE_DTYPE)) for cache, _ in caches)
        before = []
    yield from before


def runs_in_8_bit(question: Question, gpu: Gpu) -> bool:
    """Whether the cache's type suits the card. A cache in 8 bit is for cards that compute in 8 bit. On
    others it depends on the engine's attention kernels."""
    return question.kv_cache_dtype == "auto" or gpu.fp8


def _that_run(sized: Sized, catalog: Catalog, *, suit: bool = True) -> Iterator[tuple[Changes, Question]]:
    """The smaller ways that the card can run, and that as many GPUs can share. `suit`: those whose cache suits the
    card; else those for which the engine has kernels there, although the card doesn't compute in 8 bit."""
    for changes, question in smaller_ways(sized.question, catalog):
        splits = sized.gpus == 1 or question.obstacle(sized.gpus) is None
        if splits and can_run(question, sized.gpu, catalog) and runs_in_8_bit(question, sized.gpu) == suit:
            yield changes, question


def smaller_fixes(sized: Sized, sizing: Sizing, goal: Goal) -> Iterator[Fix]:
    """Smaller weights and a smaller cache with which the same GPUs are enough; both together where neither is enough
    alone."""
    yield from _enough(sized, _that_run(sized, sizing.catalog), sizing, goal)


def _enough(sized: Sized, ways: Iterable[tuple[Changes, Question]], sizing: Sizing, goal: Goal) -> Iterator[Fix]:
    enough: list[set[str]] = []
    for changes, question in ways:
        keys = {key for key, _ in changes}
        then = sizing.size(question, sized.gpu, sized.gpus)
        if goal(then) and not any(less <= keys for less in enough):
            enough.append(keys)
            weights = f"{then.fit.weights_gib:.1f} GiB of weights on each GPU"
            yield Fix(changes, "; ".join((weights, then.holds, *stored_first(sized.question, changes))))


def _more_gpus(sized: Sized, more: Iterable[Sized], sizing: Sizing, goal: Goal, *, alone: bool) -> Iterator[Fix]:
    """The smallest larger number of the same GPUs that is enough. Unless `alone`, also a number between, together with
    smaller weights or a smaller cache."""
    larger = [each for each in more if each.gpus > sized.gpus]
    enough = next(filter(goal, larger), None)
    if enough is not None:
        yield Fix((("gpus", enough.gpus),), f"{enough.gpus} x {enough.gpu.name}; {enough.holds}")
    fewer = [each for each in larger if enough is None or each.gpus < enough.gpus] if not alone else []
    both = ((each.gpus, fix) for each in fewer for fix in smaller_fixes(each, sizing, goal))
    for gpus, fix in islice(both, 1):
        yield Fix((("gpus", gpus), *fix.changes), f"{gpus} x {sized.gpu.name}; {fix.effect}")


def other_types(options: Sequence[Option], gpus: int) -> Iterator[Fix]:
    """The cheapest of the options, and the one with the smallest GPU of which at most `gpus` are enough. `options`:
    cheapest first."""
    if not options:
        return
    as_few = [each for each in options if each.sized.gpus <= gpus] or options[:1]
    smallest = min(as_few, key=lambda each: each.sized.gpu.engine_gib or 0.0)
    for option in dict.fromkeys((options[0], smallest)):
        enough = "is enough" if option.sized.fit.estimated else "holds the weights"
        size = f", the smallest GPU that {enough}" if option.sized.gpu == smallest.sized.gpu else ""
        yield from other_type(option, size)


def other_type(option: Option, why: str = "", changes: Changes = ()) -> Iterator[Fix]:
    """`changes`: what the model needs beside it."""
    offer, sized = option.offer, option.sized
    if offer is not None and offer.instance_type is not None:
        weights = [f"{sized.fit.weights_gib:.1f} GiB of weights on each GPU"] if changes else []
        effect = "; ".join((f"{option.where}{why}, {_price(option, offer)}", *weights, sized.holds))
        yield Fix((*changes, ("instanceType", offer.instance_type)), effect, offer, sized.gpus)


def _price(option: Option, offer: Offer) -> str:
    """By the pool's capacity: on spot at the highest price of the region's zones."""
    up_to = "up to " if offer.capacity == "spot" else ""
    node = f" of a node for ${offer.usd_per_node_hour or 0:.2f}" if option.is_a_share else ""
    return f"{up_to}${option.usd_per_hour or 0:.2f} per hour{node}{offer.price_said}"
