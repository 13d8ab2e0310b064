"""What the first line says of models, clients and services: a table, in the order in which it is said."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from infra.cli.diff import found
from infra.cli.diff.away import away
from infra.cli.diff.values import named
from infra.cli.document.marked import code, said
from infra.diff.answers import what_answers
from infra.diff.difference import Difference
from infra.diff.load_balancer import reach
from infra.diff.traffic import renamed
from infra.diff.versions import answering
from infra.plan.alike import alike

Words = Callable[[Difference], Iterable[str]]
Names = Callable[[Difference], Sequence[str]]


@dataclass(frozen=True)
class _Said:
    words: Words
    worse: bool = True  # somebody loses by it
    of_new_stacks: bool = False  # too


def _of(names: Names, one: str, several: str = "", *, by: Callable[[Sequence[str]], str] = named) -> Words:
    """A sentence about one model by its name, or about several by their number."""

    def words(difference: Difference) -> Iterator[str]:
        if which := names(difference):
            yield (one if len(which) == 1 else several or one).format(by(which))

    return words


def _of_clients(names: Names, one: str, several: str) -> Words:
    return _of(names, one, several, by=lambda which: code(which[0]) if len(which) == 1 else f"{len(which):,}")


def _of_each(names: Names, one: str) -> Words:
    return lambda difference: (one.format(said(each)) for each in names(difference))


def _renames(difference: Difference) -> Iterator[str]:
    for was, now in renamed(difference.old, difference.new).items():
        yield f"renames {code(was)} to {code(now)}"


def _away(difference: Difference) -> Iterator[str]:
    return away(difference, found.gaps(difference))


def _other_answers(difference: Difference) -> Iterator[str]:
    names = found.with_other_answers(difference)
    for what, models in alike((name, what_answers(difference.answers[name])) for name in names).items():
        yield f"{what} {named(models)}"


def _refused_requests(difference: Difference) -> Iterator[str]:
    shorter, new = found.shorter(difference), difference.new
    tokens = {new.models[answering(new, name)]["max_model_len"] for name in shorter}
    if shorter:
        over = f"over {tokens.pop():,} tokens" if len(tokens) == 1 else "that are too long now"
        yield f"{named(shorter)} {'refuses' if len(shorter) == 1 else 'refuse'} requests {over}"


def _reached(difference: Difference) -> Iterator[str]:
    """Models that are reached from outside the cluster for the first time; of the internet, `weaker` says it."""
    both = sorted(difference.old.models.keys() & difference.new.models.keys())
    pairs = ((name, reach(difference.old, name), reach(difference.new, name)) for name in both)
    first = ((name, now.where) for name, was, now in pairs if was is None and now is not None and not now.public)
    for where, models in alike(first).items():
        yield f"{named(models)} reached from {where} too"


_OLD = "own old pods"

_LINES = (
    _Said(_of(found.with_next_version, "adds a next version of {}"), worse=False),
    _Said(_renames),
    _Said(_of(found.added, "adds {}"), worse=False),
    _Said(_of(found.removed, "removes {}")),
    _Said(_away),
    _Said(
        _of(
            found.waiting_for_others,
            "{} waits in vain for GPUs of old pods: make two changes",
            "{} wait in vain for GPUs of old pods: make two changes",
        )
    ),
    _Said(
        _of(
            found.waiting_for_themselves,
            f"{{}} waits in vain for GPUs of its {_OLD}",
            f"{{}} wait in vain for GPUs of their {_OLD}",
        )
    ),
    _Said(
        _of(
            found.without_a_node,
            "where the base's plan has the pods, {} finds no node",
            "where the base's plan has the pods, {} find no node",
        )
    ),
    _Said(_of(found.never_starting, "{} doesn't start", "{} don't start"), worse=False),  # a rule says that it fails
    _Said(
        _of(found.without_a_sure_node, "it isn't certain that {} finds a node", "it isn't certain that {} find a node")
    ),
    _Said(_of_each(found.ended_services, "{} ends")),
    _Said(_of_each(found.services_away, "{} down for a while")),
    _Said(
        _of_clients(
            found.refused_clients,
            "a key of client {} answers 401 from now on",
            "keys of {} clients answer 401 from now on",
        )
    ),
    _Said(_of(found.alone, "{} has no fallback any more", "{} have no fallback any more")),
    _Said(_of_clients(found.clients_that_call_less, "client {} may call less", "{} clients may call less")),
    _Said(
        _of_clients(
            found.clients_with_another_secret,
            "client {} no longer has its Secret where it was",
            "{} clients no longer have their Secret where it was",
        )
    ),
    _Said(_of(found.asking_for_a_key, "{} asks for a key from now on", "{} ask for a key from now on")),
    _Said(_other_answers),
    _Said(_of(found.begun, "a next version answers a part of the requests to {}")),
    _Said(_of(found.taken_over, "a next version answers all requests to {}")),
    _Said(_of(found.ended, "a next version ends that answers requests to {}")),
    _Said(_refused_requests),
    _Said(_of(found.asleep, "{} may be asleep: who comes first waits"), worse=False),
    _Said(_of(found.without_times, "{} has no schedule any more", "{} have no schedule any more"), worse=False),
    _Said(_of(found.slowed, "{} makes fewer tokens per second", "{} make fewer tokens per second")),
    _Said(
        _of(
            found.less_sure,
            "whether {} still fits is no longer certain",
            "whether {} still fit is no longer certain",
        )
    ),
    _Said(_of(found.shut_in, "{} no longer reached from outside the cluster")),
    _Said(_of(found.moved, "another URL for {}")),
    _Said(_reached, worse=False),
    _Said(_of(found.never_sure, "{} is not certain to fit", "{} are not certain to fit"), of_new_stacks=True),
)


def lines(difference: Difference) -> Iterator[str]:
    """Most of them only where the stack stays."""
    stays = difference.old.exists and difference.new.exists
    for line in _LINES:
        if stays or line.of_new_stacks:
            yield from line.words(difference)


def is_worse(difference: Difference) -> bool:
    """Whether somebody loses by one of the lines, or by what other parts of the comparison say."""
    unsaid = (
        difference.counted.no_longer,
        difference.clients,  # lower limits
        [each for each in difference.notices if each.waits is not None],  # only where more replicas run
    )
    return any(unsaid) or any(any(line.words(difference)) for line in _LINES if line.worse)
