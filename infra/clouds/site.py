"""Where models run, as the components that serve them need to know it; and the cluster-wide software there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.addons import Addons, NvidiaDevicePlugin
from components.addons.component import CloudAddon
from components.chart import Chart
from components.model_cache import Disk, Volume
from infra.live import Namespaces
from infra.plan.cluster import GPU_TAINT
from infra.plan.plan import Plan

_PRIVATE_ADDRESSES = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
)  # RFC 1918: where a load balancer of a private network sends from


@dataclass(frozen=True)
class Site:
    """What serving needs to know of it."""

    opts: pulumi.ResourceOptions  # the Kubernetes provider
    ready: Sequence[pulumi.Resource] = ()  # nodes, names and volumes that pods wait for
    pools: Mapping[str, Sequence[pulumi.Resource]] = field(default_factory=dict)  # what makes the nodes of each
    addons: Addons | None = None
    load_balancer_cidrs: Sequence[pulumi.Input[str]] = _PRIVATE_ADDRESSES
    volume: Volume | Disk | None = None  # what the claim of the weights is bound to; None: a storage class decides
    # What the cloud's own load balancer is told of a route, by the model's health path.
    annotations: Callable[[Plan, str], Mapping[str, pulumi.Input[str]]] = lambda plan, health_path: {}

    @property
    def operators(self) -> list[pulumi.Resource]:
        """There before what they serve, and gone after it."""
        return self.addons.installed if self.addons else []


def charts(plan: Plan) -> dict[str, Chart]:
    """Of each add-on whose state is `install`."""
    return {name: Chart(a.chart, a.repo, a.version) for name, a in plan.addons.items() if a.state == "install"}


def make_addons(
    plan: Plan,
    namespaces: Namespaces,
    *,
    opts: pulumi.ResourceOptions,
    of_the_cloud: Mapping[str, CloudAddon] | None = None,
    depends_on: Sequence[pulumi.Resource] = (),
) -> Addons | None:
    """`of_the_cloud`: those that only this cloud has."""
    wanted = charts(plan)
    if not wanted:
        return None
    device_plugin = None
    if chart := wanted.get("nvidiaDevicePlugin"):
        classes = sorted({pool.runtime_class for pool in plan.pools.values() if pool.runtime_class})
        device_plugin = NvidiaDevicePlugin(chart, _tolerations(plan), classes[0] if classes else None)
    return Addons(
        "addons",
        mirror=plan.settings.mirror.charts,
        nvidia_device_plugin=device_plugin,
        metrics_server=wanted.get("metricsServer"),
        keda=wanted.get("keda"),
        prometheus=wanted.get("prometheus"),
        of_the_cloud=of_the_cloud or {},
        adopted_namespaces=namespaces.adopted,
        namespaces_of_others=namespaces.of_others,
        depends_on=depends_on,
        opts=opts,
    )


def _tolerations(plan: Plan) -> list[dict[str, str]]:
    """Of the taint of nodes that we make, so that a new pool changes nothing, and of the taints of those that exist."""
    tolerations = [{"key": GPU_TAINT, "operator": "Exists", "effect": "NoSchedule"}]
    for pool in (plan.pools[name] for name in sorted(plan.pools) if plan.pools[name].existing):
        tolerations += [dict(each) for each in pool.tolerations if dict(each) not in tolerations]
    return tolerations
