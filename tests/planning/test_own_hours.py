"""In the hours of a schedule its replicas hold GPUs of existing nodes: what the loss of a node takes then is said."""

import re
from typing import Any

import pytest

from infra.cli.report import report
from infra.offline import Planned
from infra.recording import Recording
from tests.planning.stacks import changed, plan
from tests.planning.test_own_nodes import ONE, OWN, existing

DAYS = {"days": "mon-fri", "from": "08:00", "to": "18:00", "timezone": "Europe/Berlin"}
NIGHTS = {**DAYS, "from": "20:00", "to": "06:00"}


def scaled(low: int, *windows: dict[str, Any]) -> dict[str, Any]:
    return {**ONE, "replicas": {"min": low, "max": 3}, **({"schedule": list(windows)} if windows else {})}


@pytest.mark.parametrize(
    ("models", "lose_one", "in_hours"),
    [
        ({"a": ONE, "b": scaled(1)}, {"a": "restarts", "b": "restarts"}, ()),
        ({"a": ONE, "b": scaled(1, DAYS | {"min": 3})}, {"a": "waits", "b": "restarts"}, ("a",)),
        ({"a": ONE, "b": scaled(1, DAYS | {"min": 2})}, {"a": "restarts", "b": "restarts"}, ()),
        ({"a": ONE, "b": scaled(0, DAYS | {"min": 3})}, {"a": "waits", "b": "serves"}, ("a", "b")),
        (
            {"b": scaled(1, DAYS | {"min": 3}), "c": scaled(1, NIGHTS | {"min": 3})},
            {"b": "waits", "c": "waits"},
            ("b", "c"),
        ),
        (
            {"b": scaled(1, DAYS | {"min": 2}), "c": scaled(1, NIGHTS | {"min": 2})},
            {"b": "restarts", "c": "restarts"},
            (),
        ),
    ],
)
def test_the_loss_of_a_node_is_that_of_the_worst_hour_of_the_week(
    models: dict[str, Any], lose_one: dict[str, str], in_hours: tuple[str, ...]
) -> None:
    """On four nodes of one GPU. At night the replicas of the day are gone."""
    result = plan({**changed(OWN, **existing(gpusPerNode=1)), "models": models})
    own = result.pools["a100"].own
    assert own is not None
    assert (dict(own.lose_one), own.in_hours) == (lose_one, in_hours)
    sections = {each.title: each for each in report(Planned(result, Recording([], {}))).sections}
    (said,) = [row[1] for row in sections["SERVERS"].rows if row[0] == "lose one"]
    at_times = [part for part in said.split("; ") if part.startswith("in the hours of schedules, ")]
    assert {name for name in models if any(re.search(rf"\b{name}\b", part) for part in at_times)} == {*in_hours}
