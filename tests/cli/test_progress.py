"""A user at a terminal sees progress; every other output contains none."""

import io
import threading
from types import SimpleNamespace

import pytest

from infra.cli import progress
from infra.cli.progress import waiting
from tests.cli.running import run
from tests.conftest import HANGS_SECONDS


class Stderr(io.StringIO):
    """Says when something is written to it."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal, self.written = terminal, threading.Event()

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        count = super().write(text)
        self.written.set()
        return count


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Stderr:
    for name in ("CI", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(progress, "_STEP", 0.001)
    stderr = Stderr(terminal=True)
    # pytest replaces sys.stderr in each phase of a test.
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stderr))
    return stderr


def test_a_terminal_says_what_is_waited_for_and_is_clean_afterwards(
    terminal: Stderr, capsys: pytest.CaptureFixture[str]
) -> None:
    with waiting("planning dev"):
        assert terminal.written.wait(HANGS_SECONDS)
    first, *_, last, end = terminal.getvalue().split("\r")[1:]
    assert first == "planning dev ... 0 s"
    assert (last.strip(" "), end) == ("", "")
    assert len(last) >= len(first)
    assert capsys.readouterr().out == ""


def test_an_error_leaves_a_clean_line_too(terminal: Stderr) -> None:
    def refused() -> None:
        with waiting("planning dev"):
            assert terminal.written.wait(HANGS_SECONDS)
            raise SystemExit(2)

    with pytest.raises(SystemExit):
        refused()
    assert terminal.getvalue().endswith(" \r")


def test_a_long_name_makes_no_second_line(terminal: Stderr) -> None:
    with waiting("x" * 200):
        assert terminal.written.wait(HANGS_SECONDS)
    assert max(map(len, terminal.getvalue().split("\r"))) <= 60


@pytest.mark.parametrize("why", ["a pipe", "CI", "a terminal that can't go back"])
def test_nobody_else_sees_it(why: str, terminal: Stderr, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.terminal = why != "a pipe"
    monkeypatch.setenv("CI", "true" if why == "CI" else "")
    monkeypatch.setenv("TERM", "dumb" if "back" in why else "xterm")
    threads = threading.active_count()
    with waiting("planning dev"):
        assert threading.active_count() == threads
    assert terminal.getvalue() == ""


@pytest.mark.programs
@pytest.mark.parametrize("command", [["plan", "local"], ["diff", "local", "--base", "HEAD"]])
def test_commands_that_take_seconds_are_waited_for(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def counted(what: str, done: threading.Event) -> None:
        said.append(what)
        done.wait()

    monkeypatch.setattr(progress, "_is_watched", lambda: True)
    monkeypatch.setattr(progress, "_count", counted)
    run(*command)
    assert len(said) == 1
    assert "local" in said[0]
