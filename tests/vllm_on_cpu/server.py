"""Starts the engine as the container of a recorded plan does, with what a CPU needs."""

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.container import FILES_MOUNT, HOME, KEYS_MOUNT, MODELS_MOUNT
from components.pods import USER_ID
from infra.engines import ENGINES
from tests.conftest import HANGS_SECONDS
from tests.ports import free_ports
from tests.vllm_on_cpu.installed import ENGINE

KEY, ALSO_KEY = "k" * 43, "a" * 43  # that it accepts
# Later arguments win. Without the size of the cache it takes a share of the machine's memory.
CPU_ARGUMENTS = ("--kv-cache-memory-bytes", "128M", "--enforce-eager")
# The pod's user, whose files of the test's folder belong to it; a read-only root; a home, /tmp and /dev/shm to write.
_AS_THE_POD = f"""\
mount --bind "$1/home" "$1/home" && mount --bind "$1/tmp" "$1/tmp" && mount --bind "$1/models" "$1/models" || exit 1
mount -o remount,bind,ro "$1/models" && mount -o remount,bind,ro / && mount -t tmpfs tmpfs /dev/shm || exit 1
shift
exec unshare --user --map-user={USER_ID} --map-group={USER_ID} "$@"
"""


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes]
    log: Path
    as_the_pod: bool  # with its user and mounts

    def get(self, path: str, *, key: str | None = None) -> tuple[int, str]:
        request = urllib.request.Request(f"{self.url}{path}")
        if key is not None:
            request.add_header("Authorization", f"Bearer {key}")
        try:
            with urllib.request.urlopen(request, timeout=HANGS_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


def as_the_pod(folder: Path) -> list[str]:
    """The words before a command; none where the machine lets no user make namespaces."""
    words = ["unshare", "--map-root-user", "--mount", "sh", "-c", _AS_THE_POD, "sh", str(folder)]
    if shutil.which("unshare") is None:
        return []
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    return [] if tried.returncode else words


@contextmanager
def started(container: Any, folder: Path, more: Sequence[str] = ()) -> Iterator[Server]:
    """`folder` holds what the pod mounts: the claim at models/, here with weights, and an empty home/ and tmp/."""
    home, tmp = folder / "home", folder / "tmp"
    for each in (home, tmp):
        each.mkdir(exist_ok=True)
    _write_files(container, folder)
    port, env = free_ports(1)[0], {**_variables(container, folder), "PATH": os.environ["PATH"], "TMPDIR": str(tmp)}
    args = [_here(word, folder) for word in container["args"]]
    command = [str(ENGINE.command), "serve", *args, *CPU_ARGUMENTS, "--port", str(port), *more]
    log = folder / "log"
    with log.open("wb") as out:
        pod = as_the_pod(folder)
        process = subprocess.Popen([*pod, *command], env=env, stdout=out, stderr=out, cwd=home, start_new_session=True)
    server = Server(f"http://127.0.0.1:{port}", process, log, as_the_pod=bool(pod))
    try:
        _await_health(server, container["startupProbe"]["httpGet"]["path"])
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _variables(container: Any, folder: Path) -> dict[str, str]:
    return {each["name"]: _here(each["value"], folder) if "value" in each else KEY for each in container["env"]}


def _write_files(container: Any, folder: Path) -> None:
    """Those of the Secret and the ConfigMap that the pod mounts, where it does."""
    engine = ENGINES[container["name"]]
    keys = {engine.keys_file.name: engine.keys_text([KEY, ALSO_KEY])} if engine.keys_file is not None else {}
    for kind, texts in (("keys", keys), ("files", engine.files)):
        (folder / kind).mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / kind / name).write_text(text, encoding="utf-8")


def _here(word: str, folder: Path) -> str:
    kept = word.replace(HOME, f"{folder}/home").replace(f"{KEYS_MOUNT}/", f"{folder}/keys/")
    kept = kept.replace(FILES_MOUNT, f"{folder}/files")
    return kept.replace(f"{MODELS_MOUNT}/", f"{folder}/models/")


def _await_health(server: Server, path: str) -> None:
    for _ in range(2 * HANGS_SECONDS):
        assert server.process.poll() is None, server.log.read_text()[-5000:]
        try:
            if server.get(path)[0] == 200:
                return
        except OSError:
            pass  # it doesn't listen yet
        time.sleep(1)
    raise AssertionError(server.log.read_text()[-5000:])
