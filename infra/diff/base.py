"""The base of a comparison: a folder as it is, or a git ref written to a temporary folder with a separate index.

Nothing is written to the user's checkout, index, branches or list of worktrees, so that nothing is left behind there
however a run ends; `git worktree add` would, and would run the repository's hooks.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = Path("infra/__main__.py")


class BadBase(Exception):
    """A base that can't be compared with; says what was tried."""


@dataclass(frozen=True)
class Base:
    """A folder of the program, with its own code, facts and stack files."""

    folder: Path
    stacks: Path  # the folder of its stack files
    label: str  # what was asked for
    commit: str | None  # None: a folder

    def stack_file(self, stack: str) -> Path:
        return self.stacks / f"Pulumi.{stack}.yaml"


@contextmanager
def opened(base: str, project: Path, stacks: Path) -> Iterator[Base]:
    """`stacks`: the folder of the working tree's stack files. The base has its own at the same place of the project. If
    they are in a separate git repository, a ref is one of that repository, and the program is the same on both sides;
    other folders outside of the project are compared with the base's `stacks/`.

    A ref wins over a folder of the same name, unless that is written as a path. Raises BadBase.
    """
    if not base.strip():
        raise BadBase("empty; write a git ref such as origin/main, or the folder of another checkout")
    folder = Path(base).expanduser()
    place, repository = _place(stacks, project), repository_of(stacks, project)
    commit = None if base.startswith((".", "/", "~")) else _commit(base, repository)
    if commit is not None:
        with tempfile.TemporaryDirectory(prefix="llm-platform-diff-", ignore_cleanup_errors=True) as temporary:
            there = _write(commit, repository, Path(temporary))
            program, own = (there, there / place) if repository == project else (project, there)
            yield _checked(Base(program, own, base, commit))
    elif folder.is_dir():
        yield _checked(Base(folder.resolve(), folder.resolve() / place, base, None))
    else:
        raise BadBase(_missing(base, repository))


def _place(stacks: Path, project: Path) -> Path:
    """The folder of the stack files in a checkout of the program."""
    inside = stacks.resolve().is_relative_to(project.resolve())
    return stacks.resolve().relative_to(project.resolve()) if inside else Path("stacks")


def repository_of(stacks: Path, project: Path) -> Path:
    """A folder of the git repository that has the stack files; the project's, unless they are in another one."""
    outside = not stacks.resolve().is_relative_to(project.resolve())
    return stacks.resolve() if outside and _git(stacks, "rev-parse", "--git-dir") is not None else project


def _checked(base: Base) -> Base:
    if not (base.folder / _PROGRAM).is_file():
        raise BadBase(f"{base.label}: has no {_PROGRAM}, so it isn't a checkout of this program")
    return base


def _missing(base: str, folder: Path) -> str:
    if _git(folder, "rev-parse", "--git-dir") is None:
        return f"{base}: no such folder; {folder} is in no git repository, so it is no ref either"
    shallow = _git(folder, "rev-parse", "--is-shallow-repository") == "true"
    hint = "; this clone is shallow: fetch it first (in GitHub Actions fetch-depth: 0)" if shallow else ""
    return f"{base}: no commit of the git repository of {folder}, and no such folder{hint}"


def _commit(ref: str, folder: Path) -> str | None:
    return _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")


def _write(commit: str, folder: Path, temporary: Path) -> Path:
    """The commit's files; returns the same folder there, which may be inside its repository."""
    root, git = temporary / "tree", _git(folder, "rev-parse", "--absolute-git-dir")
    root.mkdir()
    environment = {"GIT_DIR": git or "", "GIT_WORK_TREE": str(root), "GIT_INDEX_FILE": str(temporary / "index")}
    inside = _git(folder, "rev-parse", "--show-prefix") or "."
    for arguments in (["read-tree", commit], ["checkout-index", "--all", "--quiet"]):
        done = _run_git(root, *arguments, environment=environment)
        if done.returncode:
            raise BadBase(f"{commit[:7]}: git {arguments[0]} failed: {last_line(done.stderr)}")
    return root / inside


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails or isn't there."""
    try:
        done = _run_git(folder, *arguments)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _run_git(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def last_line(text: str) -> str:
    """Where a program says what went wrong, without control characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "".join(c for c in lines[-1] if c.isprintable()) if lines else "it said nothing"


def shown_commit(folder: Path) -> str | None:
    """The commit of the working tree, and whether it has other changes."""
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if commit is None:
        return None
    # Without the option git rewrites the index where files have other times.
    changes = _git(folder, "--no-optional-locks", "status", "--porcelain", "-uno")
    return f"{commit[:7]} and uncommitted changes" if changes else commit[:7]
