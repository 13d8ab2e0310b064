"""What makes a model fit that doesn't: a shorter context, other arguments, smaller weights, other nodes."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from infra.catalog import Catalog, Gpu
from infra.offers.options import Goal, Option, fits, is_certain, largest_context
from infra.offers.pools import Offer
from infra.offers.sizing import Sizing, can_run
from infra.sizing.question import Question, Sized
from infra.sizing.weights import in_16_bit

# Made by the engine of 16-bit weights as it loads them; and made beforehand, so that a repository has to hold it.
AT_LOAD_METHOD, STORED_METHOD = "fp8", "awq"
CACHE_DTYPE = "fp8"  # twice the tokens
FEWEST_SEQS = 16

Changes = tuple[tuple[str, Any], ...]  # keys of the model in the stack file; None takes one out


@dataclass(frozen=True)
class Mend:
    """One change, or some that belong together, by their keys in the stack file, and what they do."""

    changes: Changes
    effect: str
    offer: Offer | None = None  # of another instance type
    gpus: int | None = None  # of it


def mends(sized: Sized, options: Sequence[Option], more: Iterable[Sized], sizing: Sizing) -> Iterator[Mend]:
    """What makes it fit. `options`: elsewhere, where a context that the model was trained for would be served, cheapest
    first; `more`: on each number of these GPUs."""
    yield from _context(sized, sizing, fits)
    yield from _arguments(sized, sizing, fits)
    yield from (smaller := list(_smaller(sized, sizing, fits)))
    yield from _fewer_requests(sized, sizing)
    yield from _more_gpus(sized, more, sizing, fits, alone=bool(smaller))
    yield from other_types(options, sized.gpus)


def surer(sized: Sized, options: Sequence[Option], more: Iterable[Sized], sizing: Sizing) -> Iterator[Mend]:
    """What makes a fit certain that is likely; a shorter context, which takes something away, comes last."""
    yield from (smaller := list(_smaller(sized, sizing, is_certain)))
    yield from _arguments(sized, sizing, is_certain)
    yield from _more_gpus(sized, more, sizing, is_certain, alone=bool(smaller))
    yield from other_types(options, sized.gpus)
    yield from _context(sized, sizing, is_certain)


def _context(sized: Sized, sizing: Sizing, goal: Goal) -> Iterator[Mend]:
    length = largest_context(sized, sizing, goal)
    if 0 < length < sized.question.max_model_len:
        certain = sizing.size(sized.question.but(max_model_len=length), sized.gpu, sized.gpus).fit.certain
        what = "the longest that certainly fits here" if goal is is_certain else "the longest that fits here"
        yield Mend((("maxModelLen", length),), f"{what}{'' if certain else ', at the middle of the interval'}")


def _fewer_requests(sized: Sized, sizing: Sizing) -> Iterator[Mend]:
    """As many at once as the same GPUs have room for: never more than hold their context."""
    question = sized.question
    most = min(question.concurrency - 1, math.floor(sized.fit.max_concurrency or 0))
    for requests in range(most, 0, -1):
        if sizing.size(question.but(concurrency=requests), sized.gpu, sized.gpus).fits:
            yield Mend((("concurrency", requests),), f"requests at once, instead of {question.concurrency}")
            return


def _arguments(sized: Sized, sizing: Sizing, goal: Goal) -> Iterator[Mend]:
    question = sized.question
    if not question.engine.limits.takes_batch:
        return
    most = question.engine.default_utilization(question) or 0.0
    fewer = max(FEWEST_SEQS, question.concurrency)
    if sized.arguments.max_num_seqs > fewer:
        smaller = sizing.size(question.but(max_num_seqs=fewer), sized.gpu, sized.gpus)
        if goal(smaller):
            gained = (smaller.fit.kv_cache_tokens or 0) - (sized.fit.kv_cache_tokens or 0)
            instead = f"instead of {sized.arguments.max_num_seqs}"
            yield Mend((("maxNumSeqs", fewer),), f"{instead}: gives back {gained:,} tokens of cache")
    if (question.utilization or most) < most:
        larger = sizing.size(question.but(utilization=most), sized.gpu, sized.gpus)
        if goal(larger):
            yield Mend((("gpuMemoryUtilization", most),), f"the engine's default; {larger.holds}")


def smaller_weights(question: Question, catalog: Catalog) -> Iterator[tuple[Changes, Question]]:
    """The ways that 16-bit weights can be had smaller: those that are made as they load, and repositories that are
    known to hold others. Nobody knows either of weights that a user made."""
    shape = question.shape
    if (
        shape is None
        or not in_16_bit(shape)
        or question.quantization not in (None, AT_LOAD_METHOD)
        or not question.engine.limits.quantizes_at_load
        or not question.own_repository
    ):
        return
    if question.quantization is None:
        yield (("quantization", AT_LOAD_METHOD),), question.but(quantization=AT_LOAD_METHOD)
    repository = catalog.quantized_repositories.get((question.name, STORED_METHOD))
    if repository is not None:
        own = (("model", repository), ("like", question.name), ("quantization", STORED_METHOD), ("revision", None))
        yield own, question.but(name=repository, quantization=STORED_METHOD, own_repository=False)


def smaller_cache(question: Question) -> Iterator[tuple[Changes, Question]]:
    """A cache in 8 bit, where it is the engine's to choose."""
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
    """A cache in 8 bit is for cards that compute in it: on others it depends on the engine's attention kernels."""
    return question.kv_cache_dtype == "auto" or gpu.fp8


def _smaller(sized: Sized, sizing: Sizing, goal: Goal) -> Iterator[Mend]:
    """Smaller weights and a smaller cache with which the same GPUs are enough; both together where neither alone is."""
    enough: list[set[str]] = []
    for changes, question in smaller_ways(sized.question, sizing.catalog):
        keys = {key for key, _ in changes}
        if any(less <= keys for less in enough) or not can_run(question, sized.gpu, sizing.catalog):
            continue
        smaller = sizing.size(question, sized.gpu, sized.gpus)
        if goal(smaller) and runs_in_8_bit(question, sized.gpu):
            enough.append(keys)
            yield Mend(changes, f"{smaller.fit.weights_gib:.1f} GiB of weights on each GPU; {smaller.holds}")


def _more_gpus(sized: Sized, more: Iterable[Sized], sizing: Sizing, goal: Goal, *, alone: bool) -> Iterator[Mend]:
    """The smallest number above that of now; unless `alone`, a smaller one with smaller weights or cache too."""
    larger = [each for each in more if each.gpus > sized.gpus]
    enough = next(filter(goal, larger), None)
    if enough is not None:
        yield Mend((("gpus", enough.gpus),), f"{enough.gpus} x {enough.gpu.name}; {enough.holds}")
    fewer = [each for each in larger if enough is None or each.gpus < enough.gpus] if not alone else []
    both = ((each.gpus, mend) for each in fewer for mend in _smaller(each, sizing, goal))
    for gpus, mend in islice(both, 1):
        yield Mend((("gpus", gpus), *mend.changes), f"{gpus} x {sized.gpu.name}; {mend.effect}")


def other_types(options: Sequence[Option], gpus: int) -> Iterator[Mend]:
    """Of the options, cheapest first: the cheapest, and the smallest GPU of which no more than `gpus` are enough."""
    if not options:
        return
    as_few = [each for each in options if each.sized.gpus <= gpus] or options[:1]
    smallest = min(as_few, key=lambda each: each.sized.gpu.engine_gib or 0.0)
    for option in dict.fromkeys((options[0], smallest)):
        offer = option.offer
        if offer is not None and offer.instance_type is not None:
            enough = "is enough" if option.sized.fit.estimated else "holds the weights"
            least = f", the smallest GPU that {enough}" if option.sized.gpu == smallest.sized.gpu else ""
            node = (
                f" of a node for ${offer.usd_per_node_hour or 0:.2f}" if option.sized.gpus < offer.gpus_per_node else ""
            )
            price = f"${option.usd_per_hour or 0:.2f} per hour{node}{offer.price_said}"
            effect = f"{option.where}{least}, {price}; {option.sized.holds}"
            yield Mend((("instanceType", offer.instance_type),), effect, offer, option.sized.gpus)
