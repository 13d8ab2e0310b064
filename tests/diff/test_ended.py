"""What is measured, alerts, and charts that others use too: a reviewer reads that they end."""

from typing import Any

import pytest

from infra.cli.diff.tables import users
from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.difference import Difference, compare
from tests.diff.stacks import edited, side

THERE = {"existing": {"url": "http://prometheus.metrics:9090"}}
INSTALLED: dict[str, Any] = {"addons": {"prometheus": "install", "keda": "install"}}
OF_OTHERS: dict[str, Any] = {"addons": {"prometheus": THERE, "keda": {"existing": {"namespace": "keda"}}}}
NONE: dict[str, Any] = {"addons": {"prometheus": "disabled", "keda": "disabled"}}

# By what is changed: what ends, by the words of its row.
ENDS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = {
    "everything": (
        INSTALLED,
        NONE,
        {
            "Monitoring": "no figure of the gateway or a model is read any more",
            "Chart keda": "what else in the cluster uses it has it no longer, other stacks too",
            "Chart kube-prometheus-stack": "it is removed",
        },
    ),
    "what is measured": (OF_OTHERS, NONE, {"Monitoring": "dashboards, alerts and usage stay empty"}),
    "charts alone": (INSTALLED, OF_OTHERS, {"Chart keda": "it is removed", "Chart kube-prometheus-stack": "it is"}),
    "nothing": (INSTALLED, INSTALLED, {}),
    "nothing, as it comes": (NONE, INSTALLED, {}),
}


def compared(before: dict[str, Any], after: dict[str, Any]) -> Difference:
    old, new = (side("own", edited("own", each)) for each in (before, after))
    return compare("own", old, new)


@pytest.mark.parametrize(("before", "after", "ends"), ENDS.values(), ids=ENDS)
def test_what_ends_is_in_the_first_line_and_among_what_users_notice(
    before: dict[str, Any], after: dict[str, Any], ends: dict[str, str]
) -> None:
    difference = compared(before, after)
    assert {each.service for each in difference.services if each.ends} == ends.keys()
    assert (mark(difference) == "⚠️") is bool(ends)
    rows = {markdown(row[0]): markdown(" ".join(row[1:])) for row in users(difference)}
    for service, words in ends.items():
        assert words in rows[service]
        assert f"{service} ends" in markdown(headline(difference))


def test_one_model_less_is_no_end_of_what_is_measured() -> None:
    two = {**OF_OTHERS, "models.more": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}}
    assert [each for each in compared(two, OF_OTHERS).services if each.ends] == []
