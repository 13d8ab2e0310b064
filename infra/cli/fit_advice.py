"""Other questions for `fit`, where the answer is no or not certain. Each is asked before it is proposed."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from infra.catalog import Catalog, Gpu
from infra.catalog.shape_said import size_unlike
from infra.cli.fit_where import MAX_GPUS, Where
from infra.offers.fixes import Changes, Fix, ways_to_be_certain, ways_to_fit
from infra.offers.options import Option, is_certain, serving, tries
from infra.offers.options import fits as fits_at_all
from infra.offers.pools import every_type
from infra.offers.sizing import Sizing
from infra.plan.words import LIKELY, count
from infra.services.serving.instead_on_cpu import noun_of
from infra.services.serving.placed import GPUS_OF_A_NODE
from infra.sizing.question import Question, Sized

Given = Mapping[str, str | None]  # options of the command line by name, as typed
Answer = Callable[[str, Given], Option | None]  # what `fit` says of a model on the GPUs given; None: bad input

_OTHER_GPUS = ("gpu", "gpus", "gpu-memory-gib")  # what an instance type stands in the place of


@dataclass(frozen=True)
class Way:
    """A command line of `fit` whose answer is a fit, or a certain one."""

    flags: str  # what changes: options stand in the place of those of the same name, an instance type of the GPU
    effect: str
    arguments: tuple[str, ...]  # the whole
    then: Option  # what it answers


def ways(model: str, given: Given, option: Option, where: Where, sizing: Sizing, answer: Answer) -> list[Way]:
    """Ways to a fit, those to a certain one first, or to a certain one alone; none where the fit is certain, or can't
    be judged."""
    if option.certain or option.judged is None:
        return []
    found = []
    for fix in _fixes(option, where, sizing) if option.takes_all else _larger_batches(option, where, sizing):
        changes = _changes(fix, option)
        name, options = followed(model, given, changes)
        then = answer(name, options)
        if then is not None and (then.certain if option.fits else then.judged is not False):
            effect = "; ".join((fix.effect, *unsure(then)))
            found.append(Way(flag(changes), effect, _arguments(name, options), then))
    return sorted(found, key=lambda each: each.then.likely)


def unsure(option: Option) -> list[str]:
    """In the words of a plan's fixes."""
    return [LIKELY] if option.likely else []


def _fixes(option: Option, where: Where, sizing: Sizing, asked: Question | None = None) -> Iterator[Fix]:
    """Of a GPU that is named by itself, as many as the largest node has: a model is split within one node. `asked`:
    what is asked of other instance types, where that isn't the option's own question."""
    sized, offer = option.sized, option.offer if where.instance else None
    goal, find = (is_certain, ways_to_be_certain) if option.fits else (fits_at_all, ways_to_fit)
    question = sized.question.but(gpus=None)
    length = min(question.max_model_len, question.own_context)
    moved = (asked or question).but(gpus=None, max_model_len=length)
    elsewhere = moved.but(planned=question.version is None)  # as of an instance type
    others = [each for each in every_type(sizing.catalog) if offer is None or each.types != offer.types]
    largest = largest_node(sized.gpu, sizing.catalog) or MAX_GPUS
    more = tries(question, offer, sizing) if offer else sizing.tries(question, sized.gpu, largest)
    yield from find(sized, serving(elsewhere, others, sizing, goal), more, sizing)


def _larger_batches(option: Option, where: Where, sizing: Sizing) -> Iterator[Fix]:
    """Where a batch has fewer requests than are asked for: one of as many, by itself or with what that one needs, and
    as many requests as the batch has."""
    sized = option.sized
    asked, taken = sized.question.concurrency, sized.arguments.max_num_seqs
    batch = tuple(_batch_of(sized.question, asked))
    question = sized.question.but(**{_option(key).replace("-", "_"): number for key, number in batch})
    larger = replace(option, sized=sizing.size(question, sized.gpu, sized.gpus))
    if larger.fits:
        yield Fix(batch, f"instead of {taken}; {larger.sized.holds}")
    for fix in _fixes(larger, where, sizing, sized.question) if not larger.fits else ():
        yield fix if fix.offer is not None else replace(fix, changes=(*batch, *fix.changes))
    replicas = math.ceil(asked / taken)
    yield Fix((("concurrency", taken),), f"requests at once, instead of {asked}: {replicas} replicas take {asked}")


def _batch_of(question: Question, asked: int) -> Iterator[tuple[str, int]]:
    """What to write for a batch of as many requests; a planner chooses one where nothing says another."""
    if not question.planned and question.max_num_seqs is None:
        yield "maxNumSeqs", asked
    if question.max_num_batched_tokens is not None and question.max_num_batched_tokens < asked:
        yield "maxNumBatchedTokens", asked


def few_at_once(option: Option) -> Iterator[str]:
    """In the words of a plan."""
    question, taken = option.sized.question, option.sized.arguments.max_num_seqs
    if not option.takes_all:
        why = " by default" if question.max_num_batched_tokens is None else ": a step has at least one token of each"
        takes = f"its engine takes {count(taken, 'request')} at once{why}"
        yield f"concurrency is {question.concurrency}, but {takes}; others wait"


def largest_node(gpu: Gpu, catalog: Catalog) -> int | None:
    """Its GPUs; nobody knows how many of a GPU that no instance type has are in a node."""
    return max((each.gpus for each in catalog.instances.values() if each.gpu == gpu.name), default=None)


def more_than_a_node(sized: Sized, catalog: Catalog) -> Iterator[str]:
    """A note for more GPUs than the nodes have that this program knows: a replica can't be on two."""
    known = largest_node(sized.gpu, catalog)
    if sized.gpus <= (known or GPUS_OF_A_NODE):
        return
    several = f"no instance type has more than {known} x {sized.gpu.name}"
    nodes = several if known else f"few nodes have more than {GPUS_OF_A_NODE} GPUs"
    yield f"all GPUs of a replica must be on one node, and {nodes}: this is true only of a node with {sized.gpus}"


def in_library(question: Question, catalog: Catalog) -> Iterator[str]:
    """What its name says against its shape, and what a stack file has to say of a repository: that its code may run, or
    for an engine that takes no repositories, what it is called there."""
    if question.shape is not None and question.shape.custom_code and question.engine.limits.remote_code is not None:
        yield (
            f"{question.name} needs code from its repository: a stack file says trustRemoteCode: true and revision: the"
            " commit whose code you have read"
        )
    if question.shape is not None and (said := size_unlike(question.name, question.shape)) is not None:
        yield (
            f"the name {question.name} says {said}, and this is the shape of {question.shape.id} with"
            f" {question.shape.params_b:.3g} B weights: if the name is right, this is wrong"
        )
    library = question.engine.library
    if library is None or question.name not in catalog.models:
        return
    title, kind, name = question.engine.title, noun_of(question.engine), library.name_like(question.name, catalog)
    if name is not None:
        yield f'{title} serves it by the {kind} {name}: a stack file says model: "{name}"'
    else:
        yield f"no {kind} of it is known: a stack file needs one that exists, and like: {question.name}"


def _changes(fix: Fix, option: Option) -> Changes:
    """An instance type with the number of its GPUs where fewer might do, but not for certain."""
    question = option.sized.question
    if fix.offer is None:
        return fix.changes
    shorter = (("maxModelLen", question.own_context),) if question.max_model_len > question.own_context else ()
    return (*fix.changes, *((("gpus", fix.gpus),) if option.fits else ()), *shorter)


def flag(changes: Changes) -> str:
    """Keys of a stack file as options; another repository is the argument itself."""
    given = [(_option(key), value) for key, value in changes if value is not None]
    return " ".join(str(value) if option == "model" else f"--{option} {value}" for option, value in given)


def followed(model: str, given: Given, changes: Changes) -> tuple[str, dict[str, str | None]]:
    """The model and the options that are asked then."""
    written = {_option(key): None if value is None else str(value) for key, value in changes}
    kept = dict(given)
    if "instance-type" in written:
        kept = {name: value for name, value in kept.items() if name not in _OTHER_GPUS}
    model = written.pop("model", None) or model
    return model, kept | {name: value for name, value in written.items() if value is not None}


def _option(key: str) -> str:
    return re.sub(r"(?=[A-Z])", "-", key).lower()


def _arguments(model: str, given: Given) -> tuple[str, ...]:
    options = ((f"--{name}", value) for name, value in given.items() if value is not None)
    return (model, *(part for option in options for part in option))
