"""Cluster-wide software: what is installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from infra.catalog import Catalog
from infra.catalog.types import ChartPin
from infra.plan.cluster import AddonPlan, ClusterPlan
from infra.plan.findings import Decided
from infra.plan.notes import Assumption, Chosen, Finding
from infra.plan.plan import scaled_by_use
from infra.services.addons.optional import KARPENTER, installs_karpenter, is_left_out
from infra.services.addons.section import AnyAddon
from infra.services.addons.vertical import VERTICAL, wants_vertical, warn_of_chart
from infra.services.monitoring.own_section import monitoring_of
from infra.services.service import Around
from infra.settings.platform import Settings

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud

# Key in the stack file -> (attribute of the settings, row of the chart table).
ADDONS = {
    "nvidiaDevicePlugin": ("nvidia_device_plugin", "nvidia-device-plugin"),
    "clusterAutoscaler": ("cluster_autoscaler", "cluster-autoscaler"),
    "metricsServer": ("metrics_server", "metrics-server"),
    "keda": ("keda", "keda"),
    "prometheus": ("prometheus", "kube-prometheus-stack"),
    "dcgmExporter": ("dcgm_exporter", "dcgm-exporter"),
    "verticalPodAutoscaler": ("vertical_pod_autoscaler", "vertical-pod-autoscaler"),
    "loadBalancerController": ("load_balancer_controller", "aws-load-balancer-controller"),
}
# No keys of `addons`: what `monitoring.logs` asks for, and what `cluster.create.nodeScaler` does.
LOGS = "fluentBit"
KARPENTER_KINDS = "karpenterCrd"


def plan_addons(
    settings: Settings, cluster: ClusterPlan, cloud: Cloud, catalog: Catalog
) -> Decided[Mapping[str, AddonPlan]]:
    addons: dict[str, AddonPlan] = {}
    for key in ADDONS:
        addons[key] = yield from _plan(key, settings, cluster, cloud, catalog)
    yield from warn_of_chart(addons[VERTICAL])
    asked = {
        LOGS: ("fluent-bit", monitoring_of(settings).logs is not None),
        KARPENTER: ("karpenter", installs_karpenter(settings)),
        KARPENTER_KINDS: ("karpenter-crd", installs_karpenter(settings)),
    }
    return addons | {
        key: _of(catalog.charts[chart], "install" if wanted else "disabled") for key, (chart, wanted) in asked.items()
    }


def _plan(key: str, settings: Settings, cluster: ClusterPlan, cloud: Cloud, catalog: Catalog) -> Decided[AddonPlan]:
    attribute, chart_name = ADDONS[key]
    addon: AnyAddon = getattr(settings.addons, attribute)
    chart = catalog.charts[chart_name]
    state = addon.state if addon.existing is None else "existing"
    if state is None and is_left_out(key, settings, cloud.installs(settings)):
        state = "disabled"
    if state is None:
        made = _chosen(key, f"{chart_name} {chart.version}", settings, cluster, cloud)
        state = made.value
        yield made
    return _of(chart, state)


def _of(chart: ChartPin, state: Literal["install", "existing", "disabled"]) -> AddonPlan:
    return AddonPlan(state, chart.name, chart.repo, chart.version, chart.namespace)


def _chosen(key: str, chart: str, settings: Settings, cluster: ClusterPlan, cloud: Cloud) -> Chosen:
    path, default_state = f"addons.{key}", "existing"
    if key in cloud.installs(settings):
        needed = f", and {wants_vertical(settings)} needs it" if key == VERTICAL else ""
        return Chosen(path, "install", f"a new cluster has none{needed}", chart)
    if cluster.made:
        reason = f"a new {cloud.kind} is assumed to have it"
        return Chosen(path, default_state, reason, f"{chart} is installed only if you ask for it")
    return Chosen(path, default_state, "nothing is installed on an existing cluster unless you ask for it", chart)


def assume_metrics(around: Around) -> Iterator[Finding]:
    """A metrics-server that somebody else runs; before `pulumi up` makes anything it looks whether there is one."""
    names = scaled_by_use(around.models, around.traffic)
    if names and around.addons["metricsServer"].state == "existing":
        yield Assumption(
            "addons.metricsServer",
            f"the cluster has one, by whose CPU and memory {' and '.join(names)} scale: `{around.cluster.kubectl} top"
            " nodes` answers where it is there, and `pulumi up` looks for it first",
        )
