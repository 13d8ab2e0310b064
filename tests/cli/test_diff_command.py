"""`diff` in a separate git repository: what it compares, how it exits, and that it leaves no files behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.diff.settings import settings_changed
from infra.settings.document import read_document
from infra.sides.types import Side
from tests.conftest import HALF_COMPILED, HANGS_SECONDS

pytestmark = pytest.mark.programs

REPOSITORY = Path(__file__).parents[2]
STACK = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    models:
      small: {model: "llama3.2:1b", engine: ollama, gpus: 0}
"""


class Checkout:
    """A copy of the program in a repository with one commit and the stack `local`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("infra", "components"):
            shutil.copytree(REPOSITORY / name, folder / name, ignore=HALF_COMPILED)  # compiled, so a run starts faster
        shutil.copy(REPOSITORY / "requirements.txt", folder)
        (folder / "stacks").mkdir()
        self.temporary = folder / ".tmp"
        self.temporary.mkdir()
        (folder / ".gitignore").write_text(".tmp\n__pycache__\n", encoding="utf-8")
        self.write(STACK)
        self.git("init", "-q", "-b", "main")
        self.commit()

    def write(self, text: str, stack: str = "local") -> None:
        (self.folder / "stacks" / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        done = subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "as it is")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "infra", "diff", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.temporary), "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": ""}

    def diff(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, base: str = "HEAD", stack: str = "local") -> dict[str, Any]:
        return json.loads(self.diff(stack, "--base", base, "--format", "json").stdout)

    def state(self) -> tuple[str, ...]:
        """The files that a run must not change."""
        questions = (["status", "--porcelain"], ["worktree", "list"], ["branch", "-a"], ["rev-parse", "HEAD"])
        return tuple(self.git(*question) for question in questions)


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    with tempfile.TemporaryDirectory() as folder:
        yield Checkout(Path(folder))


@pytest.fixture(scope="module")
def untouched() -> Iterator[Checkout]:
    """For tests that write nothing."""
    with tempfile.TemporaryDirectory() as folder:
        yield Checkout(Path(folder))


def test_nothing_is_printed_where_nothing_changed(checkout: Checkout) -> None:
    reordered = STACK.replace(
        'model: "llama3.2:1b", engine: ollama, gpus: 0', 'gpus: 0, engine: ollama, model: "llama3.2:1b"'
    )
    checkout.write("# a comment\n" + reordered)
    comment = checkout.diff("local", "--base", "HEAD", "--format", "markdown")
    assert (comment.returncode, comment.stdout) == (0, "")
    assert comment.stderr.startswith("local: nothing changes against HEAD")
    assert "stdout stays empty" in " ".join(checkout.diff("--help").stdout.split())
    result = checkout.diff("local", "--base", "HEAD", "--format", "json")
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert [found[key] for key in ("added", "removed", "changed", "replaced", "settings", "traffic")] == [
        [],
        [],
        [],
        [],
        {},
        [],
    ]


def test_a_ref_and_a_folder_give_the_same_each_time_and_touch_nothing(checkout: Checkout, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(checkout.folder, other, ignore=shutil.ignore_patterns(".tmp", ".git"))
    checkout.write(STACK.replace("3.2:1b", "3.2:3b"))
    before = checkout.state()
    first, folder = (checkout.json(base) for base in ("main", str(other)))
    assert first == folder
    assert first["settings"] == {"models.small.model": {"old": "llama3.2:1b", "new": "llama3.2:3b"}}
    (changed,) = (each for each in first["changed"] if each["urn"].endswith("::small-deployment"))
    assert any("containers[ollama]" in path for path in changed["properties"])
    assert checkout.state() == before
    assert list(checkout.temporary.iterdir()) == []


def test_the_index_stays_byte_for_byte(checkout: Checkout) -> None:
    """`git status` would rewrite the index: a file has another time and the same content."""
    index, file = checkout.folder / ".git/index", checkout.folder / "requirements.txt"
    os.utime(file, (0, 0))
    before = index.read_bytes()
    checkout.write(STACK.replace("3.2:1b", "3.2:3b"))
    checkout.json()
    assert index.read_bytes() == before


def test_an_absolute_price_table_is_no_traceback(checkout: Checkout, tmp_path: Path) -> None:
    table = tmp_path / "prices.csv"
    table.write_text("instance_type,usd_per_hour\ng6.xlarge,0.5\n", encoding="utf-8")
    for named, code in ((table, 0), ("/", 2)):
        checkout.write(f"{STACK}    prices: {{table: {named}}}\n")
        result = checkout.diff("local", "--base", "HEAD")
        assert (result.returncode, "Traceback" in result.stderr) == (code, False), result.stderr


def test_the_base_is_planned_by_its_own_code(checkout: Checkout) -> None:
    file = checkout.folder / "components/model_server.py"
    file.write_text(
        file.read_text(encoding="utf-8").replace("SERVICE_PORT = 80\n", "SERVICE_PORT = 81\n"), encoding="utf-8"
    )
    found = checkout.json()
    (changed,) = (each for each in found["changed"] if each["urn"].endswith("::small-service"))
    assert changed["properties"]["spec.ports[http].port"] == {"old": 80, "new": 81}
    assert [each["path"] for each in found["facts_changed"]] == ["components/model_server.py"]
    assert changed["urn"] in found["facts_effect"]["changed"]


def test_a_stack_missing_on_one_side_is_all_added_or_all_removed(checkout: Checkout) -> None:
    checkout.write(STACK, "new")
    added = checkout.json(stack="new")
    (checkout.folder / "stacks/Pulumi.local.yaml").unlink()
    removed = checkout.json()
    assert len(added["added"]) == len(removed["removed"]) > 5
    assert added["removed"] == removed["added"] == []
    assert [each["event"] for each in (*added["traffic"], *removed["traffic"])] == ["new", "removed"]


SAME_VALUE = {
    "what `pulumi config set` makes of 0.90": ("0.90", "0.9"),
    "a float that is whole": ("1.0", "1"),
    "another base": ("0x10", "16"),
    "another way to quote": ("'a b'", '"a b"'),
}


@pytest.mark.parametrize(("old", "new"), SAME_VALUE.values(), ids=SAME_VALUE)
def test_the_same_value_written_otherwise_is_no_change(old: str, new: str) -> None:
    stack = "config:\n  llm-platform:platform: {models: {small: {gpuMemoryUtilization: %s}}}\n"
    before, after = (Side(config=read_document(stack % each).config or {}) for each in (old, new))
    assert settings_changed(before, after) == {}


BIGGER = STACK.replace("3.2:1b", "3.2:3b")
CHANGED = {"models.small.model": {"old": "llama3.2:1b", "new": "llama3.2:3b"}}


def _stack_file(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.local.yaml").write_text(text, encoding="utf-8")
    return folder


def test_stack_files_elsewhere_in_the_project_are_compared_with_those_at_the_same_place(checkout: Checkout) -> None:
    checkout.write(STACK.replace("kind-llm", "not-this-one"))
    other = _stack_file(checkout.folder / "teams/a", STACK)
    checkout.commit()
    _stack_file(other, BIGGER)
    for base in ("HEAD", "HEAD~1"):  # where the stack file isn't there yet, everything is added
        found = json.loads(checkout.diff("local", "--base", base, "--stacks", "teams/a", "--format", "json").stdout)
        assert found["settings"] == CHANGED if base == "HEAD" else found["added"]
    gone = checkout.diff("prod", "--base", "HEAD", "--stacks", "teams/a")
    assert (gone.returncode, gone.stderr) == (
        2,
        "diff: neither teams/a nor HEAD has a stack prod: stacks here: local\n",
    )


def test_stack_files_outside_of_the_project_are_compared_with_the_bases(checkout: Checkout, tmp_path: Path) -> None:
    """In the repository of the project there is a ref `main`."""
    outside = str(_stack_file(tmp_path / "stacks", BIGGER))
    found = checkout.diff("local", "--base", "main", "--stacks", outside, "--format", "json")
    assert json.loads(found.stdout)["settings"] == CHANGED


def test_stack_files_in_a_separate_repository_have_their_base_there(checkout: Checkout, tmp_path: Path) -> None:
    own = _stack_file(tmp_path / "deploy/llm", STACK)
    for command in (["init", "-q", "-b", "live"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *who, *command], cwd=own, check=True)
    _stack_file(own, BIGGER)
    found = checkout.diff("local", "--base", "live", "--stacks", str(own), "--format", "json")
    assert json.loads(found.stdout)["settings"] == CHANGED
    assert json.loads(found.stdout)["facts_changed"] == []
    missing = checkout.diff("local", "--base", "main", "--stacks", str(own))
    assert (missing.returncode, "no commit of the git repository of" in missing.stderr) == (2, True)
    assert list(checkout.temporary.iterdir()) == []


BAD = {
    "a base that doesn't exist": (["local", "--base", "nowhere"], "nowhere: no commit"),
    "an option for a base": (["local", "--base", "--all"], "--all: no commit"),
    "no base": (["local", "--base", ""], "empty"),
    "a folder of something else": (["local", "--base", "./stacks"], "isn't a checkout of this program"),
    "a stack that neither has": (["other", "--base", "HEAD"], "has a stack other: stacks here: local"),
    "a folder of stack files that isn't there": (["local", "--base", "HEAD", "--stacks", "nowhere"], "'--stacks'"),
    "a path for a stack": (["stacks/Pulumi.local.yaml", "--base", "HEAD"], "write local"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_exit_2_and_says_what_was_tried(case: str, untouched: Checkout) -> None:
    arguments, says = BAD[case]
    result = untouched.diff(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert list(untouched.temporary.iterdir()) == []


def test_a_base_whose_program_fails_is_exit_2_with_the_last_line_it_said(checkout: Checkout) -> None:
    program = checkout.folder / "infra/program.py"
    whole = program.read_text(encoding="utf-8")
    program.write_text("raise RuntimeError('half written')\n", encoding="utf-8")
    checkout.commit()
    program.write_text(whole, encoding="utf-8")
    result = checkout.diff("local", "--base", "HEAD")
    assert (result.returncode, result.stdout) == (2, "")
    assert "RuntimeError: half written" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(checkout.temporary.iterdir()) == []


def test_outside_a_git_repository_a_ref_is_exit_2(checkout: Checkout) -> None:
    shutil.rmtree(checkout.folder / ".git")
    result = checkout.diff("local", "--base", "main")
    assert result.returncode == 2
    assert "in no git repository" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_behind(number: int, checkout: Checkout) -> None:
    before = checkout.state()
    running = subprocess.Popen(
        checkout.command("local", "--base", "HEAD"),
        cwd=checkout.folder,
        env=checkout.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    while not list(checkout.temporary.glob("*/tree/infra/__main__.py")):
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(number)
    _, said = running.communicate(timeout=HANGS_SECONDS)
    assert running.returncode == 128 + number
    assert b"Traceback" not in said
    assert list(checkout.temporary.iterdir()) == []
    assert checkout.state() == before
