from pathlib import Path

import pytest

from tests.live.machine import LATER, Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """What this process and its children find on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    made = Machine(folder)
    monkeypatch.setattr("infra.live.ours.now", lambda: LATER)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made
