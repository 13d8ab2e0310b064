"""Several changes that keep to the budget together: one by one, always that with the largest saving beside those before
it, until they are enough; then without each that isn't needed."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.plan.notes import Advice, Write
from infra.planning.budget_capacity import Harm, harms
from infra.planning.budget_parts import Means, minimum_replicas, most_expensive, parts
from infra.planning.budget_search import WEIGHTS, Search

MIN_PART = 0.1  # of the saving that is needed: a change that saves less is no reason to name it
MIN_SHARE, MIN_USD = 0.005, 5.0  # of the bill, and dollars: a change that saves less is no part of a way
WORTH_MORE = 0.1  # of the bill: what a change saves that nobody needs to keep to the budget, and is named all the same
MAX_PARTS = 12

KEEP: frozenset[Harm] = frozenset()
SMALLER = frozenset({Harm.WEIGHTS})
LESS = SMALLER | {Harm.CAPACITY}
FEWER = frozenset({Harm.REPLICAS})
# What ways may take, the smallest harm first; each begins with what takes nothing.
QUICK = (LESS, FEWER, LESS | {Harm.UNSURE}, LESS | FEWER | {Harm.UNSURE})
ON_SPOT = tuple(each | {Harm.SPOT} for each in QUICK[2:])
ASLEEP = tuple(each | {Harm.ASLEEP} for each in (*QUICK[2:], *ON_SPOT))
SLOW = tuple(each | {Harm.SLOW} for each in (*QUICK[2:], *ON_SPOT))
ON_SPOT_ASLEEP = frozenset({Harm.SPOT, Harm.ASLEEP})  # nodes at another price, and in fewer hours
# What is taken out of a way first, if it is enough without that.
_ORDER = (Harm.SLOW, Harm.ASLEEP, Harm.SPOT, Harm.WEIGHTS, Harm.REPLICAS)

Chosen = Sequence[Write]


@dataclass(frozen=True)
class Together:
    """The search for a way of several changes. Where it ends doesn't depend on the budget, so that what is enough for a
    larger one is found for a smaller one too."""

    search: Search
    found: dict[frozenset[Harm], Chosen] = field(default_factory=dict)  # by what may be taken
    _saves: dict[str, float] = field(default_factory=dict)  # of each part beside those that take nothing
    _parts: dict[str, list[Write]] = field(default_factory=dict)

    def instead(self, search: Search) -> "Together":
        """Another search over the same parts."""
        return Together(search, _parts=self._parts)

    def way(self, allowed: frozenset[Harm]) -> Advice | None:
        """As many changes as are needed, with as many replicas as the budget allows. None: they aren't enough."""
        return self._advice(self._lowered(allowed))

    def in_fewer_replicas(self) -> Advice | None:
        """The same, of fewer replicas alone, which move nothing."""
        models = most_expensive(self.search)
        return self._advice(self._further((), FEWER, list(minimum_replicas(self.search, models))))

    def cheaper(self, allowed: frozenset[Harm]) -> Advice | None:
        """The same with one change more, which takes nothing of another kind, where that saves much. Of replicas, as
        many stay as the budget allows."""
        chosen = self._needed(self._lowered(allowed), self.search.budget.usd_per_month)
        then = self.search.planned(self.search.joined(chosen))
        takes = harms(self.search.plan, then) if then is not None else FEWER
        if Harm.REPLICAS in takes:
            return None
        usd = self._usd(chosen)
        ways = [each for each in self._parts_beside(chosen) if _takes(each) <= takes and each not in chosen]
        part = self._largest(chosen, usd, takes, ways, dict(self._saves), WORTH_MORE * usd)
        return self._advice([*chosen, part], self._usd([*chosen, part])) if part is not None else None

    def _advice(self, chosen: Chosen, usd: float | None = None) -> Advice | None:
        """`usd`: the bill that needs no further part; else the budget."""
        search = self.search
        usd = search.budget.usd_per_month if usd is None else usd
        if not chosen or self._usd(chosen) > usd:
            return None
        whole = search.joined(self._needed(chosen, usd))
        return search.advice(whole) or search.advice(search.joined(chosen))

    def nearest(self) -> Write:
        """What saves the largest amount, of all that was tried."""
        lowest = min(self.found.values(), key=self._usd, default=())
        return self.search.joined(self._needed(lowest, self._usd(lowest))) if lowest else ()

    def _lowered(self, allowed: frozenset[Harm]) -> Chosen:
        if allowed not in self.found:
            first = self._lowered(KEEP) if allowed else ()
            self.found[allowed] = self._further(first, allowed)
        return self.found[allowed]

    def _further(self, chosen: Chosen, allowed: frozenset[Harm], among: Sequence[Write] | None = None) -> Chosen:
        """With further parts, until they are enough or none saves more. `among`: those that may be taken; else all."""
        usd, saves = self._usd(chosen), dict(self._saves)
        while usd > self.search.budget.usd_per_month and len(chosen) < MAX_PARTS:
            beside = self._parts_beside(chosen) if among is None else among
            ways = [each for each in beside if _takes(each) <= allowed and each not in chosen]
            part = self._largest(chosen, usd, allowed, ways, saves)
            if part is None:
                break
            chosen = [*chosen, part]
            usd = self._usd(chosen)
        if allowed == KEEP:
            self._saves.update(saves)
        return chosen

    def _largest(
        self,
        chosen: Chosen,
        usd: float,
        allowed: frozenset[Harm],
        ways: Sequence[Write],
        saves: dict[str, float],
        smallest: float = MIN_USD,
    ) -> Write | None:
        """The part with the largest saving beside the chosen ones. One that saved less when it was last tried than
        another one does now isn't tried again. `saves`: of each part, as it was last tried."""
        best, largest = None, max(smallest, MIN_SHARE * usd)
        for part in sorted(ways, key=lambda each: -saves.get(repr(each), float("inf"))):
            if saves.get(repr(part), float("inf")) <= largest:
                break
            whole = self.search.joined([*chosen, part])
            saves[repr(part)] = less = usd - self.search.sound_total(whole)
            then = self.search.planned(whole) if less > largest else None
            if then is not None and harms(self.search.plan, then) <= allowed:
                best, largest = part, less
        return best

    def _parts_beside(self, chosen: Chosen) -> list[Write]:
        written = self.search.joined(chosen)
        if repr(written) not in self._parts:
            market = self.search.market(written)
            found = parts(self.search, Means(market), written) if market is not None else []
            self._parts[repr(written)] = list({repr(each): each for each in found}.values())
        return self._parts[repr(written)]

    def _usd(self, chosen: Chosen) -> float:
        return self.search.sound_total(self.search.joined(chosen)) if chosen else self.search.lowest

    def _needed(self, chosen: Chosen, usd: float) -> Chosen:
        """Without the parts that such a bill doesn't need, and with as many replicas as it allows."""
        for part in sorted(chosen, key=lambda each: (_rank(each), -chosen.index(each))):
            others = [each for each in chosen if each is not part]
            if others and self._usd(others) <= usd:
                chosen = others
            elif _takes(part) == {Harm.REPLICAS}:
                chosen = [_raised(self.search, each, chosen, usd) if each is part else each for each in chosen]
        return chosen


def _raised(search: Search, part: Write, chosen: Chosen, usd: float) -> Write:
    """With the largest number of replicas for such a bill."""
    ((path, number),) = part
    model = next(each for each in search.plan.models.values() if path.startswith(f"{each.path}.replicas"))
    given = model.replicas.min if path.endswith(".min") else model.replicas.max
    found = search.largest(number, given - 1, lambda more: search.joined([*chosen, ((path, more),)]), usd)
    return ((path, found or number),)


def _takes(part: Write) -> frozenset[Harm]:
    """What a part takes by what it writes, whatever else is written."""
    keys = {path.rpartition(".")[2] for path, value in part if value is not None}
    replicas = [value for path, value in part if ".replicas" in path]
    sleeps = 0 in replicas
    found = {
        Harm.REPLICAS: bool(replicas) and not sleeps,
        Harm.ASLEEP: sleeps,
        Harm.SPOT: keys == {"capacity"},
        Harm.WEIGHTS: not keys.isdisjoint(WEIGHTS),
    }
    return frozenset(harm for harm, there in found.items() if there)


def _rank(part: Write) -> int:
    return min((_ORDER.index(each) for each in _takes(part)), default=len(_ORDER))


def all_together(search: Search, chosen: Chosen) -> Advice | None:
    """The first of the parts, as many as are needed, with the replicas of the last one that the budget allows. That
    takes few plans, whatever their number. None: all of them aren't enough."""

    def usd(number: int) -> float:
        return -search.total(search.joined(chosen[:number]))  # a bisection wants rising figures

    limit = search.budget.usd_per_month
    if not chosen or usd(len(chosen)) < -limit:
        return None
    needed = chosen[: bisect_left(range(len(chosen)), -limit, key=usd)]
    *rest, last = needed
    more = [*rest, _raised(search, last, needed, limit)] if Harm.REPLICAS in _takes(last) else needed
    return search.advice(search.joined(more)) or search.advice(search.joined(needed))
