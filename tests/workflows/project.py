"""A small project in a git repository, for the scripts of the workflows."""

import os
import subprocess
import sys
from pathlib import Path

GITHUB = Path(__file__).parents[2] / ".github"
SCRIPTS = GITHUB / "scripts"


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> None:
        author = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *author, *arguments], cwd=self.folder, check=True, capture_output=True)

    def commit(self, files: dict[str, str | None]) -> None:
        """None removes a file."""
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=a change")

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPTS / script), *arguments]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GIT_"))}
        return subprocess.run(command, cwd=self.folder, env={**clean, **environment}, capture_output=True, text=True)
