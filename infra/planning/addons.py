"""Cluster-wide software: what is installed, and the Prometheus that models are measured with."""

from collections.abc import Mapping
from typing import Literal

from infra.catalog import Catalog
from infra.plan.cluster import AddonPlan, Monitoring
from infra.plan.findings import Decided
from infra.plan.notes import Chosen
from infra.planning.prometheus_login import plan_login
from infra.services.addons.section import Addon
from infra.settings import Settings

# Key in the stack file -> (attribute of the settings, row of the chart table).
ADDONS = {
    "nvidiaDevicePlugin": ("nvidia_device_plugin", "nvidia-device-plugin"),
    "clusterAutoscaler": ("cluster_autoscaler", "cluster-autoscaler"),
    "metricsServer": ("metrics_server", "metrics-server"),
    "keda": ("keda", "keda"),
    "prometheus": ("prometheus", "kube-prometheus-stack"),
    "loadBalancerController": ("load_balancer_controller", "aws-load-balancer-controller"),
}


def plan_addons(settings: Settings, catalog: Catalog) -> Decided[Mapping[str, AddonPlan]]:
    addons: dict[str, AddonPlan] = {}
    for key in ADDONS:
        addons[key] = yield from _plan(key, settings, catalog)
    return addons


def plan_monitoring(settings: Settings, addons: Mapping[str, AddonPlan], catalog: Catalog) -> Monitoring | None:
    """None where nobody scrapes: Prometheus is disabled, or exists at an address that we don't know."""
    namespace = catalog.charts["kube-prometheus-stack"].namespace
    if addons["prometheus"].state == "install":
        # The operator's own Service: its name doesn't depend on the release.
        return Monitoring(f"http://prometheus-operated.{namespace}.svc:9090", {}, namespace)
    existing = settings.addons.prometheus.existing
    if existing is None or existing.url is None:
        return None
    return Monitoring(
        existing.url,
        existing.monitor_labels or {},
        existing.namespace or _namespace_of(existing.url, namespace),
        plan_login(existing),
    )


def _plan(key: str, settings: Settings, catalog: Catalog) -> Decided[AddonPlan]:
    attribute, chart_name = ADDONS[key]
    addon: Addon = getattr(settings.addons, attribute)
    chart = catalog.charts[chart_name]
    state, reason = _state(addon, f"{chart_name} {chart.version}", created=settings.cluster.create is not None)
    if addon.state is None and addon.existing is None:
        yield Chosen(f"addons.{key}", state, reason)
    return AddonPlan(state, chart_name, chart.repo, chart.version, chart.namespace, reason)


def _state(addon: Addon, chart: str, *, created: bool) -> tuple[Literal["install", "existing", "disabled"], str]:
    if addon.existing is not None:
        return "existing", "named in the stack file"
    if addon.state is not None:
        return addon.state, f"{addon.state} in the stack file"
    if created:
        return "install", f"a cluster that we make has none: {chart}"
    return "existing", f"a cluster that exists is somebody's: {chart} isn't installed unasked"


def _namespace_of(url: str, default: str) -> str:
    """`http://service.namespace:9090` names the namespace; an address outside the cluster doesn't."""
    host = url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].split(".")
    return host[1] if len(host) == 2 or (len(host) > 2 and host[2] == "svc") else default
