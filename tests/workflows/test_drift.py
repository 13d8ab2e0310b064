"""The report of the scheduled check, from what the real Pulumi (3.272.0) said of a stack on a real API server, where
kubectl deleted a Service and changed an argument, a ConfigMap and a Secret; and of a change that wasn't deployed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.project import SCRIPTS

pytestmark = pytest.mark.programs

RECORDED = Path(__file__).parent / "recorded"
DRIFT, UNDEPLOYED = ((RECORDED / f"{name}.json").read_text(encoding="utf-8") for name in ("drift", "undeployed"))
NOTHING = json.dumps({"steps": [], "diagnostics": []})
PULUMI = f"""#!{sys.executable}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
assert {{"--stack", "prod", "--expect-no-changes", "--json", "--non-interactive"}} <= set(sys.argv), sys.argv
assert sys.argv[1:3] in (["refresh", "--preview-only"], ["preview", "--refresh"]), sys.argv
with open(here / "asked", "a") as asked:
    asked.write(sys.argv[1] + "\\n")
code, out, err = json.loads((here / sys.argv[1]).read_text())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


class Ran:
    def __init__(self, folder: Path, refresh: tuple[int, str], preview: tuple[int, str] = (0, NOTHING), err: str = ""):
        program = folder / "pulumi"
        program.write_text(PULUMI, encoding="utf-8")
        program.chmod(0o755)
        for name, answer in (("refresh", refresh), ("preview", preview)):
            (folder / name).write_text(json.dumps([*answer, err]), encoding="utf-8")
        summary = folder / "summary.md"
        summary.unlink(missing_ok=True)
        environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            [sys.executable, str(SCRIPTS / "drift.py"), "prod"],
            env={**environment, "GITHUB_STEP_SUMMARY": str(summary)},
            capture_output=True,
            text=True,
        )
        assert not done.stderr, done.stderr
        self.code, self.text = done.returncode, summary.read_text(encoding="utf-8")
        assert done.stdout.strip() == self.text.strip()
        self.asked = (folder / "asked").read_text(encoding="utf-8").split()
        self.rows = [line for line in self.text.splitlines() if line.startswith("| `")]


def changed(path: str, was: Any, now: Any, kind: str = "kubernetes:core/v1:ConfigMap") -> str:
    """An answer with one change of a property, at the top level."""
    step = {
        "op": "update",
        "urn": f"urn:pulumi:prod::llm-platform::{kind}::it",
        "detailedDiff": {path: {"kind": "update", "inputDiff": False}},
        "oldState": {"id": "llm/it", "inputs": {path: was}, "outputs": {}},
        "newState": {"id": "llm/it", "inputs": {path: now}, "outputs": {}},
    }
    return json.dumps({"steps": [step], "diagnostics": []})


def test_each_change_from_outside_is_a_row_with_both_values_and_who_made_it(tmp_path: Path) -> None:
    ran = Ran(tmp_path, (7, DRIFT))
    assert ran.code == 1
    assert ran.text.startswith("### ❌ prod: 4 resources were changed outside Pulumi\n")
    found = {row.split("`")[1]: [cell.strip() for cell in row.split(" | ")[1:]] for row in ran.rows}
    argument = "`spec.template.spec.containers[0].args[1]`"
    assert found["embed-deployment"][:3] == [argument, '`"8192"`', '`"4096"`']
    assert found["embed-deployment"][3].startswith("`kubectl-patch` 2026-11-27T")
    assert found["cm"][:3] == ["`data.a`", '`"1"`', '`"9"`']
    assert found["chat-service"][:3] == ["the resource itself", "there", "gone"]
    assert "(Service `llm/chat`)" in ran.text


def test_it_says_how_to_take_it_back_and_how_to_keep_it(tmp_path: Path) -> None:
    text = Ran(tmp_path, (7, DRIFT)).text
    assert "**To take it back**" in text
    assert "**To keep it**" in text


def test_the_value_of_a_secret_is_never_shown(tmp_path: Path) -> None:
    (row,) = [row for row in Ran(tmp_path, (7, DRIFT)).rows if "`key`" in row]
    assert row.count("(not shown)") == 2
    answer = changed("data", {"k": "aHVudGVyMg=="}, {"k": "c2VjcmV0"}, "kubernetes:core/v1:Secret")
    assert "aHVudGVyMg" not in Ran(tmp_path, (7, answer)).text
    assert Ran(tmp_path, (7, changed("value", {"a": "[secret]"}, "x"))).rows[0].count("(not shown)") == 1


def test_a_preview_is_asked_only_where_nothing_was_changed_outside(tmp_path: Path) -> None:
    """A value that kubectl owns stops it with a conflict."""
    assert Ran(tmp_path, (7, DRIFT)).asked == ["refresh"]


def test_what_is_not_deployed_is_said_as_such(tmp_path: Path) -> None:
    ran = Ran(tmp_path, (0, NOTHING), (7, UNDEPLOYED))
    assert (ran.code, ran.asked) == (1, ["refresh", "preview"])
    assert "3 resources are not as this branch has it" in ran.text
    assert {row.split(" | ")[1].removesuffix(" |") for row in ran.rows} == {
        "would be created",
        "would be changed: `spec.minReadySeconds`",
    }


def test_nothing_changed(tmp_path: Path) -> None:
    ran = Ran(tmp_path, (0, NOTHING))
    assert (ran.code, ran.rows) == (0, [])
    assert "✅ prod" in ran.text


FAILED = json.dumps({"steps": [], "diagnostics": [{"message": "error: no credentials", "severity": "error"}]})


@pytest.mark.parametrize(
    ("answer", "err", "said"),
    [
        ((255, ""), "error: the stack is currently locked", "currently locked"),
        ((1, FAILED), "", "no credentials"),
        ((1, NOTHING), "", "pulumi ended with 1"),
        ((1, "no JSON\n```\nat all"), "", "at all"),
    ],
)
def test_a_check_that_could_not_be_made_is_no_good_news(
    tmp_path: Path, answer: tuple[int, str], err: str, said: str
) -> None:
    ran = Ran(tmp_path, answer, err=err)
    assert (ran.code, "nobody can say" in ran.text) == (3, True)
    assert said in ran.text
    assert ran.text.rstrip().endswith("```")


@pytest.mark.parametrize(
    ("was", "now"), [("a|b", "c`d"), ("two\nlines", "x"), ("x" * 9000, "y"), (None, "new"), (["a"], {"b": 1})]
)
def test_no_value_ends_its_cell(tmp_path: Path, was: Any, now: Any) -> None:
    (row,) = Ran(tmp_path, (7, changed("spec", was, now))).rows
    assert row.replace("\\|", "").count("|") == 6
    assert row.count("`") % 2 == 0
    assert len(row) < 400


def test_a_key_with_dots_is_found(tmp_path: Path) -> None:
    answer = json.loads(changed("metadata", {"labels": {"a.b/c": "old"}}, {"labels": {"a.b/c": "new"}}))
    answer["steps"][0]["detailedDiff"] = {'metadata.labels["a.b/c"]': {"kind": "update"}}
    (row,) = Ran(tmp_path, (7, json.dumps(answer))).rows
    assert '`"old"` | `"new"`' in row


def test_a_long_report_ends(tmp_path: Path) -> None:
    step = json.loads(changed("data", 1, 2))["steps"][0]
    steps = [{**step, "urn": f"{step['urn']}{number:04}"} for number in range(500)]
    ran = Ran(tmp_path, (7, json.dumps({"steps": steps, "diagnostics": []})))
    assert len(ran.rows) == 200
    assert "and 300 more" in ran.text
