"""A cloud: where a stack runs, and what that decides. A small one overrides four or five of these."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from infra.clouds.resource_types import ResourceTypes
from infra.models.places import BUCKET_KEYS
from infra.owner import Owner, Touched
from infra.plan.labels import bucket_secret
from infra.plan.money import PriceNote
from infra.plan.notes import Step, ToDo

if TYPE_CHECKING:
    from pathlib import Path

    from infra.catalog import Catalog, Instance
    from infra.clouds.site import Site
    from infra.live import Namespaces
    from infra.live.check import Obstacle
    from infra.live.left import Left
    from infra.live.state import Held, State
    from infra.models.places import Bucket
    from infra.plan.cache import CachePlan, Storage
    from infra.plan.cluster import AddonPlan, ClusterPlan, Quota, SystemNodesPlan
    from infra.plan.findings import Decided
    from infra.plan.gateway import TrafficPlan
    from infra.plan.models import ModelPlan
    from infra.plan.money import CheaperPlatform, CostItem
    from infra.plan.notes import Finding, Note
    from infra.plan.plan import Plan
    from infra.plan.pools import PoolPlan
    from infra.plan.way_in import GatewayPlan, IngressController
    from infra.planning.cost import Billed
    from infra.settings.checks.scope import Scope
    from infra.settings.mistakes import Report
    from infra.settings.platform import Prices, Settings
    from infra.settings.sections import OwnSection


class Cloud(Owner):
    """A cloud owns the components of the cluster. A method that it doesn't override does nothing."""

    section: OwnSection | None = None  # its key below `cluster`; those that every stack knows are in `Cluster`
    called: Mapping[str, str] = MappingProxyType({})  # the cloud's word for a thing -> the name in `allow`
    # Checks that find what `up` would fail on. The key is what nobody knows when the check can't be run.
    looks: Mapping[str, Callable[[Plan, State], Iterable[Obstacle]]] = MappingProxyType({})
    lends: Mapping[str, tuple[str, ...]] = MappingProxyType({})  # type tokens of components that a service owns
    types: ResourceTypes = ResourceTypes()
    kind = "cluster"  # what its clusters are called in a sentence, behind "a" or "a new"
    classes_of_one_node: tuple[str, ...] = ()  # usual names of its storage classes whose volumes one node has
    storage: tuple[Storage, ...] = ()  # what it makes for weights with a cluster; the first where nobody says otherwise
    # Below which a directory of each node holds weights, where each node has its own copy, and why there.
    node_directory: str = "/var/lib/llm-platform"
    node_directory_reason: str = "it stays over restarts; on another disk, write its path"
    # Operating systems on which a node starts sooner than on the default one -> what such nodes lack.
    systems: Mapping[str, str] = MappingProxyType({})
    ingress: IngressController | None = (
        None  # the controller that its clusters have unless the stack file says otherwise
    )
    # How long its cluster's DNS keeps the addresses of pods: kubeadm's Corefile says `ttl 30`.
    dns_ttl_seconds: int = 30
    # From when the pods of a spot node are asked to leave until it is gone; None: nobody knows.
    spot_leave_seconds: int | None = None
    answers: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = MappingProxyType({})  # of look-ups, offline
    # A word of what it says when it makes no node -> what that means.
    no_node_words: Mapping[str, Literal["no-capacity", "quota"]] = MappingProxyType({})
    region_key: str | None = None  # of Pulumi's config; any other key beside the platform's may hold a secret
    region_schema: Mapping[str, Any] = MappingProxyType({})  # what editors show for that key

    @property
    def in_allow(self) -> tuple[str, ...]:
        """What `allow` may name of it beside the platform's own names: what holds data is guarded by its name."""
        return (self.name,) if self.types.holds_data else ()

    def regions_meant(self, region: str | None, platform: Any, catalog: Catalog) -> Sequence[str]:
        """The regions that a stack file means, the likeliest first: its own alone if that is known."""
        return ()

    def handles(self, settings: Settings) -> bool:
        """Whether the stack runs there. It does in exactly one of the clouds in the registry."""
        return self.section is not None and self.section.of(settings) is not None

    def makes_nodes(self, settings: Settings) -> bool:
        """Whether a pool may be of instance types, and a model may get a pool that the stack file doesn't name."""
        return False

    def installs(self, settings: Settings) -> Collection[str]:
        """Add-ons that the stack installs where the stack file says nothing of them: those that a cluster which the
        stack makes lacks. Any other is assumed to exist."""
        return ()

    def read_config(self, keys: Mapping[str, Any], report: Report, *, here: bool) -> Any:
        """What the stack's config says of the cloud, beside the platform. `here`: whether the stack runs there."""
        return None

    def described(self, cluster: ClusterPlan) -> str:
        """Where the stack runs, in a few words."""
        return cluster.name

    def check(self, scope: Scope) -> None:
        """Reports the rules of this cloud that the settings break. It is called for every stack, wherever it runs."""

    def as_here(self, texts: Sequence[str], platform: Any, region: str | None) -> Sequence[str]:
        """The texts, in which the cloud's examples have the stack file's names. `platform` hasn't been checked yet."""
        return texts

    def priced_types(self, catalog: Catalog) -> Collection[str]:
        """The instance types for which a company may give its own price."""
        return tuple(catalog.instances)

    def priced(self, catalog: Catalog, region: str | None, prices: Prices) -> Catalog:
        """The catalogue with its own instance types, each at what it costs in that region and under these settings."""
        return catalog

    def offered(self, catalog: Catalog, region: str | None) -> Catalog:
        """The catalogue with its own instance types of a region, at list prices: what `fit` looks at."""
        return catalog

    def plan_cluster(
        self, stack: str, settings: Settings, region: str | None, config: Any, catalog: Catalog
    ) -> Decided[ClusterPlan]:
        """`config`: what `read_config` returned; None where nobody asked."""
        raise NotImplementedError

    def explain(
        self, settings: Settings, cluster: ClusterPlan, cache: CachePlan, catalog: Catalog
    ) -> Iterable[Finding]:
        """What was chosen and assumed for the cluster, said once it is known where the weights are."""
        return ()

    def furnish(self, pool: PoolPlan, settings: Settings, cluster: ClusterPlan, catalog: Catalog) -> Decided[PoolPlan]:
        """A pool whose nodes the cloud makes, with what the cloud decides: image, disks, labels, node groups."""
        yield from ()
        return pool

    def system_nodes(self, settings: Settings, catalog: Catalog) -> SystemNodesPlan | None:
        """The nodes for models without a GPU, in a cluster that the stack makes; None: nobody knows their room."""
        return None

    def warn_of_pool(
        self, pool: PoolPlan, models: Sequence[ModelPlan], cluster: ClusterPlan, namespace: str
    ) -> Iterable[Finding]:
        """What the cloud does to the nodes of a pool, and so to the models there."""
        return ()

    def warn_of_drain(
        self, gateway: GatewayPlan | None, pools: Iterable[PoolPlan], traffic: TrafficPlan, end: int, shortest: int
    ) -> Iterable[Finding]:
        """Where the cloud gives a pod less than the `end` seconds that it may take to end with its last answers."""
        return ()

    def bill(self, billed: Billed) -> Iterable[CostItem]:
        """The items of the bill beside the price of nodes."""
        return ()

    def usd_beside_node(self, pool: PoolPlan, settings: Settings, catalog: Catalog) -> float:
        """What a node of the pool costs per month beside its price, such as its disk."""
        return 0.0

    def usd_per_stored_gib(self, cache: CachePlan, catalog: Catalog) -> float | None:
        """What a GiB of weights on the cache costs per month; 0: the cache is billed by its size, whatever it holds;
        None: nobody knows. The catalogue has the prices of the stack."""
        return None

    def bucket_cidrs(
        self, settings: Settings, cluster: ClusterPlan, catalog: Catalog
    ) -> Decided[tuple[tuple[str, ...], str]]:
        """Addresses of the network by which servers would reach a bucket that is the cache; (): they reach it by public
        ones. Then also what would change that, with its price; blank: nothing."""
        yield from ()
        return (), ""

    def price_note(self, billed: Billed) -> Decided[PriceNote]:
        yield from ()
        return PriceNote("what isn't listed", f"prices of {self.title}, as the catalogue has them")

    def cheaper_platform(self, settings: Settings, cluster: ClusterPlan, catalog: Catalog) -> Iterable[CheaperPlatform]:
        """What would cost less of the cluster itself."""
        return ()

    def counts(self, node: Instance, capacity: str) -> tuple[str, int] | None:
        """The code of the quota that a node of this type counts against, and how much of it the node takes."""
        return None

    def quotas(self, cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> Iterable[Quota]:
        """The quotas that the account needs."""
        return ()

    def to_dos(
        self,
        settings: Settings,
        cluster: ClusterPlan,
        pools: Mapping[str, PoolPlan],
        addons: Mapping[str, AddonPlan],
        quotas: Sequence[Quota],
    ) -> Iterable[Finding]:
        """What a person has to do in the account, including the quotas."""
        for nth, each in enumerate(quotas):
            needed = f"quota '{each.name}' ({each.code}) in {each.region}: {each.needed} {each.unit} at least"
            yield ToDo("gpuPools", needed, Step.QUOTAS, nth, quota=each)

    def bucket_rights(self, cluster: ClusterPlan, namespace: str, model: str, bucket: Bucket) -> str:
        """What a person has to do so that the pods of a model may read its weights from a bucket: sentences."""
        secret = bucket_secret(model)
        keys = " ".join(f"--from-literal={key}=..." for key, needed in BUCKET_KEYS.items() if needed)
        others = ", ".join(key for key, needed in BUCKET_KEYS.items() if not needed)
        return (
            f"The Secret {secret} of namespace {namespace} has to hold the keys: `{cluster.kubectl} create secret"
            f" generic {secret} -n {namespace} {keys}`, with those of {others} that the store wants (the last is 0"
            " where a bucket's name is no host name there; HTTPS on port 443 alone); pods wait until it is there"
        )

    def reserved(self, text: str) -> str | None:
        """What a text of a stack file is, if the cloud's documentation reserves it for examples; None: it isn't."""
        return None

    def placeholders_that_stop(self, settings: Settings, reserved: Callable[[str], str | None]) -> Iterable[Note]:
        """Placeholders with which nobody would reach what `up` makes. `reserved` also knows addresses and domains."""
        return ()

    def provider(self, plan: Plan) -> Any:
        """The provider of its SDK, made before anything else; None: it has none. This method and those below import
        Pulumi inside, so that a plan doesn't load it."""
        return None

    def admit(self, plan: Plan, provider: Any, state: State) -> None:
        """Raises pulumi.RunError where whoever runs the program could not reach what it makes."""

    def make_site(self, plan: Plan, provider: Any, namespaces: Namespaces) -> Site:
        """The cluster, or the way to it, with its nodes and cluster-wide software."""
        raise NotImplementedError

    def price_day(self, catalog: Catalog) -> str:
        """The region and the day of the prices that `fit` shows."""
        return ""

    def unreachable(self, plan: Plan) -> Iterable[Obstacle]:
        """Why nobody could reach the cluster from here, found without a request to it. Raises NotRead."""
        return ()

    def access(self, cluster: ClusterPlan, path: Path, given: str | None) -> tuple[str, ...] | None:
        """The arguments that point kubectl at the cluster; None: the cluster isn't made yet. `path`: where a kubeconfig
        may be written; `given`: the kubeconfig in the state. Raises NotRead."""
        return None

    def why_no_node(self, cluster: ClusterPlan, group: str) -> str:
        """The command that says why a group of nodes doesn't grow, by its name in the autoscaler; blank: there is
        none."""
        return ""

    def left(self, plan: Plan, held: Held) -> Left | None:
        """What became of a resource that an `up` began to make; None: it isn't this cloud's. Raises NotRead."""
        return None

    def notices(self, touched: Sequence[Touched]) -> Iterator[str]:
        """Nothing: its users are those of the models, whose services say what they notice."""
        yield from ()
