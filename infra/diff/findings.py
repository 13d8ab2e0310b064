"""Rules, warnings and things to do that a change brings or mends."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.diff.types import Side

Finding = Mapping[str, Any]


@dataclass(frozen=True)
class Findings:
    introduced: Sequence[Finding]
    mended: Sequence[Finding]

    def __bool__(self) -> bool:
        return bool(self.introduced or self.mended)


def compare_findings(old: Side, new: Side, kind: str) -> Findings:
    """`kind` is a list of the plan's JSON: violations, warnings, to_do."""
    before, after = _keyed(old, kind), _keyed(new, kind)
    return Findings(
        [after[key] for key in sorted(after.keys() - before.keys())],
        [before[key] for key in sorted(before.keys() - after.keys())],
    )


def _keyed(side: Side, kind: str) -> dict[str, Finding]:
    """By what is said: a plan of older code has no kind of warning."""
    return {
        json.dumps({key: value for key, value in each.items() if key != "kind"}, sort_keys=True): each
        for each in side.plan.get(kind, [])
    }
