"""How KEDA logs in at Prometheus, and what a scaler says of it."""

from components.aws import signed_requests
from components.model_cache import ModelCache
from components.prometheus_login import PrometheusLogin
from infra.clouds.site import Site
from infra.plan.cluster import MonitoringPlan
from infra.plan.plan import Plan


def log_in(plan: Plan, site: Site, cache: ModelCache) -> PrometheusLogin | None:
    """What every scaler needs at a Prometheus that asks for a login; None: it asks for none, or nothing scales."""
    login = plan.monitoring.login if plan.monitoring else None
    if login is None or not any(model.scaling for model in plan.models.values()):
        return None
    return PrometheusLogin(
        "prometheus-login",
        namespace=plan.settings.namespace.name,
        secret=login.secret,
        keys=login.keys,
        pod_identity=signed_requests.pod_identity(login.role_arn) if login.mode == "sigv4" else None,
        depends_on=[cache, *site.operators],
        opts=site.opts,
    )


def trigger_login(monitoring: MonitoringPlan) -> dict[str, str] | None:
    """What a scaler's triggers say of it."""
    login = monitoring.login
    if login is None:
        return None
    if login.region is not None:
        return signed_requests.trigger_metadata(login.region)
    return {"authModes": login.mode}
