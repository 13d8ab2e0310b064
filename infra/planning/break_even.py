"""The number of tokens per month above which a replica costs less than a hosted API, and whether one replica can
generate that number.

The API's price is a blended one: what the API charges for a whole request, prompt included, divided by the output
tokens. For the request that the throughput is estimated for, it is price of output + (tokens in / tokens out) x price
of input, per million.
"""

from dataclasses import dataclass

from infra.plan.money import HOURS_PER_MONTH
from infra.sizing.estimates import Throughput, span

SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600


@dataclass(frozen=True)
class BreakEven:
    tokens_per_month: float  # output tokens; below this number the API is cheaper
    replica_tokens_per_month: tuple[float, float] | None  # at full load, low and high; None: no estimate
    reason: str

    @property
    def one_replica_makes_them(self) -> bool | None:
        """Whether one replica can generate these tokens; None if the estimate can't say, or there is none."""
        if self.replica_tokens_per_month is None:
            return None
        low, high = self.replica_tokens_per_month
        return True if self.tokens_per_month <= low else False if self.tokens_per_month > high else None


def break_even(usd_per_hour: float, api_price: float, throughput: Throughput) -> BreakEven:
    """A replica costs the same whatever it generates. Its cost is its share of the node's GPUs, without the cluster."""
    month = usd_per_hour * HOURS_PER_MONTH
    tokens = month / api_price * 1e6
    rate = throughput.tokens_per_second
    makes = (rate.low * SECONDS_PER_MONTH, rate.high * SECONDS_PER_MONTH) if rate is not None else None
    start = (
        f"${month:,.0f} per month / ${api_price:g} per million = {_millions(tokens)} output tokens per month,"
        f" {tokens / SECONDS_PER_MONTH:,.0f} per second all month"
    )
    return BreakEven(tokens, makes, f"{start}; {_can(tokens, makes, throughput)}")


def _can(tokens: float, makes: tuple[float, float] | None, throughput: Throughput) -> str:
    if makes is None:
        return f"it isn't known whether a replica can generate that many ({throughput.reason})"
    low, high = makes
    can = "can generate" if tokens <= low else "can't generate" if tokens > high else "may be able to generate"
    return f"a replica {can} that many: {span(_millions(low), _millions(high))} at full load"


def _millions(tokens: float) -> str:
    return f"{tokens / 1e6:,.0f} million" if tokens >= 1e7 else f"{tokens / 1e6:.2g} million"
