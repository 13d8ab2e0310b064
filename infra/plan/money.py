"""The bill, and what would change it, in US dollars. A month is 730 hours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from infra.plan.adding_up import adding_up
from infra.plan.cluster import ClusterPlan
from infra.plan.notes import Write
from infra.settings.platform import Settings

HOURS_PER_MONTH = 730


# The expected bill assumes that the mean number of replicas is this share of the way from minimum to maximum.
EXPECTED_LOAD = 1 / 3


def rise(before: float, after: float) -> int:
    """By how many dollars per month the second bill is higher, as both are shown: the difference of their whole
    dollars, so that a promise in a plan is what a diff of the same change shows."""
    return round(after) - round(before)


@dataclass(frozen=True)
class Remedy:
    """A way to shorten a cold start, and by how much."""

    name: str
    seconds: int  # that it saves
    write: str | None  # into the stack file; None: the stack file has no key for it
    write_with: Write  # what has to be written together with it: the pools that the program chose
    usd_per_month: float | None  # that it adds to the minimum bill; None: not known
    reason: str
    # Seconds by which other models start later.
    slower: Mapping[str, int] = field(default_factory=dict[str, int], hash=False)


@dataclass(frozen=True)
class CostItem:
    name: str
    min: float  # dollars per month
    expected: float  # at EXPECTED_LOAD
    max: float
    what: str = ""  # what is billed, and how much of it
    pool: str | None = None  # the pool whose nodes these are
    with_nodes: bool = False  # it is billed per node, besides the node's price
    usd_per_gib: float | None = None  # and month: of weights of earlier models, which stay and aren't in it

    @classmethod
    def fixed(cls, name: str, month: float, what: str = "") -> "CostItem":
        """The same in all three bills."""
        return cls(name, month, month, month, what)


@dataclass(frozen=True)
class CheaperPlatform:
    """A change that makes the cluster itself cheaper: what to write, and the stack after it."""

    write: Write
    settings: Settings  # after the change, as `cluster`
    cluster: ClusterPlan
    effect: str


@dataclass(frozen=True)
class PriceNote:
    """What a bill leaves out, and where its prices come from."""

    left_out: str
    note: str  # date, region and discount of the prices; which prices the user gave
    whose: str = ""  # where the prices come from, beside the sum; blank where they are the region's
    others_whose: str = ""  # the same for all prices except those of nodes


@dataclass(frozen=True)
class Cost:
    items: tuple[CostItem, ...]
    left_out: str  # this and the next three are those of PriceNote
    price_note: str
    whose: str = ""
    others_whose: str = ""
    rollouts: str = ""  # nodes that are billed only for the hours of rollouts

    @property
    def usd_per_month_min(self) -> float:
        return _sum(item.min for item in self.items)

    @property
    def usd_per_month_expected(self) -> float:
        return _sum(item.expected for item in self.items)

    @property
    def usd_per_month_max(self) -> float:
        return _sum(item.max for item in self.items)

    def bill(self, of: str) -> float:
        """By a key of BILLS."""
        return {
            "min": self.usd_per_month_min,
            "expected": self.usd_per_month_expected,
            "max": self.usd_per_month_max,
        }[of]

    def rises(self, usd: float, of: str) -> int:
        """By how much it rises where a change adds these dollars, as both bills are shown."""
        return rise(self.bill(of), in_cents(self.bill(of) + usd))

    def falls(self, usd: float, of: str) -> int:
        return -self.rises(-usd, of)

    @property
    def in_dollars(self) -> tuple[CostItem, ...]:
        """The items as they are shown: their whole dollars add up to those of the three bills."""
        sums = (self.usd_per_month_min, self.usd_per_month_expected, self.usd_per_month_max)
        amounts = [[in_cents(amount) for amount in (each.min, each.expected, each.max)] for each in self.items]
        shown = adding_up(amounts, [round(each) for each in sums])
        return tuple(
            replace(item, min=low, expected=mid, max=high)
            for item, (low, mid, high) in zip(self.items, shown, strict=True)
        )


def in_cents(amount: float) -> float:
    """As JSON has it. Every whole number of dollars is rounded from it, so a plan and its JSON show the same one."""
    return round(amount, 2)


def in_parts_of_cents(usd: float | None) -> float | None:
    """Of a price per hour, as JSON has it."""
    return round(usd, 4) if usd is not None else None


def _sum(amounts: Iterable[float]) -> float:
    return in_cents(sum(map(in_cents, amounts)))


@dataclass(frozen=True)
class Night:
    """What a model's schedule saves, in dollars per month, against the replicas of its windows at all hours."""

    hours_per_week: float  # in which its windows are paid for, with what comes before and after them
    saves_min: float  # of the minimum bill
    saves_expected: float
    only_with: tuple[str, ...] = ()  # models whose hours save the same dollars: without theirs, less is saved


@dataclass(frozen=True)
class Morning:
    """What a schedule would be worth to a model that sleeps: who comes first on a working day waits for nothing."""

    write: Write
    waits_seconds: int  # for its answer, without the schedule
    ahead_minutes: int  # by which a replica is started before the hours
    usd_per_month: float  # that it adds to the minimum bill


@dataclass(frozen=True)
class Cheaper:
    """What to write in the stack file, below a model, and what that saves of the next plan's bill.

    A saving of 0, or close to it: the same money holds more requests.
    """

    setting: str
    usd_per_month: float
    effect: str
    write: Write
    beside: tuple[str, ...] = ()  # what has to be written together with it, for pools and other models
    of: Literal["min", "expected"] = "min"  # which bill is lower: the expected one where nodes are on spot
