"""For all tests. It imports no SDK, which take 2 seconds: the process that only hands out tests reads it too."""

import gc
import os
import shutil
import subprocess
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["tests.early"]

# An f-string on an Output makes a garbage name and no type checker says so; with this it raises.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"

# The same examples on every machine, also a slow one: only a change can make the suite fail.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("suite")

# The SDKs are a large heap that never becomes garbage. At Python's own threshold, 700 objects, searching it again and
# again is a third of what a recording costs. A recording is less than this number of objects.
gc.set_threshold(1_000_000)

# After this time a child process or a page hangs, also on a busy machine. benchmarks/ measures times; no test does.
HANGS_SECONDS = 300

# For shutil.copytree of what tests run beside this one: Python renames such a file once it has compiled a module.
HALF_COMPILED = shutil.ignore_patterns("*.pyc.*")

STACKS = Path(__file__).parent.parent / "stacks"
STACK_NAMES = sorted(path.name.split(".")[1] for path in STACKS.glob("Pulumi.*.yaml"))


def pytest_collection_finish() -> None:
    """Modules and tests stay until the end, so no search for garbage needs to read them."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _starts_no_program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that starts a program must be marked, so that the quick part of the suite stays quick."""
    if request.node.get_closest_marker("programs") is None:
        monkeypatch.setattr(subprocess, "Popen", _Refused)


class _Refused(subprocess.Popen):
    def __init__(self, command: object, *_arguments: object, **_options: object) -> None:
        pytest.fail(f"starts {command}, so it needs @pytest.mark.programs")

    def __del__(self) -> None: ...  # nothing was started
