"""A rule or a warning with as many of its fixes as fit a readable length: each whole, and where to find the others."""

from infra.cli.document.marked import said
from infra.diff.findings import Found

_LONGEST = 600
_OR = ", or "


def with_ways(finding: Found, text: str, stack: str | None = None) -> str:
    """`text` has all fixes; `stack`: the stack whose plan shows them all, None where no plan does any more."""
    ways = [each["text"] for each in finding.get("advice", ())]
    shorter = (_first(kept, ways, text, stack) for kept in range(len(ways), 0, -1))
    return said(next((each for each in shorter if len(each) <= _LONGEST), _first(1, ways, text, stack)))


def _first(kept: int, ways: list[str], text: str, stack: str | None) -> str:
    left = len(ways) - kept
    more = f", and {left} more{f': `plan {stack}`' if stack else ''}" if left > 0 else ""
    return text.replace(_OR.join(ways), f"{_OR.join(ways[:kept])}{more}")
