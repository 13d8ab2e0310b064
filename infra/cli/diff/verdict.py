"""The first lines: whether the change may be merged, what it costs, and why it fails."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from infra.cli.diff.first_line import is_worse, lines
from infra.cli.diff.money import money
from infra.cli.diff.ways import with_ways
from infra.cli.diff.weaker import weaker
from infra.cli.document.marked import code, said
from infra.diff.difference import Difference
from infra.diff.findings import broken_before
from infra.diff.guard import Guarded
from infra.diff.nodes import node_group
from infra.owner import CLAIM, word_of
from infra.plan.rules import Rule
from infra.plan.words import count
from infra.registry import clouds, of_the_platform, owner_of
from infra.sides.types import Changes, type_of

_WORDS = {CLAIM: "the claim of the weights", "pulumi:providers:kubernetes": "the Kubernetes provider"}


def mark(difference: Difference) -> str:
    """Cross: it fails; warning sign: users notice a gap or another model, or a guarded resource goes; a tick."""
    if difference.fails:
        return "❌"
    worse = difference.guarded or is_worse(difference) or any(weaker(difference))
    return "⚠️" if worse else "✅"


def headline(difference: Difference, by_program: Changes = MappingProxyType({})) -> str:
    """`by_program`: what the program's own prices and facts change of the bills."""
    what = [
        *_broken(difference),
        *_guarded(difference),
        *weaker(difference),
        *lines(difference),
    ]
    parts = [
        "" if difference.has_effect else _only_text(difference),
        money(difference, by_program),
        *what,
        *_lower_limits(difference, alone=not what),
    ]
    return f"{difference.stack}: {'; '.join(part for part in parts if part)}"


def _only_text(difference: Difference) -> str:
    """Of a change whose settings all say what held already."""
    return "" if difference.settings.keys() - difference.without_effect.keys() else "no effect on the platform"


def _broken(difference: Difference) -> Iterator[str]:
    rules = [violation["rule"] for violation in difference.broken]
    others = len([rule for rule in rules if rule != Rule.BUDGET])
    if others:
        yield f"{count(others, 'rule')} broken"
    fixed = len(difference.violations.fixed)
    if fixed and not rules:
        yield f"{count(fixed, 'broken rule')} fixed"


def _guarded(difference: Difference) -> Iterator[str]:
    for act in ("replace", "remove"):
        found = sorted((each for each in difference.guarded if each.act == act), key=_weight)
        things = list(dict.fromkeys(_thing(each) for each in found))
        if things:
            yield f"{act}s {', '.join(things[:3])}{f' and {len(things) - 3} more' if len(things) > 3 else ''}"


def _thing(each: Guarded) -> str:
    owner = owner_of(each.urn)
    if not of_the_platform(owner):
        return f"the {word_of(type_of(each.urn))} of {said(owner.title)}"
    if node_group(each.urn):
        return f"node group {code(each.name)}"
    return _words().get(type_of(each.urn), type_of(each.urn))


def _words() -> dict[str, str]:
    """The gravest first; node groups are last."""
    return {type_: word for cloud in clouds() for type_, word in cloud.types.words.items()} | _WORDS


def _weight(each: Guarded) -> tuple[int, str]:
    types = list(_words())
    return types.index(type_of(each.urn)) if type_of(each.urn) in types else len(types), each.name


def _lower_limits(difference: Difference, *, alone: bool) -> Iterator[str]:
    """Where somebody wrote of clients; else they follow from the models, of which more is said."""
    written = any(path.startswith("gateway.clients") for path in difference.settings)
    lower = [each.client for each in difference.clients if each.lower and not (each.stops or each.calls_less)]
    if lower and (written or alone):
        yield f"{f'client {code(lower[0])} has' if len(lower) == 1 else f'{len(lower)} clients have'} lower limits"


def reasons(difference: Difference) -> Iterable[tuple[str, str]]:
    """Why it fails: a word, and a sentence; once of several resources of which it says the same."""
    return dict.fromkeys(_reasons(difference))


def _reasons(difference: Difference) -> Iterator[tuple[str, str]]:
    before = broken_before(difference.old, difference.broken)
    for violation, there in zip(difference.broken, before, strict=True):
        too = " (the base breaks it too)" * there
        text = f"{violation['path']}: {violation['message']}. To fix it: {violation['fix']}"
        yield f"{violation['rule']}{too}", with_ways(violation, text, difference.stack)
    for each in difference.refused:
        done = "replaced" if each.act == "replace" else "removed"
        because = f" ({', '.join(code(path) for path in each.because)} can't change in place)" if each.because else ""
        allow = f"and {code(f'allow.{each.act}')} doesn't name {code(each.name)}"
        yield "Guarded", f"{_thing(each)} would be {done}{because}, {allow}"
