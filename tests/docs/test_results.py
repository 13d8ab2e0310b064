"""The commands of a page print the result that the page promises: an exit code of 0 isn't enough."""

import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks_of
from tests.docs.test_commands import clone, project, run

pytestmark = pytest.mark.programs

__all__ = ["clone", "project"]

UPDATE = ROOT / "docs/platform/update.md"
STACK = "stacks/Pulumi.prod.yaml"


def git(folder: Path, *arguments: str) -> str:
    author = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def commit(folder: Path, old: str, new: str) -> None:
    file = folder / STACK
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    git(folder, "commit", "-q", "-a", "-m", "a change")


@pytest.mark.parametrize("own_commits", [False, True], ids=["fast-forward", "merge"])
@pytest.mark.parametrize("branch", ["update", "main"])
def test_the_page_on_updates_shows_what_the_merge_did(own_commits: bool, branch: str, project: Path) -> None:
    """On a branch as the page says; merged into main, with the base that it names for that."""
    git(project, "switch", "-q", "-c", "upstream")
    commit(project, "usdPerMonth: ", "usdPerMonth: 1")
    git(project, "switch", "-q", "main")
    if own_commits:
        (project / "ours.md").write_text("ours\n", encoding="utf-8")
        git(project, "add", "ours.md")
        git(project, "commit", "-q", "-m", "ours")
    if branch != "main":
        git(project, "switch", "-q", "-c", branch)
    git(project, "merge", "-q", "upstream", "-m", "an update")
    (block,) = [each for each in blocks_of(UPDATE) if "llm-platform diff" in each.text]
    text = block.text.replace("make test\n", "")
    if branch == "main":
        text = text.replace("--base main", "--base ORIG_HEAD")
    printed = run(type(block)(block.page, block.line, block.language, text), project)
    assert "budget.usdPerMonth" in printed
