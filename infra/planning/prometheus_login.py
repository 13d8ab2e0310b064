"""How KEDA logs in at a Prometheus that exists."""

from infra.plan.cluster import PrometheusLogin
from infra.services.addons.section import ExistingAddon
from infra.services.monitoring.check import AMAZON


def plan_login(existing: ExistingAddon) -> PrometheusLogin | None:
    auth = existing.auth
    if auth is None:
        return None
    if auth.bearer_secret is not None:
        keys = {"bearerToken": auth.bearer_secret.key}
        return PrometheusLogin("bearer", auth.bearer_secret.name, keys, None, None)
    if auth.basic_secret is not None:
        keys = {"username": auth.basic_secret.username_key, "password": auth.basic_secret.password_key}
        return PrometheusLogin("basic", auth.basic_secret.name, keys, None, None)
    if auth.sigv4 is None:
        return None
    named = AMAZON.search(existing.url or "")
    region = auth.sigv4.region or (named[1] if named else None)
    return PrometheusLogin("sigv4", None, {}, region, auth.sigv4.role_arn)
