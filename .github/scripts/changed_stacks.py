"""Which stacks a change can touch: `changed_stacks.py BASE [NAME ...]` prints `stacks=["dev", "prod"]`.

The list is from the stacks in BASE and in HEAD, so it includes removed stacks; with NAMEs, only those stacks.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase

# Files that no plan reads. Any other file that isn't a stack file (code, requirements, a price table) may change every
# stack.
HARMLESS = (".ci/**", ".github/**", ".vscode/**", "benchmarks/**", "docs/**", "examples/**", "tests/**", "**.md")
_STACK_FILE = re.compile(r"stacks/Pulumi\.([^/]+)\.yaml")


def main() -> None:
    base, *only = sys.argv[1:]
    names = changed_stacks(base)
    print(f"stacks={json.dumps([name for name in names if not only or name in only])}")


def changed_stacks(base: str) -> list[str]:
    changed = _git("diff", "--name-only", "--no-renames", "-z", base, "HEAD", "--")
    matter = [path for path in changed if not any(fnmatchcase(path, pattern) for pattern in HARMLESS)]
    if any(not _STACK_FILE.fullmatch(path) for path in matter):
        matter = [*_git("ls-tree", "--name-only", "-z", base, "stacks/"), *_git("ls-files", "-z", "stacks/")]
    return sorted(_names(matter))


def _names(paths: Iterable[str]) -> set[str]:
    return {match[1] for match in map(_STACK_FILE.fullmatch, paths) if match}


def _git(*arguments: str) -> list[str]:
    """Paths from git's output, which ends each with NUL, so that a name with a line break is one name."""
    answer = subprocess.run(["git", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [path for path in answer.split("\0") if path]


if __name__ == "__main__":
    main()
