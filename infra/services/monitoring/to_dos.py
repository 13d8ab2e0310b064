"""What a Prometheus that exists needs, so that it looks at the models and KEDA may ask it."""

from collections.abc import Iterator, Mapping

from infra.plan.cluster import AddonPlan, ClusterPlan, Monitoring, PrometheusLogin
from infra.plan.notes import Finding, Step, ToDo
from infra.settings import Settings

_PATH = "addons.prometheus.existing"
_KEDA = "keda-operator"  # the service account of KEDA's operator, as its chart names it


def list_prometheus_to_dos(
    settings: Settings,
    cluster: ClusterPlan,
    addons: Mapping[str, AddonPlan],
    monitoring: Monitoring | None,
) -> Iterator[Finding]:
    existing = settings.addons.prometheus.existing
    if monitoring is None or existing is None or addons["prometheus"].state != "existing":
        return
    if existing.monitor_labels is None:
        yield from _ask_for_labels(settings)
    if monitoring.login is not None:
        yield from _log_in(settings, cluster, monitoring.login)


def _ask_for_labels(settings: Settings) -> Iterator[Finding]:
    scaled = [name for name, model in settings.models.items() if model.replicas.min < model.replicas.max]
    harm = f", and {', '.join(scaled)} would stay at the fewest replicas" if scaled else ""
    yield ToDo(
        f"{_PATH}.monitorLabels",
        f"none are given: kube-prometheus-stack ignores a ServiceMonitor without its release's label{harm};"
        " write the labels that `kubectl get prometheus -A -o jsonpath='{.items[*].spec.serviceMonitorSelector}'`"
        " shows, or monitorLabels: {} where it takes every one",
        Step.MONITORING,
    )


def _log_in(settings: Settings, cluster: ClusterPlan, login: PrometheusLogin) -> Iterator[Finding]:
    namespace = settings.namespace.name
    if login.mode != "sigv4":
        literals = " ".join(f"--from-literal={key}=..." for key in login.keys.values())
        yield ToDo(
            f"{_PATH}.auth",
            f"KEDA reads the login from a Secret beside the models: kubectl -n {namespace} create secret generic"
            f" {login.secret} {literals}",
            Step.MONITORING_LOGIN,
        )
        return
    rights = "sts:AssumeRole on it, and it aps:QueryMetrics" if login.role_arn else "aps:QueryMetrics"
    yield ToDo(
        f"{_PATH}.auth.sigv4",
        f"the operator of KEDA signs the requests: give its service account {_KEDA} a role with {rights}"
        + (
            f"; aws eks create-pod-identity-association --cluster-name {cluster.name} --namespace keda"
            f" --service-account {_KEDA} --role-arn ..."
            if cluster.kind != "context"
            else ""
        ),
        Step.MONITORING_LOGIN,
    )
    yield ToDo(
        f"{_PATH}.url",
        "Amazon Managed Prometheus scrapes nothing by itself: an agent in the cluster that follows ServiceMonitors has"
        " to write to this workspace",
        Step.MONITORING_LOGIN,
    )
