"""`try` as a program."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.project import PROJECT
from tests.conftest import HANGS_SECONDS

_END_OF_START = "Ctrl-C ends it."


@dataclass
class Running:
    process: subprocess.Popen[str]
    said: str  # until it was ready

    @property
    def url(self) -> str:
        return self._found(r"OPENAI_BASE_URL=(\S+)")

    @property
    def key(self) -> str:
        return self._found(r"OPENAI_API_KEY=(\S+)")

    @property
    def folder(self) -> Path:
        return Path(self._found(r"files +(\S+)"))

    def line(self, begin: str) -> str:
        """The printed command that begins so, run by the Python that runs the tests."""
        (line,) = re.findall(rf"^ +({re.escape(begin)}(?:.|\\\n)*?[^\\\n])$", self.said, re.MULTILINE)
        return line.replace(".venv/bin/python", sys.executable)

    def paste(self, begin: str) -> "subprocess.CompletedProcess[str]":
        """What the printed line says, behind the first one, in the project's folder."""
        script = f"{self.line('export ')}\n{self.line(begin)}"
        return subprocess.run(
            ["bash", "-c", script],
            cwd=PROJECT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=HANGS_SECONDS,
        )

    def end(self, by: signal.Signals) -> tuple[int, str]:
        """The exit code, and what it says at its end."""
        self.process.send_signal(by)
        said, _ = self.process.communicate(timeout=HANGS_SECONDS)
        return self.process.returncode, said

    def _found(self, pattern: str) -> str:
        (found,) = set(re.findall(pattern, self.said))
        return found


def environment() -> dict[str, str]:
    return {**os.environ, "no_proxy": "*", "COLUMNS": "200"}


@contextmanager
def started(stacks: Path, stack: str, *options: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "infra", "try", stack, "--stacks", str(stacks), "--port", "0", *options]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield Running(process, _until_ready(process))
    finally:
        process.terminate()
        process.communicate(timeout=HANGS_SECONDS)


def _until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    while _END_OF_START not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said
