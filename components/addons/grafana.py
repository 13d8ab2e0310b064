"""The Grafana of kube-prometheus-stack: its values, and the login of its administrator."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

SECRET = "grafana-admin"
_LENGTH = 32  # letters and digits
_SMALL = {"requests": {"cpu": "10m", "memory": "80Mi"}, "limits": {"memory": "256Mi"}}


def grafana_values(namespace: str) -> dict[str, Any]:
    """It reads ConfigMaps and Secrets of its own namespace alone, and asks nothing of the internet."""
    return {
        "enabled": True,
        "admin": {"existingSecret": SECRET},  # the chart would make another password at each render
        "rbac": {"namespaced": True},
        "defaultDashboardsEnabled": False,  # they need the chart's own rules, which are off
        "testFramework": {"enabled": False},
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
        "sidecar": {
            "resources": _SMALL,
            "dashboards": {"searchNamespace": namespace},
            "datasources": {"alertmanager": {"enabled": False}},
        },
        "grafana.ini": {
            "analytics": {"reporting_enabled": False, "check_for_updates": False, "check_for_plugin_updates": False},
            "news": {"news_feed_enabled": False},
            "plugins": {
                "preinstall_disabled": True,
                "plugin_admin_enabled": False,
                "public_key_retrieval_disabled": True,
            },
            "security": {"disable_gravatar": True},
        },
    }


def make_login(name: str, *, namespace: str, opts: pulumi.ResourceOptions) -> k8s.core.v1.Secret:
    made = random.RandomPassword(f"{name}-password", length=_LENGTH, special=False, opts=opts)
    return k8s.core.v1.Secret(
        f"{name}-login",
        metadata={"name": SECRET, "namespace": namespace},
        string_data={"admin-user": "admin", "admin-password": pulumi.Output.secret(made.result)},
        opts=opts,
    )
