"""What a replica holds and how fast it is: what another way to serve a model may cost."""

from dataclasses import dataclass

from infra.offers.sizing import throughput_of
from infra.plan.words import number
from infra.sizing.estimates import Fit, Throughput, requests
from infra.sizing.question import Sized

KEPT = 0.9  # of a figure: what is less than this part of it is a loss


@dataclass(frozen=True)
class Capacity:
    """Of one replica. None: not known."""

    requests: float | None  # that it holds at once, each as long as it may be
    tokens: float | None  # per second, at full load

    def keeps(self, before: "Capacity") -> bool:
        return not self.lost(before)

    def lost(self, before: "Capacity") -> str:
        """What it holds less or makes less than before, in words."""
        return ", ".join(filter(None, (self._holds_less(before), self.slower(before))))

    def slower(self, before: "Capacity") -> str:
        if not _is_less(self.tokens, before.tokens):
            return ""
        return f"about {number(self.tokens or 0)} tokens per second instead of {number(before.tokens or 0)}"

    def _holds_less(self, before: "Capacity") -> str:
        if not _is_less(self.requests, before.requests):
            return ""
        return f"holds {requests(self.requests or 0)} requests at once instead of {requests(before.requests or 0)}"


def keeps(then: Sized, now: Sized | None) -> bool:
    return now is not None and capacity_of(then).keeps(capacity_of(now))


def capacity_of(sized: Sized) -> Capacity:
    return capacity(sized.fit, throughput_of(sized))


def capacity(fit: Fit | None, throughput: Throughput) -> Capacity:
    rate = throughput.tokens_per_second
    return Capacity(fit.max_concurrency if fit is not None else None, rate.mid if rate is not None else None)


def _is_less(after: float | None, before: float | None) -> bool:
    return after is not None and before is not None and after < KEPT * before
