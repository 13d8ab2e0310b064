"""Kubeconfig files, and the contexts in them."""

import os
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML, YAMLError

from infra.live.check import Obstacle
from infra.live.commands import NotRead
from infra.plan.plan import Plan
from infra.settings.mistakes import did_you_mean


def known_context(plan: Plan) -> Iterator[Obstacle]:
    wanted = plan.cluster.name
    paths, known = _contexts()
    if wanted in known:
        return
    where = ", ".join(str(path) for path in paths)
    close = did_you_mean(wanted, known)
    names = ", ".join(sorted(known)) or "none"
    fix = f"cluster: {{existing: {{context: {close or 'NAME'}}}}}, or point KUBECONFIG at the file that has {wanted}"
    yield Obstacle("cluster.existing.context", f"no context {wanted} in {where}; there: {names}", fix)


def _contexts() -> tuple[list[Path], list[str]]:
    """The kubeconfig files that kubectl and Pulumi read, and the contexts in them. Raises NotRead."""
    named = os.environ.get("KUBECONFIG", "").split(os.pathsep)
    paths = [Path(each) for each in named if each] or [Path.home() / ".kube" / "config"]
    return paths, [name for path in paths if path.is_file() for name in _in_file(path)]


def _in_file(path: Path) -> list[str]:
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
        return [each["name"] for each in document.get("contexts") or ()]
    except (OSError, ValueError, YAMLError, KeyError, TypeError, AttributeError):
        raise NotRead(f"{path}: not a kubeconfig") from None
