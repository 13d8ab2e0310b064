"""From how many tokens per month a replica costs less than a hosted API, and whether one replica makes as many.

The API's price is blended: all that it charges for a request, its prompt included, on each million tokens that come
out. With as many tokens in a request as the throughput is estimated for, that is
price out + (tokens in / tokens out) x price in.
"""

from dataclasses import dataclass

from infra.plan.money import HOURS_A_MONTH
from infra.sizing.estimates import Throughput, span

SECONDS_PER_MONTH = HOURS_A_MONTH * 3600


@dataclass(frozen=True)
class BreakEven:
    api_price: float  # dollars per million output tokens
    tokens_per_month: float  # output tokens: below, the API is cheaper
    replica_tokens_per_month: tuple[float, float] | None  # at full load, low and high; None: no estimate
    reason: str

    @property
    def one_replica_makes_them(self) -> bool | None:
        """None where it isn't sure, or not known."""
        if self.replica_tokens_per_month is None:
            return None
        low, high = self.replica_tokens_per_month
        return True if self.tokens_per_month <= low else False if self.tokens_per_month > high else None


def break_even(usd_per_hour: float, api_price: float, throughput: Throughput) -> BreakEven:
    """A replica costs the same however much it makes; its share of the node's GPUs alone, no cluster around it."""
    month = usd_per_hour * HOURS_A_MONTH
    tokens = month / api_price * 1e6
    rate = throughput.tokens_per_second
    makes = (rate.low * SECONDS_PER_MONTH, rate.high * SECONDS_PER_MONTH) if rate is not None else None
    start = (
        f"${month:,.0f} per month / ${api_price:g} per million = {_millions(tokens)} output tokens per month,"
        f" {tokens / SECONDS_PER_MONTH:,.0f} per second all month"
    )
    return BreakEven(api_price, tokens, makes, f"{start}; {_can(tokens, makes, throughput)}")


def _can(tokens: float, makes: tuple[float, float] | None, throughput: Throughput) -> str:
    if makes is None:
        return f"whether a replica makes as many isn't known ({throughput.reason})"
    low, high = makes
    can = "makes as many" if tokens <= low else "can't make as many" if tokens > high else "may make as many"
    return f"a replica {can}: {span(_millions(low), _millions(high))} at full load"


def _millions(tokens: float) -> str:
    return f"{tokens / 1e6:,.0f} million" if tokens >= 1e7 else f"{tokens / 1e6:.2g} million"
