"""What the advice of a warning does to the bill, where the warning couldn't know it."""

from collections.abc import Iterable
from dataclasses import replace

from infra.plan.notes import Advice, Warned
from infra.plan.plan import Plan
from infra.plan.words import saves
from infra.plan.writes import written
from infra.planning.borrowed_prices import borrowed_then
from infra.planning.budget import further_over
from infra.planning.saving import saved_dollars
from infra.planning.trial import Attempt, noted


def say_what_advice_costs(warnings: Iterable[Warned], plan: Plan, attempt: Attempt) -> tuple[Warned, ...]:
    return tuple(_with_bills(each, plan, attempt) for each in warnings)


def _with_bills(warning: Warned, plan: Plan, attempt: Attempt) -> Warned:
    found, message = [], warning.message
    for way in warning.advice:
        said = _with_bill(way, plan, attempt)
        found.append(said)
        message = message.replace(way.text, said.text)
    return replace(warning, message=message, advice=tuple(found))


def _with_bill(way: Advice, plan: Plan, attempt: Attempt) -> Advice:
    then = attempt(way.write) if way.text == written(way.write) else None
    if then is None:
        return way
    usd, of = saved_dollars(plan, then)
    said = [*([saves(usd, of)] if abs(usd) >= 1 else []), *further_over(plan, then), *borrowed_then(plan, then)]
    return noted(way, "; ".join(said)) if said else way
