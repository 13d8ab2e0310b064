"""Prometheus (kube-prometheus-stack): what KEDA asks."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.chart import Chart, helm_release

RELEASE = "kube-prometheus-stack"
NAMESPACE = "monitoring"


def values() -> dict[str, Any]:
    off = {"enabled": False}
    return {
        # A managed control plane runs these where nothing can scrape them; kube-proxy listens on localhost only.
        "kubeControllerManager": off,
        "kubeScheduler": off,
        "kubeEtcd": off,
        "kubeProxy": off,
        # Nobody reads dashboards or is paged yet. Grafana's chart would also make up a password at each render.
        "grafana": off,
        "alertmanager": off,
        "defaultRules": {"create": False},
        "prometheus-node-exporter": {"tolerations": [{"operator": "Exists"}]},  # GPU nodes too
        "prometheusOperator": {"resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}},
        "kube-state-metrics": {"resources": {"requests": {"cpu": "50m", "memory": "128Mi"}}},
        "prometheus": {
            "prometheusSpec": {
                # Look at the monitors of every release and namespace, not at this release's own only.
                "serviceMonitorSelectorNilUsesHelmValues": False,
                "podMonitorSelectorNilUsesHelmValues": False,
                "ruleSelectorNilUsesHelmValues": False,
                "probeSelectorNilUsesHelmValues": False,
                "scrapeConfigSelectorNilUsesHelmValues": False,
                # On the node's disk: scalers look back minutes, and a claim would tie the pod to a zone.
                "retention": "2d",
                "retentionSize": "8GB",
                "resources": {"requests": {"cpu": "200m", "memory": "1Gi"}, "limits": {"memory": "3Gi"}},
            }
        },
    }


def install_prometheus(
    name: str, *, chart: Chart, mirror: str | None, opts: pulumi.ResourceOptions
) -> k8s.helm.v3.Release:
    return helm_release(
        name, chart=chart, mirror=mirror, release=RELEASE, namespace=NAMESPACE, values=values(), opts=opts
    )
