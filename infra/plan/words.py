"""Numbers, bills and commands as people write them."""

import shlex
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from infra.plan.alike import alike
from infra.sizing.estimates import Estimate, span

# The three bills: the values of `budget.of`, and their names in sentences.
BILLS = {"min": "minimum", "expected": "expected", "max": "maximum"}

Printed = TypeVar("Printed", bound=Hashable)


def bills(amounts: Mapping[str, Printed]) -> list[tuple[str, Printed]]:
    """Each figure once, with the names of the bills that have it. Without a name where all three bills are equal."""
    words = alike(amounts.items())
    same = len(words) == 1 and len(amounts) == len(BILLS)
    return [("" if same else " and ".join(of), amount) for amount, of in words.items()]


def bills_said(amounts: Mapping[str, str]) -> str:
    """`expected $706 per month; minimum $687; maximum $860`, or `$1,022 per month`."""
    first, *others = (f"{word} {amount}".lstrip() for word, amount in bills(amounts))
    return "; ".join((f"{first} per month", *others))


SPOT = "the cloud may take a spot node back with two minutes' notice"
LIKELY = "fits, but not for certain"
NO_START = "doesn't start"  # of a model that no GPU here can run, or that doesn't fit its GPUs
SMALLEST_GIB = 0.05  # what prints with one decimal
REGIONS = 6  # how many regions a sentence names


def count(number: int, noun: str) -> str:
    """`1 GPU`, `2 GPUs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def number(amount: float) -> str:
    """`1,022`."""
    return f"{amount:,.0f}"


def duration(seconds: float) -> str:
    """`45 s`, `3 min`, `2 min 15 s`."""
    whole, rest = divmod(round(seconds), 60)
    return " ".join(part for part in (f"{whole} min" * bool(whole), f"{rest} s" * bool(rest or not whole)) if part)


def minutes(seconds: float) -> str:
    """An estimate, in whole minutes: `3 min`, `1 min`; below 45 seconds `30 s`."""
    return duration(seconds if seconds < 45 else max(1, round(seconds / 60)) * 60)


def first_wait(held: int, wakes: int) -> str:
    """What the first caller of a model that sleeps waits: until a replica has started, or its hold ends before that."""
    return duration(held) if held < wakes else f"about {minutes(wakes)}"


def without(model: str, fallback: str | None) -> str:
    """What there is of a model for the time in which it has no servers. `fallback`: a model elsewhere."""
    return (
        f"without {model}" if fallback is None else f"in which {fallback} answers for {model} and prompts leave to it"
    )


def memory(gib: float) -> str:
    """`1.5 GiB`; what would print as `0.0 GiB` in MiB: `12 MiB`."""
    return f"{gib:.1f} GiB" if abs(gib) >= SMALLEST_GIB else f"{gib * 1024:.0f} MiB"


def decimals_that_differ(one: float, other: float) -> int:
    """The smallest number of decimals, from one on, with which two numbers print differently; three are the end."""
    return next((n for n in (1, 2) if f"{one:.{n}f}" != f"{other:.{n}f}"), 3)


def interval(estimate: Estimate) -> str:
    """Its low end is farther than its high one: both are said, where they print as others than the middle."""
    low, mid, high = (f"{each:.1f}" for each in (estimate.low, estimate.mid, estimate.high))
    return mid if low == mid == high else f"{mid} ({span(low, high, '–')})"


def usd(amount: float) -> str:
    """`$1,022`."""
    return f"${number(amount)}"


def saves(amount: float, of: str) -> str:
    """`saves $126 per month of the expected bill`."""
    if amount < 0:
        return f"raises the {BILLS[of]} bill by {usd(-amount)} per month"
    return f"saves {usd(amount)} per month of the {BILLS[of]} bill"


def who_prices(pools: Sequence[str]) -> str:
    """The keys that give nodes that exist a price."""
    keys = " and ".join(f"gpuPools.{name}.existing.usdPerGpuHour" for name in pools)
    return f"{keys} {'gives' if len(pools) == 1 else 'give'} them one"


def kubectl(context: str | None) -> str:
    """The beginning of a command for a context of the kubeconfig; None: for the current context."""
    return f"kubectl --context {shlex.quote(context)}" if context else "kubectl"


def regions_with(instance_type: str, regions: Sequence[str]) -> str:
    """`a region that has p5.48xlarge: us-east-1, us-west-2 and 3 more`."""
    more = f" and {len(regions) - REGIONS} more" if len(regions) > REGIONS else ""
    return f"a region that has {instance_type}: {', '.join(regions[:REGIONS])}{more}"
