"""Prometheus (kube-prometheus-stack): the source of the metrics that KEDA queries."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.addons.grafana import grafana_values, make_login
from components.chart import Chart, helm_release

# Silences are kept in the pod's memory: they end with it. What fires is sent again by Prometheus.
_ALERTMANAGER = {
    "enabled": True,
    "alertmanagerSpec": {
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "alertmanagerConfigMatcherStrategy": {"type": "OnNamespace"},
    },
}


def values(grafana: Mapping[str, Any] | None = None, *, alertmanager: bool = False) -> dict[str, Any]:
    """`grafana`: the values of its Grafana; None: without one. `alertmanager`: whether it notifies anybody."""
    off = {"enabled": False}
    return {
        # On a managed control plane nothing can scrape these; kube-proxy listens on localhost only.
        "kubeControllerManager": off,
        "kubeScheduler": off,
        "kubeEtcd": off,
        "kubeProxy": off,
        "grafana": off if grafana is None else dict(grafana),
        "alertmanager": _ALERTMANAGER if alertmanager else off,
        "defaultRules": {"create": False},
        "prometheus-node-exporter": {
            "tolerations": [{"operator": "Exists"}],  # GPU nodes too
            "priorityClassName": "system-node-critical",
            "resources": {"requests": {"cpu": "5m", "memory": "32Mi"}},
        },
        "prometheusOperator": {"resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}},
        "kube-state-metrics": {
            "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}},
            # `usage` needs a node's pool, and the step of its capacity, for its price.
            "metricLabelsAllowlist": ["nodes=[llm-platform/pool,llm-platform/capacity]"],
        },
        "prometheus": {
            "prometheusSpec": {
                # Select the monitors of every release and namespace, not only those of this release.
                "serviceMonitorSelectorNilUsesHelmValues": False,
                "podMonitorSelectorNilUsesHelmValues": False,
                "ruleSelectorNilUsesHelmValues": False,
                "probeSelectorNilUsesHelmValues": False,
                "scrapeConfigSelectorNilUsesHelmValues": False,
                # On the node's disk: a claim would bind the pod to one zone. Scalers query the last minutes, `usage` 30
                # days; where that is more than the size, the oldest days go.
                "retention": "35d",
                "retentionSize": "8GB",
                "resources": {"requests": {"cpu": "200m", "memory": "1Gi"}, "limits": {"memory": "3Gi"}},
            }
        },
    }


def install_prometheus(
    name: str, *, chart: Chart, mirror: str | None, grafana: bool, alertmanager: bool, opts: pulumi.ResourceOptions
) -> k8s.helm.v3.Release:
    own = None
    if grafana:
        login = make_login(f"{name}-grafana", namespace=chart.namespace, opts=opts)
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[login]))
        own = grafana_values(chart.namespace)
    return helm_release(name, chart=chart, mirror=mirror, values=values(own, alertmanager=alertmanager), opts=opts)
