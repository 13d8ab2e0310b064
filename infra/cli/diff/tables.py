"""What is below the first lines: users, settings, fit, bill, facts, notes."""

from collections.abc import Iterable, Mapping, Sequence

from infra.cli.diff.values import NONE, cells, names, signed
from infra.cli.diff.ways import with_ways
from infra.cli.document.marked import code, said
from infra.cli.report.words import two_figures
from infra.diff import figures
from infra.diff.answers import CERTAIN, another_answers
from infra.diff.difference import Difference, Facts
from infra.diff.settings import without_secrets
from infra.diff.side_by_side import Raise, of_quota, path_of, raises
from infra.diff.traffic import noticed
from infra.plan.alike import alike, parts
from infra.plan.money import rise
from infra.plan.words import count, duration, number
from infra.sides.types import Change, Changes
from infra.sizing.estimates import requests, span

_FIGURES = {
    "engine": "engine",
    "model": "repository",
    "pool": "pool",
    "instance_type": "instance type",
    "gpus_per_replica": "GPUs per replica",
    "fits": "fits",
    "certain": "fits for certain",
    "weights_gib": "weights, GiB per GPU",
    "kv_cache_gib": "KV cache, GiB per GPU",
    "max_model_len": "tokens per request",
    "max_concurrency": "full-length requests at once per replica",
    "tokens_per_second": "tokens per second at full load",
    "usd_per_hour": "$ per hour and replica",
    "usd_per_million_output_tokens": "$ per million output tokens",
    "rollout_strategy": "rollouts",
    "cold_start_seconds": "cold start",
    "timeout_seconds": "longest answer",
}


_NOTHING = "nothing"


def users(difference: Difference) -> list[tuple[str, str, str]]:
    """Other services, clients that lose something, then models: those with the same text are one row, and models
    without any change come last."""
    notices = sorted(difference.notices, key=lambda each: (not noticed(each), each.model))
    texts = ((each.model, (said(each.during), "; ".join(map(said, each.afterwards)) or _NOTHING)) for each in notices)
    services = [(said(each.service), said(each.during), said(each.afterwards)) for each in difference.services]
    lost = alike((f"client {each.client}", "; ".join(map(said, each.loses))) for each in difference.clients)
    clients = [(names(who), _NOTHING, what) for what, who in lost.items()]
    models = [
        (names(who), _of_each(during, who), _of_each(after, who)) for (during, after), who in alike(texts).items()
    ]
    return [*services, *clients, *models]


def _of_each(text: str, models: Sequence[str]) -> str:
    """A text about one model, where several have it."""
    return text if len(models) == 1 or text == _NOTHING else f"each: {text}"


def _blocks(rows_of: Iterable[tuple[str, tuple[tuple[str, str, str], ...]]]) -> list[tuple[str, str, str, str]]:
    """Several rows per name, which stands in the first; names with the same rows stand together."""
    return [
        ("" if index else names(who), *row) for rows, who in alike(rows_of).items() for index, row in enumerate(rows)
    ]


def settings(difference: Difference) -> list[tuple[str, str, str]]:
    """The settings that the author typed, then the choices that follow from them, with a mark."""
    rows = [(f"{path}{_no_effect(why)}", *values) for why, path, values in _typed(difference)]
    return rows + [(f"↳ {path} (chosen)", *values) for path, values in _paths(difference.follows)]


def settings_title(difference: Difference) -> str:
    """Counts the rows: a new model or pool is one setting, and so is the same change of several."""
    whys, chosen = [why for why, *_ in _typed(difference)], len(list(_paths(difference.follows)))
    typed, without = len(whys), sum(map(bool, whys))
    if not typed:
        return f"{count(chosen, 'value')} chosen by the program changed"
    follows = (
        f", and with {'it' if typed == 1 else 'them'} {count(chosen, 'value')} chosen by the program" if chosen else ""
    )
    return f"{count(typed, 'setting')} changed{_of_them(typed, without)}{follows}"


def _of_them(typed: int, without: int) -> str:
    return "" if not without else ", without effect" if without == typed else f", {without} of them without effect"


def _typed(difference: Difference) -> Iterable[tuple[str, str, tuple[str, str]]]:
    """Why it has no effect, blank where it has one; path; values. Those without effect come last."""
    reasons = difference.without_effect
    by_reason = dict[str, dict[str, Change]]()
    for path, change in sorted(_folded(difference).items(), key=lambda each: each[0] in reasons):
        by_reason.setdefault(reasons.get(path, ""), {})[path] = change
    for why, changes in by_reason.items():
        yield from ((why, *row) for row in _paths(changes))


def _no_effect(why: str) -> str:
    return f" (no effect: {why})" if why else ""


def _paths(changes: Changes) -> Iterable[tuple[str, tuple[str, str]]]:
    """The same change of several named things is one row."""
    split = ((path, parts(path), cells(change)) for path, change in changes.items())
    named = (
        (name, (section, key, values) if name else (path, "", values)) for path, (section, name, key), values in split
    )
    for (section, key, values), who in alike(named).items():
        name = "*" if len(who) > 1 else who[0]
        path = code(".".join(filter(None, (section, name, key))))
        yield f"{path} of {names(who)}" if len(who) > 1 else path, values


def _folded(difference: Difference) -> dict[str, Change]:
    """A model or pool that is new or gone is one row."""
    found: dict[str, Change] = {}
    for path, change in difference.settings.items():
        section, name, _ = parts(path)
        old, new = (_thing(side.platform, section, name) for side in (difference.old, difference.new))
        if name and (old is None) != (new is None):
            found[f"{section}.{name}"] = without_secrets(Change(old, new))
        else:
            found[path] = change
    return found


def _thing(platform: Mapping[str, object], section: str, name: str) -> object:
    things = platform.get(section)
    return things.get(name) if isinstance(things, Mapping) else None


def fit(difference: Difference) -> list[tuple[str, str, str, str]]:
    """Model, figure, now, after. What reads the same on both sides is left out."""
    rows = {
        name: [(_FIGURES[key], _figure(key, each.old), _figure(key, each.new)) for key, each in changes.items()]
        for name, changes in figures.models_changed(difference.old, difference.new).items()
    }
    return _blocks((name, tuple(row for row in of if row[1] != row[2])) for name, of in rows.items())


def fit_title(difference: Difference) -> str:
    return f"Fit and cold start of {names(list(figures.models_changed(difference.old, difference.new)))}"


def _figure(key: str, value: object) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        low, high = map(two_figures, value)
        return span(low, high, "-")
    if not isinstance(value, int | float):
        return code(str(value))
    if key == "max_concurrency":
        return requests(value)
    if key == "tokens_per_second":
        return number(value)
    if key.endswith("_seconds"):
        return duration(value)
    return f"{value:,.2f}" if key.startswith("usd_") else f"{value:,.2f}".removesuffix(".00")


def bill(difference: Difference) -> list[tuple[str, str, str]]:
    """Items that changed, minimum to maximum."""
    items = figures.items_in_dollars(difference.old, difference.new)
    rows = [(said(name), _span(change.old), _span(change.new)) for name, change in items.items()]
    return [row for row in rows if row[1] != row[2]]


def _span(item: list[int] | None) -> str:
    if item is None:
        return NONE
    low, _, high = item
    return span(number(low), number(high))


def facts(facts: Facts) -> list[tuple[str, str, str]]:
    """Each row of data; all files of code as one row, because a reviewer reads code elsewhere."""
    code_files = [path for path in facts.changed if path.endswith(".py")]
    rows = [(code(path), *cells(change)) for path, change in facts.changed.items() if path not in code_files]
    return [*rows, (f"{count(len(code_files), 'file')} of code", "code", "other code")] if code_files else rows


def effect(difference: Difference, facts: Facts) -> str:
    """Whose the change is: the program's own, or the author's."""
    if facts.effect is None:
        return "The new program can't plan the base's stack file, so nobody can say which change is whose."
    cost, resources = facts.effect.cost, facts.effect.resources
    low, high = (_in_dollars(cost[key]) for key in (figures.MIN, figures.MAX))
    bills = signed(low) if signed(low) == signed(high) else f"minimum {signed(low)}, maximum {signed(high)}"
    of_both = _in_dollars(difference.cost[figures.MAX])
    does = [f"{count(len(urns), 'resource')} {act}" for act, urns in resources.acts().items()]
    return (
        "Of these changes alone, with the stack file of the base:"
        f" {bills} $ per month, {', '.join(does) or 'no resource changed'}."
        f" Of the change of the stack file: maximum {signed(of_both - high)} $ per month."
    )


def _in_dollars(change: Change) -> int:
    """As the figures above it show it, so that the parts add up."""
    return rise(change.old, change.new)


def to_do(difference: Difference) -> list[tuple[str, str]]:
    """What somebody has to do for this change, by setting; for a quota there is one sum."""
    raised = raises(difference.old, difference.new, difference.resources)
    new = difference.to_do.introduced
    found = [each for each in new if not any(of_quota(quota, each) for quota in raised)]
    sums = [(code(path_of(quota, difference.new)), said(_raise(quota, each))) for quota, each in raised.items()]
    return [*((code(each["path"]), said(each["message"])) for each in found), *sums]


def _raise(quota: figures.QuotaId, each: Raise) -> str:
    return (
        f"raise the quota '{quota.name}' ({quota.code}) in {quota.region} to {each.needed} {quota.unit} at least:"
        f" {each.new} for the new plan and {each.beside} while old and new nodes run side by side"
    )


def answers(difference: Difference) -> list[tuple[str, str, str, str]]:
    """Model, property, now, after: for names under which another model answers now. Whether it fits is a figure."""
    others = ((name, changed) for name, changed in difference.answers.items() if another_answers(changed))
    return _blocks(
        (name, _cells({what: each for what, each in changed.items() if what != CERTAIN})) for name, changed in others
    )


def _cells(changes: Changes) -> tuple[tuple[str, str, str], ...]:
    return tuple((what, *cells(change)) for what, change in changes.items())


def notes(difference: Difference) -> list[tuple[str, str]]:
    """New warnings, and warnings and to-dos that are gone; a warning with another number is new."""
    kinds = (("warning", difference.warnings), ("to do", difference.to_do))
    new = {each["path"] for _, found in kinds for each in found.introduced}
    rows = [("new: warning", each, difference.stack) for each in difference.warnings.introduced]
    rows += [(f"gone: {kind}", each, None) for kind, found in kinds for each in found.fixed if each["path"] not in new]
    return [(kind, with_ways(note, f"{note['path']}: {note['message']}", stack)) for kind, note, stack in rows]
