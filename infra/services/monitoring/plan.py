"""The Prometheus that measures the models, and how KEDA logs in there."""

from collections.abc import Mapping

from infra.catalog import Catalog
from infra.plan.cluster import AddonPlan
from infra.plan.monitoring import MonitoringPlan, PrometheusLoginPlan, SecretRef
from infra.services.addons.section import ExistingPrometheus
from infra.services.monitoring.check import AMAZON
from infra.settings.platform import Settings

PROMETHEUS_LOGIN = "prometheus-login"  # how the resources are called that hold it


def plan_monitoring(settings: Settings, addons: Mapping[str, AddonPlan], catalog: Catalog) -> MonitoringPlan | None:
    """None if no Prometheus is known: it is disabled, or it exists at an address that the stack file doesn't give."""
    namespace = catalog.charts["kube-prometheus-stack"].namespace
    if addons["prometheus"].state == "install":
        # The operator's own Service: its name doesn't depend on the release.
        return MonitoringPlan(f"http://prometheus-operated.{namespace}.svc:9090", {}, namespace)
    existing = settings.addons.prometheus.existing
    if existing is None or existing.url is None:
        return None
    return MonitoringPlan(
        existing.url,
        existing.monitor_labels or {},
        existing.namespace or namespace_of(existing.url) or namespace,
        _plan_login(existing),
    )


def _plan_login(existing: ExistingPrometheus) -> PrometheusLoginPlan | None:
    auth = existing.auth
    if auth is None:
        return None
    ca = SecretRef(auth.ca_secret.name, auth.ca_secret.key) if auth.ca_secret is not None else None
    if auth.bearer_secret is not None:
        keys = {"bearerToken": auth.bearer_secret.key}
        return PrometheusLoginPlan("bearer", auth.bearer_secret.name, keys, None, None, ca)
    if auth.basic_secret is not None:
        keys = {"username": auth.basic_secret.username_key, "password": auth.basic_secret.password_key}
        return PrometheusLoginPlan("basic", auth.basic_secret.name, keys, None, None, ca)
    if auth.sigv4 is None:
        return None if ca is None else PrometheusLoginPlan("custom", None, {}, None, None, ca)
    named = AMAZON.search(existing.url or "")
    region = auth.sigv4.region or (named[1] if named else None)
    return PrometheusLoginPlan("sigv4", None, {}, region, auth.sigv4.role_arn)


def namespace_of(url: str) -> str | None:
    """`http://service.namespace:9090` names the namespace; an address outside the cluster doesn't."""
    host = url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].split(".")
    return host[1] if len(host) == 2 or (len(host) > 2 and host[2] == "svc") else None
