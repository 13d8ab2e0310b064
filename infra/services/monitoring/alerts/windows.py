"""Burn rates: how fast an error budget is used up, measured in two windows at once.

As the SRE workbook has it for 30 days (https://sre.google/workbook/alerting-on-slos/, table 5-8): the long window says
that it matters, and the short one that it goes on. A rate of 1 uses up the budget in exactly that time.
"""

from collections.abc import Callable
from dataclasses import dataclass

from infra.services.monitoring.alerts.alert import Severity


@dataclass(frozen=True)
class Window:
    long: str
    short: str
    rate: float
    severity: Severity
    uses: str  # of the month's budget, in the long window


WINDOWS = (
    Window("1h", "5m", 14.4, "critical", "2 % of the month's error budget in one hour"),
    Window("6h", "30m", 6, "critical", "5 % of the month's error budget in six hours"),
    Window("3d", "6h", 1, "warning", "10 % of the month's error budget in three days"),
)
MINUTES = 2  # the short window ends an alert, so that it needs no long one to begin


def burns(window: Window, bad: Callable[[str], str], share: float) -> str:
    """`bad`: of a window, an expression of the share of bad requests, without labels; `share`: that may be bad."""
    above = f"{window.rate * share:.6g}"
    return " and ".join(f"({bad(each)}) > {above}" for each in (window.long, window.short))
