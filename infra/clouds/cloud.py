"""A cloud: where a stack runs, and what that decides. A small one overrides four or five of these."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from infra.clouds.resource_types import ResourceTypes
from infra.owner import Owner, Touched

if TYPE_CHECKING:
    from pathlib import Path

    from infra.catalog import Catalog
    from infra.live.check import Obstacle
    from infra.live.left import Left
    from infra.live.state import Held, State
    from infra.plan.cluster import ClusterPlan, IngressController
    from infra.plan.plan import Plan
    from infra.settings import Settings
    from infra.settings.checks.scope import Scope
    from infra.settings.mistakes import Report
    from infra.settings.platform import Prices


class Cloud(Owner):
    """It owns the components of the cluster. What it doesn't override does nothing."""

    called: Mapping[str, str] = MappingProxyType({})  # a word of the cloud's own -> what `allow` calls it
    # What `up` would trip over, by what isn't known where one of them can't be read.
    looks: Mapping[str, Callable[[Plan, State], Iterable[Obstacle]]] = MappingProxyType({})
    lends: Mapping[str, tuple[str, ...]] = MappingProxyType({})  # type tokens of components that a service owns
    types: ResourceTypes = ResourceTypes()
    kind = "this cluster"  # with its article, in sentences
    ingress: IngressController | None = None  # that its clusters have when nobody says otherwise
    open_config: frozenset[str] = frozenset()  # keys beside the platform's that hold no secret: any other may

    def handles(self, settings: Settings) -> bool:
        """Whether the stack runs there. Of the clouds of the registry one does."""
        raise NotImplementedError

    def makes_nodes(self, settings: Settings) -> bool:
        """Whether a pool may be of instance types, and a model may get a pool that the stack file doesn't name."""
        return False

    def read_config(self, keys: Mapping[str, Any], report: Report, *, here: bool) -> Any:
        """What the stack's config says of the cloud, beside the platform. `here`: whether the stack runs there."""
        return None

    def described(self, cluster: ClusterPlan) -> str:
        """Where the stack runs, in a few words."""
        return cluster.name

    def check(self, scope: Scope) -> None:
        """Reports the rules of this cloud that the settings break. It is asked of every stack, wherever it runs."""

    def as_here(self, text: str, platform: Any, region: str | None) -> str:
        """A text with the cloud's own examples written as the stack file names them; `platform` is not yet checked."""
        return text

    def priced_types(self, catalog: Catalog) -> Collection[str]:
        """What a company may give a price of its own."""
        return tuple(catalog.instances)

    def priced(self, catalog: Catalog, region: str | None, prices: Prices) -> Catalog:
        """The catalogue with its own instance types, each at what it costs in that region and under these settings."""
        return catalog

    def offered(self, catalog: Catalog, region: str | None) -> Catalog:
        """The catalogue with its own instance types of a region, at list prices: what `fit` looks at."""
        return catalog

    def unreachable(self, plan: Plan) -> Iterable[Obstacle]:
        """Why nobody could reach the cluster from here, found without asking it. Raises NotRead."""
        return ()

    def access(self, cluster: ClusterPlan, path: Path) -> tuple[str, ...] | None:
        """What points kubectl at a cluster that the state knows nothing of; `path`: where a kubeconfig may be written.

        None: it isn't made yet. Raises NotRead.
        """
        return None

    def left(self, plan: Plan, held: Held) -> Left | None:
        """What became of a resource of this cloud that an `up` began to make; None: it is none. Raises NotRead."""
        return None

    def notices(self, touched: Sequence[Touched]) -> Iterator[str]:
        """Nothing: its users are those of the models, and hear of them."""
        yield from ()
