"""The data that every rule reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.catalog import Catalog
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key, Report
from infra.settings.platform import Settings

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud

# The keys that decide the kind of cluster. The empty part means the presence of `create`, whatever it contains.
CLUSTER_KIND: tuple[Key, ...] = (
    ("cluster", "create", ""),
    ("cluster", "existing", "context"),
    ("cluster", "existing", "eks"),
)


@dataclass(frozen=True)
class Scope:
    """A stack's settings, the catalogue, and the report that collects mistakes."""

    settings: Settings
    region: str | None
    catalog: Catalog
    report: Report
    cloud: Cloud | None  # where the stack runs; None: the settings name no cloud, or several
    in_allow: tuple[str, ...] = ()  # names that `allow` accepts in addition to the platform's own
    called: Mapping[str, str] = field(
        default_factory=dict
    )  # other words for guarded resources, and their names in `allow`
    regions_meant: Sequence[str] = ()  # the likeliest first
    platform: Any = None  # the section as it is written, wrong values included
    holding: Callable[[str], Sequence[str]] = lambda _: ()  # types of the region on which a pool's models fit

    def written(self, key: Key) -> bool:
        """Whether the stack file has this key, even if its value is wrong and so isn't in the settings."""
        value = self.platform
        for part in key:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value is not None

    @property
    def on_aws(self) -> bool:
        """Whether the cluster is known to be an EKS cluster, new or existing; a context can lead to any cluster."""
        cluster = self.settings.cluster
        return cluster.create is not None or (cluster.existing is not None and cluster.existing.eks is not None)

    def gpus_per_node(self, pool: GpuPool) -> int | None:
        """GPUs of a pool's node; None where its types are unknown."""
        if pool.existing is not None:
            return pool.existing.gpus_per_node
        types = [self.catalog.instances[each] for each in pool.instance_types or () if each in self.catalog.instances]
        return types[0].gpus if types else None
