"""What the unprivileged job does with the diffs. Except in one test, a stand-in prints what the stack file says."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import HALF_COMPILED
from tests.workflows.project import GITHUB, Project

pytestmark = pytest.mark.programs

# Answers as `llm-platform diff STACK --base REF --format markdown` does: `exit`, `out` and `err` of the stack file.
PROGRAM = """
import json, sys
assert sys.argv[1] == "diff" and sys.argv[3:] == ["--base", "HEAD^1", "--format", "markdown"], sys.argv
answer = json.load(open(f"stacks/Pulumi.{sys.argv[2]}.yaml"))
sys.stdout.write(answer["out"])
sys.stderr.write(answer.get("err", ""))
sys.exit(answer["exit"])
"""


@dataclass(frozen=True)
class Made:
    code: int
    comment: str
    summary: str
    number: str


def make(folder: Path, answers: dict[str, dict[str, object]]) -> Made:
    """The script's work on a change of these stacks."""
    project = Project(folder)
    project.commit({"infra/__main__.py": PROGRAM})
    project.commit({f"stacks/Pulumi.{name}.yaml": json.dumps(answer) for name, answer in answers.items()})
    return made_of_the_last_commit(project)


def made_of_the_last_commit(project: Project) -> Made:
    folder = project.folder
    event, summary = folder / "event.json", folder / "summary.md"
    event.write_text('{"pull_request": {"number": 12}}', encoding="utf-8")
    done = project.run(
        "diff_stacks.py", "HEAD^1", "out/diff", GITHUB_EVENT_PATH=str(event), GITHUB_STEP_SUMMARY=str(summary)
    )
    assert "Traceback" not in done.stderr
    out = folder / "out" / "diff"
    return Made(
        done.returncode,
        (out / "comment.md").read_text(encoding="utf-8"),
        summary.read_text(encoding="utf-8"),
        (out / "pull-request").read_text(encoding="utf-8"),
    )


def test_what_is_refused_comes_first_and_fails(tmp_path: Path) -> None:
    made = make(
        tmp_path,
        {
            "a": {"exit": 0, "out": "### ✅ a\n"},
            "b": {"exit": 1, "out": "### ❌ b\n"},
            "c": {"exit": 2, "out": "", "err": "no such base"},
        },
    )
    assert made.code == 1
    places = [made.comment.index(text) for text in ("no such base", "### ❌ b", "### ✅ a")]
    assert places == sorted(places)
    assert made.summary == made.comment
    assert made.number == "12\n"


def test_a_change_that_is_fine_passes(tmp_path: Path) -> None:
    made = make(tmp_path, {"a": {"exit": 0, "out": "### ✅ a\n"}})
    assert (made.code, made.comment) == (0, "### ✅ a\n")


def test_nothing_changed_is_an_empty_comment(tmp_path: Path) -> None:
    made = make(tmp_path, {"a": {"exit": 0, "out": ""}})
    assert (made.code, made.comment, made.summary) == (0, "", "No stack changes.\n")


@pytest.mark.parametrize("answer", [{"exit": 1, "out": ""}, {"exit": 3, "out": ""}, {"exit": -9, "out": "half"}])
def test_a_program_that_breaks_is_no_diff(answer: dict[str, object], tmp_path: Path) -> None:
    """A traceback exits with 1 too, and says nothing on stdout."""
    made = make(tmp_path, {"a": {**answer, "err": "boom"}})
    assert made.code == 1
    assert "a: no diff could be made" in made.comment
    assert "boom" in made.comment


def test_an_error_stays_in_its_block(tmp_path: Path) -> None:
    made = make(tmp_path, {"a": {"exit": 2, "out": "", "err": "```\n# not a heading\n"}})
    assert made.comment.endswith("\n````text\n```\n# not a heading\n````\n")


def test_the_longest_diff_that_the_program_makes_is_in_the_comment(tmp_path: Path) -> None:
    """Under 60,000 characters: infra/cli/document/markdown.py."""
    made = make(tmp_path, {"a": {"exit": 0, "out": "a" * 59_999}, "b": {"exit": 0, "out": "b" * 59_999}})
    assert made.comment.startswith("a" * 59_999)
    assert made.comment.endswith("only in the job summary: `b`\n")
    assert len(made.comment) < 64_000


def test_what_does_not_fit_is_named_and_stays_in_the_summary(tmp_path: Path) -> None:
    made = make(tmp_path, {name: {"exit": name == "b", "out": name * 25_000} for name in ("a", "b", "c")})
    assert len(made.comment) <= 60_000
    assert made.comment.startswith("b" * 25_000)
    assert made.comment.endswith("only in the job summary: `c`\n")
    assert "c" * 25_000 in made.summary


def test_the_program_itself_is_asked_as_it_answers(tmp_path: Path) -> None:
    """It is asked only about the stack whose file the change touches."""
    root = GITHUB.parent
    for name in ("infra", "components", "stacks"):
        shutil.copytree(root / name, tmp_path / name, ignore=HALF_COMPILED)
    shutil.copy(root / "requirements.txt", tmp_path)
    project = Project(tmp_path)
    project.commit({".gitignore": "__pycache__\n"})
    local = (tmp_path / "stacks/Pulumi.local.yaml").read_text(encoding="utf-8")
    assert "llama3.2:1b" in local
    project.commit({"stacks/Pulumi.local.yaml": local.replace("llama3.2:1b", "llama3.2:3b")})
    made = made_of_the_last_commit(project)
    assert made.code == 0
    assert made.comment.startswith("<!-- llm-platform diff: local -->\n### ")
    assert "llama3.2:3b" in made.comment
    assert made.comment.count("### ") == 1
