"""What takes minutes and no processor begins with the session, in a process beside all workers: no worker waits for it
before it has nothing else to do. The process that hands out tests reads this too, so it imports little."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest

PROGRAM, TEST = "tests.gateway.long_stream", "test_a_long_stream_passes_whole"
_FOLDER = "EARLY_FOLDER"  # in the environment, which the workers have too


def ended() -> Path:
    """What the program said; the file is there once it has ended."""
    return Path(os.environ[_FOLDER]) / "ended"


class _Early:
    _process: subprocess.Popen[bytes] | None = None

    def pytest_xdist_node_collection_finished(self, ids: Iterable[str]) -> None:
        self._start(ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._start(item.nodeid for item in session.items)

    def _start(self, tests: Iterable[str]) -> None:
        if self._process is None and any(test.endswith(f"::{TEST}") for test in tests):
            command = [sys.executable, "-m", PROGRAM, str(ended())]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The test is the last one."""
    items.sort(key=lambda item: item.name == TEST)


def pytest_configure(config: pytest.Config) -> None:
    """Once, in the process that hands out the tests, or runs them where there is only one."""
    if hasattr(config, "workerinput"):
        return
    folder = tempfile.TemporaryDirectory(prefix="early-")
    os.environ[_FOLDER] = folder.name
    early = _Early()
    config.pluginmanager.register(early)
    config.add_cleanup(folder.cleanup)
    config.add_cleanup(early.end)  # the last one added is the first to run
