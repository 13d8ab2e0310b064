"""A cluster that runs, read by kubectl."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from infra.live.commands import output_of
from infra.live.state import State, read_state
from infra.plan.cluster import ClusterPlan

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud
    from infra.plan.plan import Plan

_SECONDS = 10  # for each request


@dataclass(frozen=True)
class ReachedCluster:
    """`access`: the options and environment with which kubectl reaches it."""

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
def reach(plan: ClusterPlan, cloud: Cloud, state: State) -> Iterator[ReachedCluster | None]:
    """The cluster of the plan; None while it isn't made. Raises NotRead."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kubeconfig"
        access = cloud.access(plan, path, _given(state))
        yield answering(ReachedCluster(access)) if access else None


@contextmanager
def reach_by(plan: Plan, cloud: Cloud, context: str | None) -> Iterator[ReachedCluster | None]:
    """By a context of the kubeconfig, which needs no rights on the stack's state; else by what the state has. Raises
    NotRead."""
    if context is not None:
        yield answering(ReachedCluster(("--context", context)))
        return
    state = read_state(plan.stack) if plan.cluster.made else State()
    with reach(plan.cluster, cloud, state) as cluster:
        yield cluster


def _given(state: State) -> str | None:
    """The kubeconfig of the program's own provider; with a context the SDK writes the path of KUBECONFIG there."""
    known = [each.inputs.get("kubeconfig") for each in state.of("pulumi:providers:kubernetes")]
    return next((text for text in known if isinstance(text, str)), None)


def answering(cluster: ReachedCluster) -> ReachedCluster:
    """Asks the cluster once, so that no later check waits for a cluster that doesn't answer."""
    cluster.run("version")
    return cluster
