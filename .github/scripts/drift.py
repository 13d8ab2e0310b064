"""What of a stack was changed outside Pulumi, and what of this branch isn't deployed: `drift.py STACK`.

Writes a report into the job summary and to stdout. Exits with 1 if there is any of it, with 3 if nobody can say.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fenced import fenced

# The state against the cloud and the cluster: the program isn't run, so nothing of this branch is in it.
OUTSIDE = ("refresh", "--preview-only")
# The program against them. It is asked only if nothing was changed outside: a value that somebody changed by kubectl
# stops a preview with a conflict.
LATER = ("preview", "--refresh")
_SHOWN, _ROWS = 80, 200  # characters of a value, rows of a report
_HIDDEN = "(not shown)"
_MASKED = "[secret]"
_STEP = re.compile(r'\.?([^.\[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]')
_SAME = ("same", "refresh", "read")
_BECOMES = {"create": "would be created", "delete": "would be deleted", "update": "would be changed"}

Step = dict[str, Any]


class NotKnown(Exception):
    """What Pulumi said when it could not look."""


def main() -> None:
    stack = sys.argv[1]
    try:
        text, code = report(stack)
    except NotKnown as error:
        text, code = f"### ❌ {stack}: nobody can say whether anything changed\n\n{fenced(str(error))}\n", 3
    print(text)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as summary:
            summary.write(text)
    sys.exit(code)


def report(stack: str) -> tuple[str, int]:
    if outside := _changes(stack, OUTSIDE):
        return "\n".join(_outside(stack, outside)), 1
    if later := _changes(stack, LATER):
        return "\n".join(_later(stack, later)), 1
    return f"### ✅ {stack}: nothing was changed outside Pulumi, and this branch is deployed\n", 0


def _changes(stack: str, command: tuple[str, ...]) -> list[Step]:
    """Each resource once, in the order of the URNs. Raises NotKnown."""
    options = ["--stack", stack, "--expect-no-changes", "--json", "--non-interactive"]
    done = subprocess.run(["pulumi", *command, *options], capture_output=True, text=True)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise NotKnown(done.stderr.strip() or done.stdout.strip() or f"pulumi ended with {done.returncode}") from None
    if errors := [each["message"] for each in answer.get("diagnostics") or () if each["severity"] == "error"]:
        raise NotKnown("\n".join(errors))
    changes = {each["urn"]: each for each in answer["steps"] if each["op"] not in _SAME}
    if done.returncode and not changes:
        raise NotKnown(done.stderr.strip() or f"pulumi ended with {done.returncode}")
    return [changes[urn] for urn in sorted(changes)]


def _outside(stack: str, changes: list[Step]) -> Iterator[str]:
    yield f"### ❌ {stack}: {_count(changes, 'was', 'were')} changed outside Pulumi"
    yield ""
    yield "| resource | property | Pulumi has | it is | by |"
    yield "|---|---|---|---|---|"
    yield from _cut([row for step in changes for row in _rows(step)])
    yield ""
    yield (
        "**To take it back**, run the workflow `deploy` by hand: `pulumi up` sets what it has, and recreates what was"
        " removed. If it stops with a field conflict, first set the value back with the tool in the last column."
    )
    yield ""
    yield "**To keep it**, write it into the stack file and merge that: the next `up` then makes the same.\n"


def _later(stack: str, changes: list[Step]) -> Iterator[str]:
    what = f"{_count(changes, 'is', 'are')} not as this branch has it"
    yield f"### ❌ {stack}: nothing was changed outside Pulumi, but {what}"
    yield ""
    yield "| resource | what `pulumi up` would do |"
    yield "|---|---|"
    yield from _cut([f"| {_named(each)} | {_would(each)} |" for each in changes])
    yield ""
    yield "Run the workflow `deploy` by hand, or look at why it didn't run or was rejected.\n"


def _count(changes: list[Step], one: str, more: str) -> str:
    return f"1 resource {one}" if len(changes) == 1 else f"{len(changes)} resources {more}"


def _cut(rows: list[str]) -> list[str]:
    more = len(rows) - _ROWS
    return (
        rows if more <= 0 else [*rows[:_ROWS], f"\nand {more} more: `pulumi refresh --preview-only --diff` shows all"]
    )


def _would(step: Step) -> str:
    paths = ", ".join(_code(path) for path in sorted(step.get("detailedDiff") or ()))
    return f"{_BECOMES.get(step['op'], 'would be recreated')}{f': {paths}' if paths else ''}"


def _rows(step: Step) -> Iterator[str]:
    name = _named(step)
    if step["op"] == "delete":
        yield f"| {name} | the resource itself | there | gone | |"
        return
    hidden = step["urn"].split("::")[2].endswith(":Secret")
    for path in sorted(step.get("detailedDiff") or ()) or [""]:
        was, now = (_HIDDEN if hidden else _value(step.get(side) or {}, path) for side in ("oldState", "newState"))
        what = _code(path) if path else "see `pulumi refresh --preview-only --diff`"
        yield f"| {name} | {what} | {was} | {now} | {_by(step, path)} |"


def _named(step: Step) -> str:
    """Its logical name, its kind, and what the cluster or the cloud calls it."""
    kind, name = step["urn"].split("::")[2].rpartition(":")[2], step["urn"].split("::")[-1]
    there = (step.get("oldState") or step.get("newState") or {}).get("id")
    return f"{_code(name)} ({kind}{f' {_code(there)}' if there else ''})"


def _value(state: Step, path: str) -> str:
    """What the program asked for, where it asked; else what was answered."""
    found = next((value for part in ("inputs", "outputs") if (value := _at(state.get(part), path)) is not None), None)
    if not path or found is None:
        return "-"
    return _HIDDEN if _MASKED in json.dumps(found) else _code(json.dumps(found, ensure_ascii=False))


def _at(value: Any, path: str) -> Any:
    for key, index, quoted in _STEP.findall(path):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            value = value.get(key or quoted.replace('\\"', '"')) if isinstance(value, dict) else None
    return value


def _by(step: Step, path: str) -> str:
    """Kubernetes writes down which tool set which fields of an object last, and when."""
    metadata = ((step.get("newState") or {}).get("outputs") or {}).get("metadata")
    managers = metadata.get("managedFields") if isinstance(metadata, dict) else None
    field = next((key or quoted for key, _, quoted in reversed(_STEP.findall(path)) if key or quoted), "")
    owners = [
        each
        for each in (managers if isinstance(managers, list) else ())
        if f'"f:{field}"' in json.dumps(each.get("fieldsV1")) and not each["manager"].startswith("pulumi-kubernetes")
    ]
    last = max(owners, key=lambda each: each.get("time") or "", default=None)
    return f"{_code(last['manager'])} {last.get('time') or ''}".strip() if last else ""


def _code(text: str) -> str:
    """In a cell of a table, which no text may end."""
    shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
    return "`" + re.sub(r"\s+", " ", shown).replace("`", "'").replace("|", "\\|") + "`"


if __name__ == "__main__":
    main()
