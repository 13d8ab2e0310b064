"""Plans of other checkouts, each made by that checkout's program in a separate process."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.diff.base import BadBase, last_line
from infra.sides.types import Document

_VERSION = 1  # of the plan's JSON
_PLANNED = (0, 1)  # 1: a rule is broken, and the plan is whole
_WRONG = 2  # and what it says are the mistakes of the stack file


class Planning:
    """A plan that is being made."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, errors: Path, label: str) -> None:
        self._process, self._out, self._errors, self._label = process, out, errors, label

    def document(self) -> Document:
        """Waits for it. Raises BadBase."""
        code = self._process.wait()
        said = self._errors.read_text(encoding="utf-8", errors="replace")
        if code not in _PLANNED:
            why = _mistakes(said) if code == _WRONG else last_line(said)
            raise BadBase(f"{self._label} can't be planned by its own program (exit {code}): {why}")
        try:
            document = json.loads(self._out.read_text(encoding="utf-8"))
        except ValueError:
            raise BadBase(f"{self._label}: its program printed no JSON: {last_line(said)}") from None
        version = document.get("version") if isinstance(document, dict) else None
        if version != _VERSION:
            raise BadBase(f"{self._label}: its plan is of version {version}, this program reads {_VERSION}")
        return document

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def planning(project: Path, stack: str, label: str, *, stacks: Path | None = None) -> Iterator[Planning]:
    """Starts to plan a stack of a checkout, with that checkout's code; `stacks` is another folder of stack files."""
    command = [sys.executable, "-m", "infra", "plan", stack, "--format", "json"]
    if stacks is not None:
        command += ["--stacks", str(stacks)]
    # Python would not look for the program in the folder that it is started in.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONSAFEPATH"}
    with tempfile.TemporaryDirectory(prefix="llm-platform-diff-", ignore_cleanup_errors=True) as folder:
        # Files, because a full pipe would make it wait until somebody reads.
        out, errors = Path(folder, "out"), Path(folder, "errors")
        with out.open("wb") as to, errors.open("wb") as says:
            process = subprocess.Popen(
                command,
                cwd=project,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=to,
                stderr=says,
                start_new_session=True,  # Ctrl-C is ours: we end it
            )
        started = Planning(process, out, errors, label)
        try:
            yield started
        finally:
            started.stop()


def _mistakes(said: str) -> str:
    """The whole report, on separate lines, without control characters."""
    return "\n" + "".join(c for c in said if c.isprintable() or c == "\n").strip()
