"""What a change does to access: one line per heading, and each of its changes below."""

import re
from collections.abc import Mapping, Sequence

from infra.cli.diff.values import names
from infra.cli.document.marked import said
from infra.diff.access.peers import DNS, PODS
from infra.diff.access.said import Said
from infra.diff.difference import Difference
from infra.plan.alike import alike
from infra.plan.words import count

_WORDS = {
    "exposure": ("exposure", "no change"),
    "egress": ("egress", "none"),
    "iam": ("IAM", "none"),
    "clients": ("clients", "none"),
    "code_from_elsewhere": ("code from elsewhere", "none"),
}
_MAX = 3  # things that the line of a heading names
_STATEMENTS = 2  # of each thing
_ACTION = re.compile(r"(may(?: not)?) (\w+:[\w*]+)( .*|)")  # of a cloud: `may s3:GetObject on ...`


def summary(difference: Difference) -> list[tuple[str, str]]:
    """Every heading has a line, so that a heading without a change says so."""
    return [(word, _line(difference.access[heading], none)) for heading, (word, none) in _WORDS.items()]


def each(difference: Difference) -> list[tuple[str, str, str, str]]:
    """Heading, thing, `+` or `-`, statement; only of headings whose line has no room for all of them."""
    rows = []
    for heading, (word, _) in _WORDS.items():
        if not _fits(_grouped(difference.access[heading])):
            for found, things in _grouped(difference.access[heading]).items():
                rows += [(word, names(things), sign, said(text)) for sign, text in _signed(found)]
    return rows


def _grouped(found: Mapping[str, Said]) -> dict[Said, list[str]]:
    """Things with the same change stand together, hosts that are named before pods; those that only ask the cluster's
    DNS come last, as all pods do."""
    return dict(sorted(alike(found.items()).items(), key=_weight))


def _weight(group: tuple[Said, list[str]]) -> tuple[bool, bool]:
    said_, things = group
    return {*said_.added, *said_.removed} == {DNS}, things[0].startswith(PODS)


def _line(found: Mapping[str, Said], none: str) -> str:
    groups = _grouped(found)
    shown = [f"{names(things)}: {_statements(said_)}" for said_, things in list(groups.items())[:_MAX]]
    left = len(groups) - len(shown)
    more = [f"and {count(left, 'other')}, each below"] if left else []
    return "; ".join([*shown, *more]) or none


def _statements(found: Said) -> str:
    texts = [f"{sign} {said(text)}" for sign, text in _signed(found)]
    left = len(texts) - _STATEMENTS
    return ", ".join([*texts[:_STATEMENTS], *([f"and {left} more below"] if left > 0 else [])])


def _signed(found: Said) -> list[tuple[str, str]]:
    return [*(("+", text) for text in _together(found.added)), *(("-", text) for text in _together(found.removed))]


def _together(statements: Sequence[str]) -> list[str]:
    """Actions on the same things, under the same conditions, are one sentence."""
    found = [(each, _ACTION.fullmatch(each)) for each in statements]
    same = alike((match[2], (match[1], match[3])) for _, match in found if match)
    return [
        *(each for each, match in found if not match),
        *(f"{may} {', '.join(actions)}{rest}" for (may, rest), actions in same.items()),
    ]


def _fits(groups: Mapping[Said, list[str]]) -> bool:
    return len(groups) <= _MAX and all(len(_signed(found)) <= _STATEMENTS for found in groups)
