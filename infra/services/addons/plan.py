"""Cluster-wide software: what is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from infra.catalog import Catalog
from infra.plan.cluster import AddonPlan, ClusterPlan
from infra.plan.findings import Decided
from infra.plan.notes import Chosen
from infra.services.addons.section import AnyAddon
from infra.settings.platform import Settings

if TYPE_CHECKING:
    from infra.clouds.cloud import Cloud

State = Literal["install", "existing", "disabled"]

# Key in the stack file -> (attribute of the settings, row of the chart table).
ADDONS = {
    "nvidiaDevicePlugin": ("nvidia_device_plugin", "nvidia-device-plugin"),
    "clusterAutoscaler": ("cluster_autoscaler", "cluster-autoscaler"),
    "metricsServer": ("metrics_server", "metrics-server"),
    "keda": ("keda", "keda"),
    "prometheus": ("prometheus", "kube-prometheus-stack"),
    "loadBalancerController": ("load_balancer_controller", "aws-load-balancer-controller"),
}


def plan_addons(
    settings: Settings, cluster: ClusterPlan, cloud: Cloud, catalog: Catalog
) -> Decided[Mapping[str, AddonPlan]]:
    addons: dict[str, AddonPlan] = {}
    for key in ADDONS:
        addons[key] = yield from _plan(key, settings, cluster, cloud, catalog)
    return addons


def _plan(key: str, settings: Settings, cluster: ClusterPlan, cloud: Cloud, catalog: Catalog) -> Decided[AddonPlan]:
    attribute, chart_name = ADDONS[key]
    addon: AnyAddon = getattr(settings.addons, attribute)
    chart = catalog.charts[chart_name]
    state, reason = _given(addon) or _chosen(
        f"{chart_name} {chart.version}", cluster, cloud, lacking=key in cloud.installs(settings)
    )
    if addon.state is None and addon.existing is None:
        yield Chosen(f"addons.{key}", state, reason)
    return AddonPlan(state, chart_name, chart.repo, chart.version, chart.namespace, reason)


def _given(addon: AnyAddon) -> tuple[State, str] | None:
    if addon.existing is not None:
        return "existing", "named in the stack file"
    if addon.state is not None:
        return addon.state, f"{addon.state} in the stack file"
    return None


def _chosen(chart: str, cluster: ClusterPlan, cloud: Cloud, *, lacking: bool) -> tuple[State, str]:
    if lacking:
        return "install", f"a new cluster has none: {chart}"
    if cluster.made:
        return "existing", f"a new {cloud.kind} is assumed to have it: {chart} is installed only if you ask for it"
    return "existing", f"nothing is installed on an existing cluster unless you ask for it: {chart}"
