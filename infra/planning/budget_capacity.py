"""What a replica holds and how fast it is: what a cheaper way to serve a model may cost."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.offers.sizing import throughput_of
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.plan.words import number
from infra.planning.cpu_speed import leave_gpus
from infra.sizing.estimates import Fit, Throughput, requests
from infra.sizing.question import Sized

KEPT = 0.9  # of a figure: what is less than this part of it is a loss


@dataclass(frozen=True)
class Capacity:
    """Of one replica. None: not known."""

    requests: float | None  # that its cache holds at once, each as long as it may be
    tokens: float | None  # per second, at full load

    def keeps(self, before: "Capacity") -> bool:
        return not (_is_less(self.requests, before.requests) or _is_less(self.tokens, before.tokens))


def capacity_of(sized: Sized) -> Capacity:
    return _capacity(sized.fit, throughput_of(sized))


def keeps_capacity(plan: Plan, then: Plan) -> bool:
    return not list(lost_capacity(plan, then)) and not leave_gpus(plan, then)


def lost_capacity(plan: Plan, then: Plan) -> Iterator[tuple[str, str]]:
    """Models whose replicas hold less or are slower then, with the words for it."""
    for name, model in then.models.items():
        before, after = _of(plan.models[name]), _of(model)
        said = []
        if _is_less(after.requests, before.requests):
            said.append(
                f"holds {requests(after.requests or 0)} requests at once instead of {requests(before.requests or 0)}"
            )
        if _is_less(after.tokens, before.tokens):
            said.append(f"about {number(after.tokens or 0)} tokens per second instead of {number(before.tokens or 0)}")
        if said:
            yield name, ", ".join(said)


def _of(model: ModelPlan) -> Capacity:
    return _capacity(model.fit, model.throughput)


def _capacity(fit: Fit | None, throughput: Throughput) -> Capacity:
    rate = throughput.tokens_per_second
    return Capacity(fit.max_concurrency if fit is not None else None, rate.mid if rate is not None else None)


def _is_less(after: float | None, before: float | None) -> bool:
    return after is not None and before is not None and after < KEPT * before
