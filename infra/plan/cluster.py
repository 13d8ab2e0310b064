"""What was decided for the cluster: its nodes without GPUs, its add-ons, the limits of its account."""

from dataclasses import dataclass
from typing import Literal

from infra.plan.words import kubectl


@dataclass(frozen=True)
class Quota:
    """A limit of a cloud account that the stack needs to be at least this high."""

    code: str  # the cloud's own name for it
    name: str
    region: str
    needed: int
    unit: str  # vCPUs, groups
    system: bool = False  # of the nodes without GPUs


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """The cluster. A cloud extends this class by what it alone decides."""

    kind: str  # in the cloud's own words
    name: str  # of the cluster, or of its kubeconfig context
    version: str
    region: str | None
    made: bool  # this stack makes it
    context: str | None = None  # of the kubeconfig, if the stack reaches the cluster by one
    zone_ids: tuple[str, ...] = ()  # () on a cluster that exists, unless the stack makes nodes there

    @property
    def kubectl(self) -> str:
        """The beginning of a command for this cluster. Without a context it is for the user's current one."""
        return kubectl(self.context)

    def command_for_rights(self, *, namespace: str, service_account: str) -> str | None:
        """What gives the pods of a service account a role of the cloud; None: this program doesn't know it."""
        return None

    def command_for_driver(self, driver: str) -> str | None:
        """What installs a driver of CSI in a cluster that exists; None: this program doesn't know it."""
        return None


@dataclass(frozen=True)
class SystemNodesPlan:
    """The nodes for everything that needs no GPU, on a cluster that this stack makes."""

    type: str
    count: int
    max: int  # the highest count that a stack file may give
    cpu: float  # cores per node that pods can use
    gib: float  # memory per node that pods can use
    path: str  # of their settings in the stack file
    usd_per_month: float = 0.0  # of all of them
    price_note: str = ""  # whose price that is, where it isn't the region's
    smaller: tuple["SystemNodesPlan", ...] = ()  # others that the stack file may give instead, the cheapest first


@dataclass(frozen=True)
class AddonPlan:
    """One add-on: software that the whole cluster uses."""

    state: Literal["install", "existing", "disabled"]
    chart: str  # a row of the catalogue's charts
    repo: str
    version: str
    namespace: str
