"""Every command that a page tells its reader to run is run here, or says what it needs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import HANGS_SECONDS
from tests.docs.claims import CLAIMS, claim_of, missing, prepare
from tests.docs.fake_endpoint import KEY, FakeEndpoint, serving
from tests.docs.pages import BLOCKS, PAGES, ROOT, Block, blocks_in, blocks_of

CLI = "# needs the Pulumi CLI"
NEEDS = ("# needs AWS", "# needs a cluster", "# needs the internet", CLI)
COMMANDS = blocks_in("sh")
HERE = [block for block in COMMANDS if not block.first_line.startswith("# needs")]


def lines(block: Block) -> set[str]:
    """Its commands, without the comments."""
    return {line.partition(" # ")[0].strip() for line in block.text.splitlines()}


# A block whose commands another one runs too isn't run again.
RUN = [block for block in HERE if not any(lines(block) < lines(other) for other in HERE)]
WITH_CLI = [block for block in COMMANDS if block.first_line == CLI]


# What is installed here belongs to the checkout that installed it; in a clone, the command is the clone's own.
STAND_INS = {
    "llm-platform": '#!/bin/sh\nexec "$(dirname "$0")/python" -m infra "$@"\n',
    "activate": 'PATH="$PWD/.venv/bin:$PATH"\n',
}


def install(installed: Path, venv: Path) -> None:
    """A copy of the virtual environment that is installed here, for the Makefile too: nothing is to be installed."""
    (venv / "bin").mkdir(parents=True)
    for folder in (installed, installed / "bin"):
        for each in folder.iterdir():
            if each.name not in ("bin", "program", "dev", *STAND_INS):
                (venv / each.relative_to(installed)).symlink_to(each)
    for name, text in STAND_INS.items():
        (venv / "bin" / name).write_text(text, encoding="utf-8")
        (venv / "bin" / name).chmod(0o755)
    for stamp in ("program", "dev"):
        (venv / stamp).touch()


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as somebody who cloned it has it, with what is installed here; compiled, for speed."""
    copy = tmp_path_factory.mktemp("clone") / "project"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "*.pyc.*"))
    install((ROOT / ".venv").resolve(), copy / ".venv")
    for command in (["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-q", "-m", "a clone"]):
        author = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *author, *command], cwd=copy, check=True, capture_output=True)
    return copy


@pytest.fixture
def project(clone: Path, tmp_path: Path) -> Path:
    """A separate clone, because commands write files."""
    return shutil.copytree(clone, tmp_path / "project", symlinks=True)


def run(block: Block, folder: Path, **environment: str) -> str:
    """What it printed; it has to exit with 0. The README says how `llm-platform` comes on the PATH."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MAKE", "PYTEST_"))}
    clean["PATH"] = f"{folder / '.venv/bin'}{os.pathsep}{clean['PATH']}"
    for name in re.findall(r"^[a-z][\w-]*", block.text, re.MULTILINE):  # `type` knows what bash itself has, too
        if subprocess.run(["bash", "-c", 'type "$1"', "bash", name], env=clean, capture_output=True).returncode:
            pytest.skip(f"{name} isn't installed here")
    # `make test` starts pytest, which says what it can: the suite is what runs now.
    clean |= {"PYTEST_ADDOPTS": "--help", "no_proxy": "*", "COLUMNS": "110"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        cwd=folder,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=HANGS_SECONDS,
    )
    assert done.returncode == 0, f"{block}\n{block.text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout + done.stderr


@pytest.mark.programs
@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_command_does_in_a_fresh_clone_what_its_page_says(block: Block, project: Path) -> None:
    prepare(block, project)
    with serving(FakeEndpoint()) as endpoint:
        printed = run(block, project, OPENAI_BASE_URL=endpoint.url, OPENAI_API_KEY=KEY)
    for each in [block, *(other for other in HERE if lines(other) < lines(block))]:
        assert missing(claim_of(each), printed, project) == [], f"{each} says so\n{printed}"


def test_every_command_has_a_result_that_its_page_claims() -> None:
    """And no claim outlives its command."""
    claims = [claim_of(block) for block in HERE]
    assert len({id(claim) for claim in claims}) == len(claims) == len(CLAIMS)
    assert all(claim.prints or claim.writes for claim in claims)


@pytest.mark.programs
@pytest.mark.parametrize("block", WITH_CLI, ids=str)
def test_a_command_of_the_cli_works(block: Block, project: Path, tmp_path: Path) -> None:
    """On a state in a folder, for a stack that exists unless the block makes it."""
    if shutil.which("pulumi") is None:
        pytest.skip("the Pulumi CLI isn't installed here")
    (tmp_path / "state").mkdir()
    environment = {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": "words"}
    for stack in ("dev", "local"):
        if f"pulumi stack init {stack}" not in block.text:
            run(Block(block.page, 0, "sh", f"pulumi stack init {stack}"), project, **environment)
    run(block, project, **environment)


@pytest.mark.parametrize("block", [block for block in COMMANDS if block not in HERE], ids=str)
def test_what_a_command_needs_is_one_of_a_few_things(block: Block) -> None:
    assert block.first_line in NEEDS


def test_the_pages_have_commands_of_both_kinds() -> None:
    assert len(HERE) >= 8
    assert len(COMMANDS) - len(HERE) >= 8
    assert {block.page.name for block in COMMANDS} >= {"README.md", "first-environment.md", "application.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_its_language(page: Path) -> None:
    """So that no command is in a block of another language."""
    fences = [line for line in page.read_text(encoding="utf-8").splitlines() if line.lstrip().startswith("```")]
    assert len(fences) == 2 * len(blocks_of(page))
    assert {block.language for block in BLOCKS} <= {"sh", "yaml", "json", "python", "js", "text", "mermaid", "markdown"}
