"""Fixtures for tests of what is printed, not of how it is planned."""

from pathlib import Path

import pytest

from infra import offline
from infra.offline import Planned, plan_offline
from tests.conftest import STACK_NAMES, STACKS
from tests.example_stacks import planned_stack

_plans: dict[tuple[object, ...], Planned] = {}


@pytest.fixture(autouse=True)
def _planned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack file is planned once, however many tests print it."""
    monkeypatch.setattr(offline, "plan_offline", _plan_once)
    monkeypatch.setattr("infra.cli.diff.comparing.plan_offline", _plan_once)


def _plan_once(path: Path, *, preview: bool = False) -> Planned:
    """The files beside a stack file, such as a price table, are part of what is planned."""
    name = path.name.split(".")[1]
    if path.parent == STACKS and name in STACK_NAMES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(offline, "plan_offline", plan_offline)  # planned_stack takes it from there when it is called
            return planned_stack(name, preview=preview)
    files = sorted((each.name, each.read_bytes()) for each in path.parent.iterdir() if each.is_file())
    key = path.name, preview, *files
    if key not in _plans:
        _plans[key] = plan_offline(path, preview=preview)
    return _plans[key]
