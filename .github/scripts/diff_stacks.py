"""The offline diff of every stack that a pull request can touch: `diff_stacks.py BASE FOLDER`.

Writes `comment.md` (empty if nothing changed) and `pull-request` (its number) into FOLDER, and the whole text into the
job summary. Exits with 1 if a diff breaks a rule or can't be made.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from changed_stacks import changed_stacks
from fenced import fenced

DIFF_CHARACTERS = 61_000  # GitHub takes 65,536 of marker, diffs and names; the largest diff of a stack is under 60,000


@dataclass(frozen=True)
class Diff:
    """`code` is the exit code of `llm-platform diff`: 0 accepted, 1 refused, 2 no diff."""

    stack: str
    code: int
    text: str


def main() -> None:
    base, folder = sys.argv[1], Path(sys.argv[2])
    diffs = [diff for stack in changed_stacks(base) if (diff := _diff(stack, base)).text]
    diffs.sort(key=lambda diff: (-diff.code, diff.stack))
    folder.mkdir(parents=True, exist_ok=True)
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    (folder / "pull-request").write_text(f"{event['pull_request']['number']}\n", encoding="utf-8")
    (folder / "comment.md").write_text(comment(diffs), encoding="utf-8")
    with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write("\n".join(diff.text for diff in diffs) or "No stack changes.\n")
    for diff in diffs:
        print(f"{diff.stack}: exit {diff.code}\n{diff.text}")
    sys.exit(1 if any(diff.code for diff in diffs) else 0)


def comment(diffs: list[Diff]) -> str:
    """Complete diffs while they fit, the most severe first; of the others only the names."""
    shown: list[str] = []
    left: list[str] = []
    for diff in diffs:
        if sum(map(len, shown)) + len(diff.text) <= DIFF_CHARACTERS:
            shown.append(diff.text)
        else:
            left.append(f"`{diff.stack}`{' (fails)' if diff.code else ''}")
    if left:
        shown.append(f"Too long for this comment, so only in the job summary: {', '.join(left)}\n")
    return "\n".join(shown)


def _diff(stack: str, base: str) -> Diff:
    command = [sys.executable, "-m", "infra", "diff", stack, "--base", base, "--format", "markdown"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode in (0, 1) and not (done.returncode and not done.stdout):
        return Diff(stack, done.returncode, done.stdout)
    return Diff(stack, 2, f"### ❌ {stack}: no diff could be made\n\n{fenced(done.stderr)}\n")


if __name__ == "__main__":
    main()
