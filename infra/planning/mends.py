"""What makes a model fit that doesn't: a shorter context, other arguments, smaller weights, other nodes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from infra.planning.options import Option, largest_context
from infra.planning.pools import Offer
from infra.planning.sizing import Question, Sized, Sizing, can_run, default_share
from infra.planning.weights import HALF

# Ways to need less memory for weights, the one that changes least first.
SMALLER = ("fp8", "awq")
FEWEST_SEQS = 16


@dataclass(frozen=True)
class Mend:
    """One change, by its key in the stack file, and what it does."""

    key: Literal["maxModelLen", "maxNumSeqs", "gpuMemoryUtilization", "gpus", "quantization", "instanceType"]
    value: str | int | float
    effect: str
    offer: Offer | None = None  # of an instance type


def mends(sized: Sized, offer: Offer | None, options: Sequence[Option], sizing: Sizing) -> Iterator[Mend]:
    """`options`: where a context that the model was trained for would be served, cheapest first."""
    yield from _context(sized, sizing)
    if sized.question.ollama_file_gib is None:
        yield from _arguments(sized, sizing)
    yield from _quantization(sized, sizing)
    yield from _more_gpus(sized, offer, sizing)
    yield from other_types(options, sized.gpus, offer)


def _context(sized: Sized, sizing: Sizing) -> Iterator[Mend]:
    length = largest_context(sized, sizing)
    if 0 < length < sized.question.max_model_len:
        certain = sizing.size(sized.question.but(max_model_len=length), sized.gpu, sized.gpus).fit.certain
        sure = "" if certain else ", at the middle of the interval"
        yield Mend("maxModelLen", length, f"the longest that fits here{sure}")


def _arguments(sized: Sized, sizing: Sizing) -> Iterator[Mend]:
    question, most = sized.question, default_share(sized.question)
    fewer = max(FEWEST_SEQS, question.concurrency)
    if sized.arguments.max_num_seqs > fewer:
        smaller = sizing.size(question.but(max_num_seqs=fewer), sized.gpu, sized.gpus)
        if smaller.fits:
            gained = (smaller.fit.kv_cache_tokens or 0) - (sized.fit.kv_cache_tokens or 0)
            instead = f"instead of {sized.arguments.max_num_seqs}"
            yield Mend("maxNumSeqs", fewer, f"{instead}: gives back {gained:,} tokens of cache")
    if (question.utilization or most) < most:
        larger = sizing.size(question.but(utilization=most), sized.gpu, sized.gpus)
        if larger.fits:
            yield Mend("gpuMemoryUtilization", most, f"the engine's default; {larger.holds}")


def in_smaller_weights(question: Question) -> Iterator[Question]:
    """The question in each of the ways that 16-bit weights can be had smaller."""
    in_16_bit = question.shape is not None and question.shape.dtype in (None, *HALF)
    if question.quantization is None and question.ollama_file_gib is None and in_16_bit:
        for method in SMALLER:
            yield question.but(quantization=method)


def _quantization(sized: Sized, sizing: Sizing) -> Iterator[Mend]:
    """The first with which the same GPUs are enough."""
    for question in in_smaller_weights(sized.question):
        if not can_run(question, sized.gpu, sizing.catalog):
            continue
        smaller = sizing.size(question, sized.gpu, sized.gpus)
        if smaller.fits:
            weights = f"{smaller.fit.weights_gib:.1f} GiB of weights on each GPU"
            yield Mend("quantization", question.quantization or "", f"{weights}; {smaller.holds}")
            return


def _more_gpus(sized: Sized, offer: Offer | None, sizing: Sizing) -> Iterator[Mend]:
    """Where a number of GPUs is given, and the node has more."""
    if offer is None or sized.question.gpus is None:
        return
    more = sizing.fewest(sized.question.but(gpus=None), sized.gpu, offer.gpus_per_node)
    if more is not None:
        yield Mend("gpus", more.gpus, f"{more.gpus} of the node's {offer.gpus_per_node} GPUs; {more.holds}")


def other_types(options: Sequence[Option], gpus: int, here: Offer | None) -> Iterator[Mend]:
    """Of the options, cheapest first: the cheapest, and the smallest GPU of which no more than `gpus` are enough."""
    if not options:
        return
    as_few = [each for each in options if each.sized.gpus <= gpus] or options[:1]
    smallest = min(as_few, key=lambda each: each.sized.gpu.engine_gib or 0.0)
    for option in dict.fromkeys((options[0], smallest)):
        offer = option.offer
        if offer is not None and offer.instance_type is not None and offer.types != (here.types if here else ()):
            least = ", the smallest GPU that is enough" if option.sized.gpu == smallest.sized.gpu else ""
            node = (
                f" of a node for ${offer.usd_per_node_hour or 0:.2f}" if option.sized.gpus < offer.gpus_per_node else ""
            )
            price = f"${option.usd_per_hour or 0:.2f} an hour{node}{offer.price_said}"
            effect = f"{option.where}{least}, {price}; {option.sized.holds}"
            yield Mend("instanceType", offer.instance_type, effect, offer)
