from pathlib import Path

import pytest

from tests.live.machine import Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """What this process and its children find on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    made = Machine(folder)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made
