"""Creates KEDA's login at Prometheus and the part of a scaler that refers to it, and alerts."""

import pulumi

from components.alert_receivers import AlertReceivers
from components.aws import signed_requests
from components.dashboards import Dashboards
from components.model_cache import ModelCache
from components.prometheus_login import PrometheusLogin
from components.prometheus_rules import PrometheusRules
from infra.clouds.site import Site
from infra.config_keys import NAMESPACE
from infra.plan.monitoring import MonitoringPlan
from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import rule
from infra.services.monitoring.alerts.groups import SECONDS, common_of, objects_of, unread
from infra.services.monitoring.alerts.receivers import SECRET, configuration, is_notifying, secrets_of
from infra.services.monitoring.dashboards.all import texts
from infra.services.monitoring.dashboards.plan import DashboardsPlan
from infra.services.monitoring.plan import PROMETHEUS_LOGIN
from infra.services.service import Made

_HEADER = ("X-Llm-Platform", "scaler")  # no login: KEDA sends it to a Prometheus that asks for none


def log_in(plan: Plan, site: Site, cache: ModelCache) -> PrometheusLogin | None:
    """The login that every scaler uses. None if this Prometheus requires no login, or if no model scales."""
    login = plan.monitoring.login if plan.monitoring else None
    if login is None or not any(model.scaling for model in plan.models.values()):
        return None
    return PrometheusLogin(
        PROMETHEUS_LOGIN,
        namespace=plan.settings.namespace.name,
        secret=login.secret,
        keys=login.keys,
        ca=(login.ca.name, login.ca.key) if login.ca else None,
        header=_HEADER if login.mode == "custom" else None,
        pod_identity=signed_requests.pod_identity(login.role_arn) if login.mode == "sigv4" else None,
        depends_on=[cache, *site.operators],
        opts=site.opts,
    )


def trigger_login(monitoring: MonitoringPlan) -> dict[str, str] | None:
    """The metadata of a scaler's triggers that select the login; None if there is no login."""
    login = monitoring.login
    if login is None:
        return None
    if login.region is not None:
        return signed_requests.trigger_metadata(login.region)
    return {"authModes": login.mode}


def make_alerts(plan: Plan, made: Made) -> None:
    if plan.monitoring is None:
        return
    common = common_of(plan)
    for name, groups in objects_of(plan).items():
        PrometheusRules(
            name,
            namespace=common.namespace,
            groups={group: [rule(each, common) for each in alerts] for group, alerts in groups.items()},
            seconds=SECONDS,
            labels=plan.monitoring.labels,
            depends_on=list(made.after),
            opts=made.opts,
        )


def make_receivers(plan: Plan, made: Made) -> None:
    if plan.monitoring is None or unread(plan) or not is_notifying(plan.settings):
        return
    config = pulumi.Config(NAMESPACE)
    AlertReceivers(
        "alert-receivers",
        namespace=plan.settings.namespace.name,
        secret=SECRET,
        values={name: config.require_secret(name) for name in secrets_of(plan.settings)},
        configuration=configuration(plan.settings),
        labels=plan.monitoring.labels,
        depends_on=list(made.after),
        opts=made.opts,
    )


def make_dashboards(plan: Plan, dashboards: DashboardsPlan, made: Made) -> None:
    if dashboards.namespace is not None:
        Dashboards(
            "dashboards",
            namespace=dashboards.namespace,
            labels=dashboards.labels,
            files=texts(plan),
            depends_on=list(made.after),
            opts=made.opts,
        )
