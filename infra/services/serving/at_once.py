"""`concurrency`: requests that each replica must hold at once. An engine that takes fewer breaks the rule."""

from collections.abc import Iterator

from infra.offers.fixes import Changes
from infra.plan.notes import Advice, Finding, Violation
from infra.plan.rules import Rule
from infra.plan.words import count
from infra.plan.writes import written
from infra.services.serving.placed import Placed
from infra.sizing.question import Question

SEQS, TOKENS = "maxNumSeqs", "maxNumBatchedTokens"


def check_at_once(placed: Placed) -> Iterator[Finding]:
    served, sized = placed.served, placed.sized
    if sized is None:
        return
    asked, taken = sized.question.concurrency, sized.arguments.max_num_seqs
    if not 0 < taken < asked:
        return
    key = SEQS if sized.question.max_num_seqs == taken else TOKENS
    why = "" if key == SEQS else ": a step has at least one token of each"
    message = f"{served.name}: concurrency is {asked}, but its engine takes {count(taken, 'request')} at once{why}"
    writes = (served.write(changes) for changes in _ways(sized.question, asked, taken))
    advice = tuple(Advice(write, written(write)) for write in dict.fromkeys(writes))
    yield Violation(Rule.FIT, f"{served.path}.{key}", message, ", or ".join(each.text for each in advice), advice)


def _ways(question: Question, asked: int, taken: int) -> Iterator[Changes]:
    """Where a step has too few tokens for the requests, the planner chooses how many it has."""
    few_tokens = question.max_num_batched_tokens is not None and question.max_num_batched_tokens < asked
    step: Changes = ((TOKENS, None),) if few_tokens else ()
    if question.max_num_seqs is not None and question.max_num_seqs < asked:
        yield (SEQS, asked), *step
        yield (SEQS, None), *step
    else:
        yield step
    yield (("concurrency", taken),)
