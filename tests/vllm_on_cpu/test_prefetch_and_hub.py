"""The prefetch Job's own command with the hub's own command line, as in the Job's image, against a hub on 127.0.0.1."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import HANGS_SECONDS
from tests.models.fake_hub import FakeHub, Repository, running
from tests.vllm_on_cpu.installed import ENGINE, NEEDS_ENGINE
from tests.vllm_on_cpu.stack import recorded

pytestmark = NEEDS_ENGINE
NAME = "Qwen/Qwen3-8B"
MIB = bytes(range(256)) * 4096
# The command line writes 10 MiB at a time.
FILES = {
    "config.json": b"{}",
    "model-00001-of-00002.safetensors": MIB * 11,
    "model-00002-of-00002.safetensors": MIB * 2,
    "original/consolidated.00.pth": MIB,
}
WANTED = {name for name in FILES if not name.startswith("original/")}


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with running() as started:
        started.repositories[NAME] = Repository(files=FILES, gated="manual", readers=("a-token",))
        yield started
        started.goes_on.set()


def attempt(hub: FakeHub, folder: Path, token: str = "a-token") -> subprocess.Popen[str]:
    """The Job's container; the claim and its home are folders here."""
    job = recorded().one("kubernetes:batch/v1:Job", "chat-prefetch-job")
    (container,) = job.inputs["spec"]["template"]["spec"]["containers"]
    env = {each["name"]: here(each["value"], folder) if "value" in each else token for each in container["env"]}
    path = f"{ENGINE.hub_commands}:/usr/bin:/bin"
    return subprocess.Popen(
        [here(word, folder) for word in container["command"]],
        env={**env, "HF_ENDPOINT": hub.url, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def here(word: Any, folder: Path) -> str:
    return word.replace("/home/model", f"{folder}/home").replace("/models/", f"{folder}/models/")


def fetched(folder: Path) -> dict[str, bytes]:
    """What lies in the model's folder, the command line's own notes left out."""
    root = folder / "models" / "hf" / NAME / "main"
    files = [path for path in root.rglob("*") if path.is_file() and ".cache" not in path.parts]
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_it_leaves_the_files_that_an_engine_reads(hub: FakeHub, tmp_path: Path) -> None:
    done = attempt(hub, tmp_path)
    said, _ = done.communicate(timeout=HANGS_SECONDS)
    assert done.returncode == 0, said
    assert fetched(tmp_path) == {name: FILES[name] for name in WANTED}


def test_a_killed_attempt_leaves_nothing_that_the_next_one_does_not_use(hub: FakeHub, tmp_path: Path) -> None:
    hub.pause_after = len(MIB) * 10 + 1
    killed = attempt(hub, tmp_path)
    await_partial(tmp_path, len(MIB) * 10)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=HANGS_SECONDS)
    hub.pause_after = None
    hub.goes_on.set()
    again = attempt(hub, tmp_path)
    said, _ = again.communicate(timeout=HANGS_SECONDS)
    assert again.returncode == 0, said
    assert fetched(tmp_path) == {name: FILES[name] for name in WANTED}
    assert list(tmp_path.rglob("*.incomplete")) == []
    assert f"bytes={len(MIB) * 10}-" in {asked for _, asked in hub.asked}


def await_partial(folder: Path, size: int) -> None:
    for _ in range(HANGS_SECONDS * 10):
        if any(path.stat().st_size >= size for path in folder.rglob("*.incomplete")):
            return
        time.sleep(0.1)
    raise AssertionError("no part of a file was ever written")


@pytest.mark.parametrize(
    ("token", "says"),
    [("", "401 Client Error"), ("another", "403 Client Error")],
)
def test_without_access_it_ends_at_once_with_the_reason(hub: FakeHub, tmp_path: Path, token: str, says: str) -> None:
    done = attempt(hub, tmp_path, token)
    said, _ = done.communicate(timeout=HANGS_SECONDS)
    assert done.returncode != 0
    assert says in said[-2048:]  # what Pulumi shows of it
    assert fetched(tmp_path).keys() <= {"config.json"}
