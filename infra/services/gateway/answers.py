"""Whether the gateway's timeout holds an ordinary answer, by the estimates of the models' speed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil

from infra.plan.findings import warned
from infra.plan.models import ModelPlan
from infra.plan.notes import Advice, Finding, Write
from infra.plan.writes import written
from infra.sizing.estimates import Estimate
from infra.sizing.requests import MEAN_REQUEST

_PATH = "gateway.timeoutSeconds"


@dataclass(frozen=True)
class Cut:
    """A model whose ordinary answer the gateway ends, even at the fast end of the estimate."""

    name: str
    seconds: Estimate


def cut_answers(models: Iterable[ModelPlan], timeout: int) -> tuple[Cut, ...]:
    """Only those that are certain: with a timeout within the estimate, an ordinary answer may be in time."""
    cuts = (Cut(model.name, seconds) for model in models if (seconds := _answer(model)) is not None)
    return tuple(each for each in cuts if each.seconds.low > timeout)


def shortest_timeout(models: Iterable[ModelPlan]) -> int:
    """The shortest with which no ordinary answer is certainly cut."""
    return max((ceil(seconds.low) for model in models if (seconds := _answer(model)) is not None), default=0)


def warn_of_cut_answers(models: Iterable[ModelPlan], timeout: int) -> Iterator[Finding]:
    cuts = cut_answers(models, timeout)
    if not cuts:
        return
    enough = max(ceil(each.seconds.high) for each in cuts)
    write: Write = ((_PATH, enough),)
    takes = ", ".join(f"{each.name} {each.seconds.low:.0f} to {ceil(each.seconds.high)} s" for each in cuts)
    message = (
        f"the gateway ends ordinary answers after {timeout} s: at full load, one of {MEAN_REQUEST.output} tokens to a"
        f" prompt of {MEAN_REQUEST.prompt:,} takes {takes} (estimates). At their slow end {enough} s are enough:"
        f" {written(write)}"
    )
    yield replace(warned(_PATH, message), advice=(Advice(write, written(write)),))


def _answer(model: ModelPlan) -> Estimate | None:
    """How long a caller who doesn't stream waits for the first byte of an answer, which is then whole."""
    full = model.throughput.full
    if full is None:
        return None
    first, following, tokens = full.first_token, full.next_token, model.throughput.request.output
    return Estimate(
        low=first.low + tokens * following.low,
        mid=first.mid + tokens * following.mid,
        high=first.high + tokens * following.high,
    )
