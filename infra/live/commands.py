"""Programs that read what exists: pulumi, kubectl, and the CLI of a cloud."""

import signal
import subprocess
from pathlib import Path

from infra.project import PROJECT

_STDERR = 2
_SECONDS = 60  # an API server that doesn't answer is no reason to wait longer


class NotRead(Exception):
    """What couldn't be read, and why."""


def output_of(*command: str, seconds: float | None = _SECONDS) -> str:
    """What the program prints. With a number of seconds it is killed after them. Raises NotRead."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds)
    except FileNotFoundError:
        raise NotRead(f"{command[0]} isn't installed") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRead(f"{command[0]}: {error}") from None
    if run.returncode:
        said = run.stderr.strip().splitlines() or ["no reason given"]
        raise NotRead(f"{command[0]}: {said[-1]}")
    return run.stdout


def pulumi(*arguments: str) -> str:
    """The CLI, about this project wherever one is. Raises NotRead."""
    return output_of("pulumi", "--cwd", str(PROJECT), *arguments)


def change_state(*arguments: str) -> None:
    """The CLI again, for as long as it takes: killed while it writes, it would leave its lock. Raises NotRead."""
    output_of("pulumi", "--cwd", str(PROJECT), *arguments, seconds=None)


def shown(*command: str, folder: Path) -> int:
    """Runs a program that people watch, for as long as it takes: all that it prints goes to stderr. The exit status.

    Ctrl-C reaches the program too, and it ends in its own time: killed while it writes, it would leave its lock.
    """
    before = signal.signal(signal.SIGINT, lambda *_: None)  # a handler isn't inherited, as SIG_IGN would be
    try:
        return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=_STDERR, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
