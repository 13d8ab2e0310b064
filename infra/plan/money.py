"""The bill, and what would change it: US dollars; a month is 730 hours."""

from dataclasses import dataclass
from typing import Literal

from infra.plan.cluster import ClusterPlan
from infra.plan.notes import Write
from infra.settings.platform import Settings

HOURS_A_MONTH = 730


# The expected bill: replicas, on average, are so far from their minimum to their maximum, without a rollout.
EXPECTED_LOAD = 1 / 3


@dataclass(frozen=True)
class Remedy:
    """What would shorten a cold start, and by how much."""

    name: str
    seconds: int
    write: str | None  # into the stack file; None: it has no key there
    write_with: Write  # what has to be written with it: the pools that the program chose
    usd_per_month: float | None  # that the minimum bill has more then; None: nothing that is known
    reason: str


@dataclass(frozen=True)
class CostItem:
    name: str
    min: float  # dollars per month
    expected: float  # at EXPECTED_LOAD
    max: float
    what: str = ""  # how much of what is billed
    pool: str | None = None  # whose nodes these are
    with_nodes: bool = False  # what each node has beside its price: fewer nodes, less of it


@dataclass(frozen=True)
class CheaperPlatform:
    """What would cost less of the cluster itself: what to write, and what the stack is then."""

    write: Write
    settings: Settings
    cluster: ClusterPlan
    effect: str


@dataclass(frozen=True)
class PriceNote:
    """What a bill leaves out, and whose its prices are."""

    left_out: str
    note: str  # date, region, discount of the prices; which are the user's own
    whose: str = ""  # what the sum has to say of its prices; blank where they are the region's
    others_whose: str = ""  # the same of all but nodes


@dataclass(frozen=True)
class Cost:
    items: tuple[CostItem, ...]
    left_out: str
    price_note: str  # date, region, discount of the prices; which are the user's own
    whose: str = ""  # what the sum has to say of its prices; blank where they are the region's
    others_whose: str = ""  # the same of all but nodes
    rollouts: str = ""  # nodes that are billed for the hours of rollouts alone

    @property
    def usd_per_month_min(self) -> float:
        return sum(item.min for item in self.items)

    @property
    def usd_per_month_expected(self) -> float:
        return sum(item.expected for item in self.items)

    @property
    def usd_per_month_max(self) -> float:
        return sum(item.max for item in self.items)


@dataclass(frozen=True)
class Cheaper:
    """What to write in the stack file, below a model, and what that saves of the next plan's bill.

    A saving of 0, or close to it: the same money holds more requests.
    """

    setting: str
    usd_per_month: float
    effect: str
    write: Write
    beside: tuple[str, ...] = ()  # what has to be written with it, of pools and of the other models
    of: Literal["min", "expected"] = "min"  # which bill is lower: the expected one where nodes are on spot
