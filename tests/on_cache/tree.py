"""A cache on this machine, and a cluster whose Job is run on it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.engines import ENGINES
from infra.live.cluster import ReachedCluster

STORES = [vars(store) for engine in ENGINES.values() for store in engine.stores]
OLD = 1_790_942_400  # when everything on it was written


def write(root: Path, files: Mapping[str, int]) -> Path:
    """Files by path, with the bytes of each."""
    for path, size in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
    age(root)
    return root


def age(root: Path) -> None:
    for each in (root, *root.rglob("*")):
        os.utime(each, (OLD, OLD), follow_symlinks=False)


def files_of(root: Path) -> set[str]:
    return {str(each.relative_to(root)) for each in root.rglob("*") if not each.is_dir() or each.is_symlink()}


@dataclass(frozen=True)
class JobCluster(ReachedCluster):
    """Its one pod is a process here: the command of the Job, on a folder in the place of the claim."""

    root: Path = Path()
    objects: list[Mapping[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def run(self, *arguments: str) -> str:
        verb = arguments[0]
        if verb == "create":
            return self._create(json.loads(Path(arguments[2]).read_text(encoding="utf-8")))
        if verb == "logs":
            return self.log[-1]
        if verb == "delete":
            self.deleted.append(arguments[2])
            return ""
        assert verb == "get", arguments
        if arguments[1] == "job":
            return json.dumps({"status": {"conditions": [{"type": "Complete", "status": "True"}]}})
        return json.dumps({"items": self.objects})

    def _create(self, job: dict[str, Any]) -> str:
        self.jobs.append(job)
        (container,) = job["spec"]["template"]["spec"]["containers"]
        *command, asked = container["command"]
        here = json.dumps({**json.loads(asked), "root": str(self.root)})
        done = subprocess.run(
            [sys.executable, *command[1:], here], capture_output=True, text=True, check=True, env={"PATH": ""}
        )
        self.log.append(f"a warning of somebody\n{done.stdout}")
        return f"job.batch/weights-{len(self.jobs)}\n"
