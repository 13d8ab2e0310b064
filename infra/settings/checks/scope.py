"""What every rule reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.catalog import Catalog
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key, Report
from infra.settings.platform import Settings

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud

# Which kind of cluster it is. The empty part: whether there is a `create`, whatever is in it.
CLUSTER_KIND: tuple[Key, ...] = (
    ("cluster", "create", ""),
    ("cluster", "existing", "context"),
    ("cluster", "existing", "eks"),
)


@dataclass(frozen=True)
class Scope:
    """A stack's settings, the facts, and where mistakes go."""

    settings: Settings
    region: str | None
    catalog: Catalog
    report: Report
    cloud: Cloud | None  # where the stack runs; None: nothing says so, or several things do
    in_allow: tuple[str, ...] = ()  # what `allow` may name beside the platform's own names
    called: Mapping[str, str] = field(default_factory=dict)  # what else people call what is guarded
    holding: Callable[[str], Sequence[str]] = lambda _: ()  # types of the region that hold a pool's models

    @property
    def on_aws(self) -> bool:
        """Whether the cluster is an EKS cluster, ours or another's; a kubeconfig context can be anything."""
        cluster = self.settings.cluster
        return cluster.create is not None or (cluster.existing is not None and cluster.existing.eks is not None)

    def gpus_per_node(self, pool: GpuPool) -> int | None:
        """GPUs of a pool's node; None where its types are unknown."""
        if pool.existing is not None:
            return pool.existing.gpus_per_node
        types = [self.catalog.instances[each] for each in pool.instance_types or () if each in self.catalog.instances]
        return types[0].gpus if types else None
