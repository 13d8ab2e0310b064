"""Cluster-wide software: each add-on whose state is `install`."""

from collections.abc import Mapping, Sequence

import pulumi

from components.addons import Addons, DcgmExporter, NvidiaDevicePlugin
from components.addons.component import CloudAddon
from components.chart import Chart
from infra.live import Namespaces
from infra.offers.shared import device_plugin_configs
from infra.plan.labels import GPU_TAINT
from infra.plan.plan import Plan
from infra.services.addons.optional import DCGM
from infra.services.monitoring.alerts.receivers import is_notifying
from infra.services.monitoring.dashboards.plan import has_grafana
from infra.services.monitoring.sources import gpu_metrics


def charts(plan: Plan) -> dict[str, Chart]:
    """The charts of the add-ons whose state is `install`, by the key in the stack file."""
    return {
        name: Chart(a.chart, a.repo, a.version, a.namespace) for name, a in plan.addons.items() if a.state == "install"
    }


def make_addons(
    plan: Plan,
    namespaces: Namespaces,
    *,
    opts: pulumi.ResourceOptions,
    of_the_cloud: Mapping[str, CloudAddon] | None = None,
    depends_on: Sequence[pulumi.Resource] = (),
) -> Addons | None:
    """`of_the_cloud`: add-ons that only this cloud has."""
    wanted = charts(plan)
    if not wanted:
        return None
    classes = sorted({pool.runtime_class for pool in plan.pools.values() if pool.runtime_class})
    runtime_class = classes[0] if classes else None
    device_plugin = dcgm_exporter = None
    if chart := wanted.get("nvidiaDevicePlugin"):
        device_plugin = NvidiaDevicePlugin(
            chart, _tolerations(plan), device_plugin_configs(plan.pools.values()), runtime_class
        )
    if chart := wanted.get(DCGM):
        labels = plan.monitoring.labels if plan.monitoring is not None else {}
        dcgm_exporter = DcgmExporter(chart, _tolerations(plan), gpu_metrics(), labels, runtime_class)
    return Addons(
        "addons",
        mirror=plan.settings.mirror.charts,
        nvidia_device_plugin=device_plugin,
        metrics_server=wanted.get("metricsServer"),
        keda=wanted.get("keda"),
        prometheus=wanted.get("prometheus"),
        grafana=has_grafana(plan.settings),
        alertmanager=is_notifying(plan.settings),
        dcgm_exporter=dcgm_exporter,
        vertical_pod_autoscaler=wanted.get("verticalPodAutoscaler"),
        of_the_cloud=of_the_cloud or {},
        adopted_namespaces=namespaces.adopted,
        namespaces_of_others=namespaces.of_others,
        depends_on=depends_on,
        opts=opts,
    )


def _tolerations(plan: Plan) -> list[dict[str, str]]:
    """Tolerations of what runs on GPU nodes: of the taint of nodes that the program makes, even where there are none,
    so that a new pool changes nothing; and those that the stack file gives for nodes that exist."""
    tolerations = [{"key": GPU_TAINT.key, "operator": "Exists", "effect": GPU_TAINT.effect}]
    for pool in (plan.pools[name] for name in sorted(plan.pools) if plan.pools[name].existing):
        tolerations += [dict(each) for each in pool.tolerations if dict(each) not in tolerations]
    return tolerations
