"""Why a model is planned so, when it runs, and with what it would cost less."""

from collections.abc import Iterator

from infra.plan.money import Cheaper, Night
from infra.plan.plan import Plan
from infra.plan.words import minutes, saves, usd

_CHEAPER = 3  # ways, of a model


def reasons_of(plan: Plan, name: str) -> tuple[str, ...]:
    return (
        *plan.models[name].reasons,
        *_night(plan, name),
        *_morning(plan, name),
        *(_cheaper(plan, way) for way in plan.cheaper.get(name, ())[:_CHEAPER]),
    )


def _night(plan: Plan, name: str) -> Iterator[str]:
    night = plan.nights.get(name)
    if night is None:
        return
    hours = f"schedule: its windows are {night.hours_per_week:.0f} of the 168 hours of the week"
    low, expected = plan.cost.rises(night.saves_min, "min"), plan.cost.rises(night.saves_expected, "expected")
    if low == expected == 0:
        yield f"{hours}; that saves nothing, since its nodes stay: for other models, or by the pool's min"
        return
    yield f"{hours}: that {saves(low, 'min')}, and {usd(expected)} of the expected one, against all hours{_once(night)}"


def _once(night: Night) -> str:
    """Of nodes that go only when several models sleep."""
    if not night.only_with:
        return ""
    names = " and ".join(night.only_with)
    return (
        f"; it is one saving with that of {names}, had only while {names} sleep{'s' * (len(night.only_with) == 1)} too"
    )


def _morning(plan: Plan, name: str) -> Iterator[str]:
    morning = plan.mornings.get(name)
    if morning is None:
        return
    ((_, (hours,)),) = morning.write
    when = f'from: "{hours["from"]}", to: "{hours["to"]}", timezone: {hours["timezone"]}, min: {hours["min"]}'
    more = plan.cost.rises(morning.usd_per_month, "min")
    adds = f"adds {usd(more)} per month to the minimum bill" if more else ""
    yield (
        f"who comes first in the morning waits about {minutes(morning.waits_seconds)}:"
        f" `schedule: [{{days: {hours['days']}, {when}}}]`, with your hours and time zone, starts a replica"
        f" {morning.ahead_minutes} min before them, so that nobody waits then, and {adds or 'costs nothing more'}"
    )


def _cheaper(plan: Plan, way: Cheaper) -> str:
    beside = ", ".join(f"`{each}`" for each in way.beside)
    what = f"`{way.setting}`{f' with {beside}' if beside else ''}"
    if way.usd_per_month < 1:
        return f"for the same money: {what}: {way.effect}"
    return f"lower bill: {what} {saves(plan.cost.falls(way.usd_per_month, way.of), way.of)}: {way.effect}"
