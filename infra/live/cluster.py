"""A cluster that runs, read by kubectl."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML, YAMLError

from infra.live.commands import NotRead, output_of
from infra.live.state import State
from infra.plan.cluster import ClusterPlan

_SECONDS = 10  # for each request


@dataclass(frozen=True)
class Cluster:
    """`access`: how kubectl is pointed at it."""

    access: tuple[str, ...]

    def run(self, *arguments: str) -> str:
        """What kubectl prints. Raises NotRead."""
        return output_of("kubectl", *self.access, f"--request-timeout={_SECONDS}s", *arguments)

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """An object, or None where there is none."""
        where = ("-n", namespace) if namespace else ()
        text = self.run("get", kind, name, *where, "--ignore-not-found", "--show-managed-fields", "-o", "json")
        return json.loads(text) if text.strip() else None

    def list(self, kind: str, *arguments: str) -> list[dict[str, Any]]:
        return json.loads(self.run("get", kind, *arguments, "-o", "json"))["items"]


@contextmanager
def reach(cluster: ClusterPlan, state: State) -> Iterator[Cluster | None]:
    """The cluster of the plan; None while it isn't made. Raises NotRead."""
    if cluster.kind == "context":
        yield _answering(Cluster(("--context", cluster.name)))
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kubeconfig"
        known = [each.inputs.get("kubeconfig") for each in state.of("pulumi:providers:kubernetes")]
        texts = [text for text in known if isinstance(text, str)]
        if texts:
            path.write_text(texts[0], encoding="utf-8")
        elif cluster.kind == "eks":
            where = cluster.aws_arguments
            output_of("aws", "eks", "update-kubeconfig", "--name", cluster.name, *where, "--kubeconfig", str(path))
        else:
            yield None
            return
        yield _answering(Cluster(("--kubeconfig", str(path))))


def _answering(cluster: Cluster) -> Cluster:
    """Asked once, so that nothing else waits for one that doesn't answer."""
    cluster.run("version")
    return cluster


def contexts() -> tuple[list[Path], list[str]]:
    """The kubeconfig files that kubectl and Pulumi read, and the contexts in them. Raises NotRead."""
    named = os.environ.get("KUBECONFIG", "").split(os.pathsep)
    paths = [Path(each) for each in named if each] or [Path.home() / ".kube" / "config"]
    return paths, [name for path in paths if path.is_file() for name in _contexts(path)]


def _contexts(path: Path) -> list[str]:
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
        return [each["name"] for each in document.get("contexts") or ()]
    except (OSError, ValueError, YAMLError, KeyError, TypeError, AttributeError):
        raise NotRead(f"{path}: not a kubeconfig") from None
