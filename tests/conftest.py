"""The stack files of the repository, each planned and recorded once per session."""

from __future__ import annotations

import gc
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

# An f-string on an Output makes a garbage name and no type checker says so; with this it raises.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"

if TYPE_CHECKING:
    from infra.offline import Planned

# The same examples on every machine, also a slow one: only a change can make the suite fail.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("suite")

# The SDKs are a large heap that never becomes garbage. At Python's own threshold, 700 objects, searching it again and
# again is a third of what a recording costs.
gc.set_threshold(100_000)

# After this time a child process or a page hangs, also on a busy machine. benchmarks/ measures times; no test does.
HANGS_SECONDS = 300

STACKS = Path(__file__).parent.parent / "stacks"
STACK_NAMES = sorted(path.name.split(".")[1] for path in STACKS.glob("Pulumi.*.yaml"))


@cache
def planned_stack(name: str, *, preview: bool = False) -> Planned:
    # Here, because the process that only hands out tests reads this file too: the SDKs take it 2 seconds.
    from infra.offline import plan_offline

    return plan_offline(STACKS / f"Pulumi.{name}.yaml", preview=preview)


@pytest.fixture(autouse=True)
def _starts_no_program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that starts a program must be marked, so that the quick part of the suite stays quick."""
    if request.node.get_closest_marker("programs") is None:
        monkeypatch.setattr(subprocess, "Popen", _Refused)


class _Refused(subprocess.Popen):
    def __init__(self, command: object, *_arguments: object, **_options: object) -> None:
        pytest.fail(f"starts {command}, so it needs @pytest.mark.programs")

    def __del__(self) -> None: ...  # nothing was started


@pytest.fixture(params=STACK_NAMES)
def planned(request: pytest.FixtureRequest) -> Planned:
    """Each stack file in turn."""
    return planned_stack(request.param)
