"""Plans a changed stack file, and says whether that keeps to the budget."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from infra.catalog import Catalog
from infra.plan.money import rise
from infra.plan.notes import Advice, Write
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.borrowed_prices import borrowed_then
from infra.planning.budget import PATH, enough, total
from infra.planning.budget_capacity import Harm, harms
from infra.planning.budget_joined import joined
from infra.planning.budget_words import say_asleep, say_gaps, say_left, say_moved, say_scattered, say_spot, say_waits
from infra.planning.cheaper import Market
from infra.planning.trial import Attempt, Followed, broken_by, holds, spare_max, trimmed, with_lower_max
from infra.settings.platform import Budget

WEIGHTS = ("quantization", "kvCacheDtype")  # keys that make them, or the cache, smaller


@dataclass(frozen=True)
class Search:
    """The search for changes of one plan that is over its budget."""

    plan: Plan  # as it is once `beside` is written
    budget: Budget
    attempt: Attempt
    market_at: Callable[[Write], Market | None]  # of such a plan
    catalog: Catalog
    base: Write = ()  # goes with each change: pools on which no model runs
    beside: Write = ()  # goes with each change too: what other broken rules need
    known_prices: bool = True  # False: nodes with another region's price are a way too

    @cached_property
    def now(self) -> float:
        return self.total(())

    @cached_property
    def trimmed(self) -> Followed:
        """Without the nodes that nothing needs: what a change saves is counted from there, or each would seem to save
        them."""
        found = trimmed(self.plan, self.attempt, self._whole(()))
        return (
            found if found is not None and total(found.then.cost, self.budget) < self.now else Followed((), self.plan)
        )

    @cached_property
    def lowest(self) -> float:
        """The bill with which nobody loses anything."""
        return total(self.trimmed.then.cost, self.budget)

    @property
    def over(self) -> float:
        return self.now - self.budget.usd_per_month

    def total(self, write: Write) -> float:
        """Dollars per month; infinity where the stack file would be refused."""
        plan = self.planned(write)
        return total(plan.cost, self.budget) if plan is not None else float("inf")

    def advice(self, write: Write, saving: float = 0.0) -> Advice | None:
        """The change, with its bill, where it keeps to the budget, saves at least `saving`, and breaks no rule."""
        found = self._followed(write)
        if found is None or not self._is_sound(found.then):
            return None
        found = self._with_own_keys(found)
        whole, then = found.write, found.then
        if (self.lowest if saving else self.now) - total(then.cost, self.budget) < saving:
            return None
        said = "; ".join(
            [
                self._bill(then),
                *say_moved(self.plan, then, self.catalog),
                *say_left(self.plan, then),
                *say_asleep(self.plan, then),
                *say_scattered(self.plan, then),
                *say_waits(self.plan, then),
                *say_gaps(self.plan, then, whole),
                *say_spot(whole),
            ]
        )
        return Advice(whole, f"{written(whole)} ({said})")

    def _with_own_keys(self, found: Followed) -> Followed:
        """Without smaller weights and caches, and with each `max`, where the same bill doesn't need that they change:
        other changes have made it so."""
        usd, taken = total(found.then.cost, self.budget), harms(self.plan, found.then)
        smaller = {path for path, value in found.write if path.endswith(WEIGHTS) and value is not None}
        removed = {path for path, value in found.write if path.endswith(".max") and value is None}
        for path in [path for path, _ in found.write if path in smaller | removed]:
            write = tuple(each for each in found.write if each[0] != path)
            then = self.attempt(write) if write and path not in dict(self.beside) else None
            if then is None or not self._is_sound(then) or not harms(self.plan, then) <= taken:
                continue
            if total(then.cost, self.budget) <= usd:
                found = Followed(write, then)
        return found

    def sound_total(self, write: Write) -> float:
        """The same; infinity also where another rule is broken then, or where a person has to judge the change."""
        then = self.planned(write)
        return self.total(write) if then is not None and holds(self.plan, then) and self._judged(then) else float("inf")

    def _is_sound(self, then: Plan) -> bool:
        return broken_by(then) <= self._without_a_fix and self._judged(then)

    @cached_property
    def _without_a_fix(self) -> frozenset[tuple[str, str]]:
        """Other rules that nothing makes hold: they stay broken, and the budget has ways all the same."""
        return frozenset(each for each in broken_by(self.plan) if each[0] != Rule.BUDGET)

    def _judged(self, then: Plan) -> bool:
        priced = not (self.known_prices and borrowed_then(self.plan, then))
        return priced and self._cards_allow(then) and not self._unjudged(then) and self._leaves_misfits(then)

    def _leaves_misfits(self, then: Plan) -> bool:
        """Whether a model that fits nowhere stays as it is: what it costs elsewhere is no saving."""
        before = (model for model in self.plan.models.values() if model.fit is not None and not model.fit.fits)
        return all(then.models[model.name].fit == model.fit for model in before)

    def first(self, writes: Iterable[Write], saving: float = 0.0) -> list[Advice]:
        """The first of the changes for which there is advice."""
        return list(islice(filter(None, (self.advice(write, saving) for write in writes)), 1))

    def is_borrowed(self, advice: Advice) -> bool:
        """Whether it keeps to the budget at another region's price only."""
        return bool(borrowed_then(self.plan, self.attempt(advice.write)))

    def planned(self, write: Write) -> Plan | None:
        found = self._followed(write)
        return found.then if found is not None else None

    def market(self, write: Write) -> Market | None:
        """What is known of nodes and models once that is written."""
        found = self._followed(write)
        return self.market_at(found.write or self.beside) if found is not None else None

    def joined(self, parts: Iterable[Write]) -> Write:
        return joined(self.plan, parts)

    def _followed(self, write: Write) -> Followed | None:
        """With the lower `max` of pools that goes with the change. Where that isn't enough, and the nodes that no model
        needs aren't either, without those nodes too."""
        whole = self._whole(write)
        if not whole:
            return Followed((), self.plan)
        found = next(with_lower_max(self.plan, whole, self.attempt), None)
        found = self._with_system_nodes(found) if found is not None else None
        if found is None or not write or self._keeps(found.then) or self._spare_is_enough:
            return found
        return self._without_spare_nodes(found, dict(whole))

    def _with_system_nodes(self, found: Followed) -> Followed:
        """With more of them, where what moves to them has no room."""
        broken = [each for each in found.then.violations if (each.rule, each.path) not in broken_by(self.plan)]
        full = [each for each in broken if each.rule == Rule.ROOM_ON_NODES and each.advice]
        more = full[0].advice[0].write if full else ()
        if not more or more[0][0].startswith("models."):
            return found
        write = tuple((dict(found.write) | dict(more)).items())
        then = self.attempt(write)
        return Followed(write, then) if then is not None and holds(self.plan, then) else found

    @cached_property
    def _spare_is_enough(self) -> bool:
        then = self.attempt(self._whole(tuple(spare_max(self.plan))))
        return then is not None and self._keeps(then)

    def _keeps(self, then: Plan) -> bool:
        budget = then.settings.budget or self.budget
        return total(then.cost, budget) <= budget.usd_per_month

    def _without_spare_nodes(self, found: Followed, asked: Collection[str]) -> Followed:
        for rollouts in (True, False):
            lower = {path: nodes for path, nodes in spare_max(found.then, rollouts=rollouts) if path not in asked}
            write = tuple((dict(found.write) | lower).items())
            then = self.attempt(write) if lower else None
            if then is not None and holds(self.plan, then):
                found = Followed(write, then)
            if self._keeps(found.then):
                break
        return found

    def _whole(self, write: Write) -> Write:
        """What other rules need is written last, and but for what is taken out."""
        used = {f"gpuPools.{value}" for path, value in write if path.endswith(".pool")}
        base = (each for each in self.base if each[0] not in {path for path, _ in write} | used)
        change = (*completed(self.plan, write), *base)
        gone = tuple(f"{path}." for path, value in change if value is None)
        beside = dict(each for each in self.beside if not f"{each[0]}.".startswith(gone))
        return (*(each for each in change if each[0] not in beside), *beside.items())

    def with_enough(self, write: Write) -> Advice | None:
        """The largest saving that there is, with a budget that is enough then."""
        there = self.planned(write)
        if there is None:
            return None
        usd = total(there.cost, there.settings.budget or self.budget)
        found = self._followed(((PATH, enough(usd)), *write))
        if found is None or not self._is_sound(found.then):
            return None
        still = f"${rise(self.budget.usd_per_month, usd):,.0f} over {self.budget.usd_per_month:,.0f}"
        usd_is = f"${usd:,.0f}{self._expected(there)}"
        said = "; ".join(
            [
                f"{usd_is}, still {still}, with the largest saving that was found",
                *self._maximum(there),
                *say_moved(self.plan, there, self.catalog),
                *say_waits(self.plan, there),
                *say_spot(found.write),
            ]
        )
        return Advice(found.write, f"{written(found.write)} ({said})")

    def enough(self) -> Advice:
        """A budget that the bill keeps to, without nodes that nothing needs."""
        spare = self.trimmed.write if self.lowest > self.budget.usd_per_month else ()
        usd = self.lowest if spare else self.now
        whole = self._whole(((PATH, enough(usd)), *spare))
        said = [f"${usd:,.0f}"] if self.beside or spare else []
        said += [*say_gaps(self.plan, self.plan, whole), *(["replicas and rollouts need no more nodes"] * bool(spare))]
        return Advice(whole, f"{written(whole)} ({'; '.join(said)})" if said else written(whole))

    def served(self, advice: Advice) -> list[tuple[Any, ...]]:
        """What each model runs on then, whatever its pool is called."""
        plan = self.planned(advice.write) or self.plan
        return [
            (each.name, each.instance_type, each.gpus, each.replicas, each.fit, plan.pools[each.pool].capacity)
            for each in plan.models.values()
            if each.pool is not None
        ]

    def _bill(self, plan: Plan) -> str:
        usd = total(plan.cost, plan.settings.budget or self.budget)
        return "; ".join((f"${usd:,.0f}{self._expected(plan)}", *self._maximum(plan)))

    def _expected(self, plan: Plan) -> str:
        return " is expected" if self._is_of_another_bill(plan) else ""

    def _maximum(self, plan: Plan) -> list[str]:
        return [f"the maximum is ${plan.cost.usd_per_month_max:,.0f}"] if self._is_of_another_bill(plan) else []

    def _is_of_another_bill(self, plan: Plan) -> bool:
        return plan.settings.budget is not None and plan.settings.budget.of != self.budget.of

    def harms(self, advice: Advice) -> frozenset[Harm]:
        then = self.attempt(advice.write)
        return harms(self.plan, then) if then is not None else frozenset(Harm)

    def is_slow(self, advice: Advice) -> bool:
        """Whether a model answers more slowly then than people read."""
        return Harm.SLOW in self.harms(advice)

    def order(self, advice: Advice) -> tuple[bool, bool]:
        """What takes nothing from anybody comes first, then what keeps what a replica holds, and another budget."""
        found = self.harms(advice)
        return bool(found) or advice.write[0][0].startswith("budget."), not found.isdisjoint((Harm.CAPACITY, Harm.SLOW))

    def _unjudged(self, plan: Plan) -> bool:
        """Whether a model runs elsewhere then, and nobody knows whether it fits there."""
        before = self.plan.models
        moved = (each for each in plan.models.values() if each.instance_type != before[each.name].instance_type)
        return any(each.fit is not None and each.fit.judged is None for each in moved)

    def _cards_allow(self, plan: Plan) -> bool:
        """A cache in 8 bit is for cards that compute in it."""
        before = self.plan.models
        new = [each for each in plan.models.values() if each.kv_cache_dtype != before[each.name].kv_cache_dtype]
        return all(self.catalog.gpus[plan.pools[each.pool].gpu].fp8 for each in new if each.pool)

    def largest(
        self, lowest: int, highest: int, change: Callable[[int], Write], usd: float | None = None
    ) -> int | None:
        """The largest number that keeps to the budget, or to another bill: a smaller one never costs more."""
        usd = self.budget.usd_per_month if usd is None else usd
        if highest < lowest or self.total(change(lowest)) > usd:
            return None
        fitting = bisect_right(range(lowest, highest + 1), usd, key=lambda number: self.total(change(number)))
        return lowest + fitting - 1
