"""From what the user says to what is built. Pure, but for a price table or config.json that the stack file names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from infra.catalog import Catalog
from infra.offers.fixes import smaller_ways
from infra.offers.sizing import Sizing
from infra.plan.notes import Violation, Write
from infra.plan.plan import Plan
from infra.planning.advice import follow, that_holds, tried_remedies
from infra.planning.advised_bill import say_what_advice_costs
from infra.planning.budget_parts import Means
from infra.planning.budget_types import Types
from infra.planning.budget_ways import with_ways
from infra.planning.capacity import keeps_reserved
from infra.planning.certainty import say_what_is_certain
from infra.planning.cheaper import Candidate, Market, candidates, cheaper_ways
from infra.planning.cheaper_pools import with_pools
from infra.planning.draft import Asked, Draft, draft
from infra.planning.make_room import with_ways_out
from infra.planning.mornings import mornings
from infra.planning.remedies import find_remedies
from infra.planning.trial import Attempt, with_room
from infra.planning.unused_pools import say_what_unused_pools_cost
from infra.planning.waste import say_where_less
from infra.registry import cloud_of
from infra.settings.file import StackFile

# Plans in which advice is tried, before a stack that breaks rules is printed: with many models each takes longer.
MIN_TRIED, MAX_TRIED = 40, 240


def make_plan(file: StackFile) -> Plan:
    """The whole plan. The settings must have passed their checks."""
    asked = _asked(file)
    made = draft(asked)
    return _with_advice(made, _attempts(asked, file.catalog, made.plan), asked.sizing)


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


def _attempts(asked: Asked, listed: Catalog, plan: Plan) -> Attempt:
    """Plans a changed stack file, each change once; `listed`: at list prices. A file that is refused takes no plan, and
    isn't counted. A change that leaves a reservation is none: its price would be said to be saved."""
    tried: dict[str, Plan | None] = {}  # a value may be a list of mappings
    left = count(max(MIN_TRIED, MAX_TRIED // len(asked.settings.models)), -1)

    def attempt(write: Write) -> Plan | None:
        if (said := repr(write)) not in tried:
            changed = follow(asked.settings, write, asked.region, listed)
            planned = changed is not None and next(left) > 0
            then = draft(replace(asked, settings=changed)).plan if planned else None
            kept = then is not None and keeps_reserved(plan.pools.values(), then.pools.values())
            tried[said] = then if kept else None
        return tried[said]

    return attempt


def _with_advice(made: Draft, attempt: Attempt, sizing: Sizing) -> Plan:
    plan = made.plan
    market = Market(plan, made.placed, made.offers, made.new, made.zones, sizing)
    found = candidates(market)
    violations = _that_hold(market, found, attempt, sizing.catalog)
    certain = say_what_is_certain(plan, made.placed, made.offers, made.new, attempt, sizing)
    return replace(
        plan,
        remedies=tried_remedies(plan, find_remedies(plan, made.placed, sizing.catalog), attempt),
        cheaper=with_pools(plan, cheaper_ways(plan, found, attempt), found, attempt),
        mornings=mornings(plan, attempt),
        violations=violations,
        warnings=say_what_advice_costs(
            say_what_unused_pools_cost(say_where_less(certain, violations, market, attempt), plan, attempt),
            plan,
            attempt,
        ),
    )


def _that_hold(
    market: Market, found: Mapping[str, Sequence[Candidate]], attempt: Attempt, catalog: Catalog
) -> tuple[Violation, ...]:
    """The broken rules, with advice that was followed and held."""
    if not market.plan.violations:
        return ()
    smaller = {
        each.served.name: [each.served.write(changes) for changes, _ in smaller_ways(each.served.question, catalog)]
        for each in market.placed
    }
    violations = tuple(with_ways_out(each, market) for each in market.plan.violations)
    held = that_holds(replace(market.plan, violations=violations), attempt)
    means = Means(smaller, {name: [each.write for each in ways] for name, ways in found.items()}, Types(market))
    return tuple(with_ways(each, held, market.plan, means, attempt, catalog) for each in held)
