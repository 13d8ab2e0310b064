"""Fixtures for tests of what is printed, not of how it is planned."""

from functools import cache

import pytest

from infra import offline

_plan_once = cache(offline.plan_offline)


@pytest.fixture
def planned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack file is planned once, however often a test prints it."""
    monkeypatch.setattr(offline, "plan_offline", _plan_once)
