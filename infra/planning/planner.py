"""From what the user says to what is built. Pure, but for a price table or config.json that the stack file names."""

from collections.abc import Callable
from dataclasses import replace

from infra.catalog import Catalog
from infra.offers.sizing import Sizing
from infra.plan.notes import Violation, Write
from infra.plan.plan import Plan
from infra.planning.advice import follow, tried_remedies
from infra.planning.advised_bill import say_what_advice_costs
from infra.planning.budget_instead import with_budget_kept
from infra.planning.budget_ways import say_cut, with_ways
from infra.planning.capacity import keeps_reserved
from infra.planning.certainty import say_what_is_certain
from infra.planning.cheaper import Market, candidates
from infra.planning.cheaper_pools import with_pools
from infra.planning.draft import Draft, draft
from infra.planning.gaps import warn_of_gaps
from infra.planning.held import that_holds
from infra.planning.left_behind import with_those_left
from infra.planning.lower_bills import cheaper_ways
from infra.planning.make_room import with_ways_out
from infra.planning.mornings import mornings
from infra.planning.own_apart import say_how_to_reserve
from infra.planning.places import Asked
from infra.planning.remedies import find_remedies
from infra.planning.scattered import say_how_none_waits
from infra.planning.share_gpus import with_shared_gpus
from infra.planning.spot_alone import say_what_on_demand_costs
from infra.planning.trial import with_room
from infra.planning.unused_pools import say_what_unused_pools_cost
from infra.planning.waste import say_where_less
from infra.registry import cloud_of
from infra.settings.file import StackFile

# Plans in which advice is tried, before a stack that breaks rules is printed: with many models each takes longer. A
# search of the ways to a budget takes about 60 with 10 to 20 models; one that ends before says so.
MIN_TRIED, MAX_TRIED = 100, 600


def make_plan(file: StackFile) -> Plan:
    """The whole plan. The settings must have passed their checks."""
    asked = _asked(file)
    made = draft(asked)
    return _with_advice(made, _Attempts(asked, file.catalog, made), asked.sizing)


def plan_without_advice(file: StackFile) -> Plan:
    """The same decisions, rules and bill in a small part of the time: no change of the stack file is tried."""
    return draft(_asked(file)).plan


def trial_of(file: StackFile, plan: Plan) -> Callable[[Write], tuple[Write, Plan] | None]:
    """Plans a change of the stack file, with the nodes that it needs."""
    asked = _asked(file)
    return lambda write: with_room(plan, write, lambda each: _changed(asked, file.catalog, each))


def _changed(asked: Asked, listed: Catalog, write: Write) -> Plan | None:
    changed = follow(asked.settings, write, asked.region, listed)
    return draft(replace(asked, settings=changed)).plan if changed is not None else None


def _asked(file: StackFile) -> Asked:
    priced = cloud_of(file.settings).priced(file.catalog, file.region, file.settings.prices)
    return Asked(file.stack, file.settings, file.region, file.secrets, file.config, Sizing(priced))


class _Attempts:
    """Plans a changed stack file, each change once. A file that is refused takes no plan, and isn't counted. A change
    that leaves a reservation is none: its price would be said to be saved."""

    def __init__(self, asked: Asked, listed: Catalog, made: Draft) -> None:
        """`listed`: at list prices."""
        self._asked, self._listed, self._made = asked, listed, made
        self._tried: dict[str, Draft | None] = {repr(()): made}  # a value may be a list of mappings
        self.limit = max(MIN_TRIED, MAX_TRIED // len(asked.settings.models))
        self._planned = 0

    @property
    def cut(self) -> bool:
        """Whether a change wasn't planned, because enough were."""
        return self._planned > self.limit

    def begin_again(self) -> None:
        """As many plans again: a search that took all of them takes none from what comes after it."""
        self.limit += self._planned

    def __call__(self, write: Write) -> Plan | None:
        made = self._draft(write)
        return made.plan if made is not None else None

    def market(self, write: Write) -> Market | None:
        made = self._draft(write)
        return _market(made, self._asked.sizing) if made is not None else None

    def _draft(self, write: Write) -> Draft | None:
        if (said := repr(write)) not in self._tried:
            self._tried[said] = self._attempt(write)
        return self._tried[said]

    def _attempt(self, write: Write) -> Draft | None:
        changed = follow(self._asked.settings, write, self._asked.region, self._listed)
        if changed is None:
            return None
        self._planned += 1
        if self.cut:
            return None
        then = draft(replace(self._asked, settings=changed))
        return then if keeps_reserved(self._made.plan.pools.values(), then.plan.pools.values()) else None


def _market(made: Draft, sizing: Sizing) -> Market:
    return Market(made.plan, made.placed, made.offers, made.new, made.zones, sizing)


def _with_advice(made: Draft, attempt: _Attempts, sizing: Sizing) -> Plan:
    plan = made.plan
    market = _market(made, sizing)
    found = candidates(market)
    violations = _that_hold(market, attempt, sizing.catalog)
    attempt.begin_again()
    certain = say_what_is_certain(plan, made.placed, made.offers, made.new, attempt, sizing)
    warnings = say_where_less(certain, violations, market, attempt)
    warnings = say_how_none_waits(say_how_to_reserve(warnings, market, attempt), market, attempt)
    warnings = (*warnings, *warn_of_gaps(market, attempt))
    for with_cost in (say_what_on_demand_costs, say_what_unused_pools_cost, say_what_advice_costs):
        warnings = with_cost(warnings, plan, attempt)
    return replace(
        plan,
        remedies=tried_remedies(plan, find_remedies(plan, made.placed, sizing.catalog), attempt),
        cheaper=with_pools(plan, cheaper_ways(plan, found, attempt), found, market, attempt),
        mornings=mornings(plan, attempt),
        violations=violations,
        warnings=warnings,
    )


def _that_hold(market: Market, attempt: _Attempts, catalog: Catalog) -> tuple[Violation, ...]:
    """The broken rules, with advice that was followed and held."""
    if not market.plan.violations:
        return ()
    ways_out = (with_ways_out(each, market) for each in market.plan.violations)
    shared = (with_shared_gpus(each, market, attempt) for each in ways_out)
    violations = tuple(with_those_left(each, market, attempt) for each in shared)
    held = that_holds(
        replace(market.plan, violations=violations),
        attempt,
        lambda violation, then: with_ways_out(violation, replace(market, plan=then)),
    )
    kept = [with_budget_kept(each, market.plan, attempt.market, attempt, catalog) for each in held]
    ways = tuple(with_ways(each, held, market.plan, attempt.market, attempt, catalog) for each in kept)
    return tuple(say_cut(each, attempt.limit) for each in ways) if attempt.cut else ways
