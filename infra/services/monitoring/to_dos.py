"""What an existing Prometheus needs, so that it scrapes the models and answers KEDA's queries."""

import shlex
from collections.abc import Iterator, Mapping, Sequence

from infra.plan.cluster import AddonPlan, ClusterPlan
from infra.plan.findings import warned
from infra.plan.monitoring import MonitoringPlan, PrometheusLoginPlan
from infra.plan.notes import Assumption, Finding, Step, ToDo
from infra.services.monitoring.plan import namespace_of
from infra.settings.platform import Settings

# By what a Prometheus selects, as a jsonpath of kubectl.
_KINDS = ("serviceMonitor", "podMonitor", "rule", "ruleNamespace")
SELECTORS = f"{{range .items[*].spec}}{''.join(f'{{.{kind}Selector}}' for kind in _KINDS)}{{end}}"
_PATH = "addons.prometheus.existing"
_KEDA = "keda-operator"  # the service account of KEDA's operator, as its chart names it


def list_prometheus_to_dos(
    settings: Settings,
    cluster: ClusterPlan,
    addons: Mapping[str, AddonPlan],
    monitoring: MonitoringPlan | None,
    scaled: Sequence[str],
) -> Iterator[Finding]:
    """`scaled`: the models that KEDA scales. If there are none, KEDA sends no query, and nothing has to be done."""
    existing = settings.addons.prometheus.existing
    if monitoring is None or existing is None or addons["prometheus"].state != "existing":
        return
    if existing.monitor_labels is None:
        yield _labels(cluster, scaled)
    if existing.namespace is None and namespace_of(monitoring.url) is None:
        yield _namespace(monitoring, scaled)
    if monitoring.login is not None and monitoring.url.startswith("http://") and namespace_of(monitoring.url) is None:
        yield warned(
            f"{_PATH}.url",
            "http://: the login is sent in plain text, to an address outside the cluster: whoever reads the network on"
            " the way has it; write https://, with auth.caSecret where a CA of yours signed its certificate",
        )
    if monitoring.login is not None and scaled:
        yield from _log_in(settings, cluster, monitoring.login, scaled)


def _labels(cluster: ClusterPlan, scaled: Sequence[str]) -> Finding:
    path = f"{_PATH}.monitorLabels"
    none = (
        "no labels are given: kube-prometheus-stack ignores a ServiceMonitor, PodMonitor or PrometheusRule without its"
        " release's label"
    )
    if not scaled:
        return Assumption(
            path,
            f"{none}, and then the models' metrics are missing and no alert fires; no model needs them to scale",
        )
    return ToDo(
        path,
        f"{none}: {', '.join(scaled)} would stay at the minimum of replicas, and no alert would say so; write the"
        f" labels that `{cluster.kubectl} get prometheus -A -o jsonpath={shlex.quote(SELECTORS)}`"
        " shows, or monitorLabels: {} if it selects all of the three kinds",
        Step.MONITORING,
    )


def _namespace(monitoring: MonitoringPlan, scaled: Sequence[str]) -> Finding:
    """An address outside the cluster doesn't say which namespace scrapes the pods."""
    path = f"{_PATH}.namespace"
    let_in = (
        f"no namespace is given or named in {monitoring.url}: the models' NetworkPolicies let in {monitoring.namespace}"
    )
    if not scaled:
        return Assumption(path, f"{let_in}, where the scraper is assumed to run; no model needs metrics to scale")
    return ToDo(
        path,
        f"{let_in}; write the namespace of the Prometheus or the agent that scrapes them (Rancher's is"
        f" cattle-monitoring-system), or {', '.join(scaled)} would stay at the minimum of replicas",
        Step.MONITORING,
    )


def _log_in(
    settings: Settings, cluster: ClusterPlan, login: PrometheusLoginPlan, scaled: Sequence[str]
) -> Iterator[Finding]:
    if login.mode != "sigv4":
        yield _secret(settings, cluster, login, scaled)
        return
    rights = "sts:AssumeRole on roleArn, and that role aps:QueryMetrics" if login.role_arn else "aps:QueryMetrics"
    command = cluster.command_for_rights(namespace="keda", service_account=_KEDA)
    yield ToDo(
        f"{_PATH}.auth.sigv4",
        f"the operator of KEDA signs the requests: give its service account {_KEDA} a role with {rights}"
        f"{f': `{command}`' if command else ''}",
        Step.MONITORING_LOGIN,
    )
    yield ToDo(
        f"{_PATH}.url",
        "Amazon Managed Prometheus scrapes nothing by itself: an agent in the cluster that uses ServiceMonitors has"
        " to write to this workspace",
        Step.MONITORING_LOGIN,
    )


def _secret(settings: Settings, cluster: ClusterPlan, login: PrometheusLoginPlan, scaled: Sequence[str]) -> Finding:
    """`pulumi up` refuses to create a namespace that exists: in a new stack the Secret in it is created afterwards."""
    namespace = settings.namespace
    commands = " and ".join(
        f"`{cluster.kubectl} -n {namespace.name} create secret generic {name} {contents}`"
        for name, contents in _secrets(login).items()
    )
    when = "before `pulumi up`"
    if namespace.create:
        when += f", or once it has made the namespace {namespace.name} where the stack is new"
    what = "the login" if login.secret is not None else "the CA's certificate"
    reads = f"KEDA reads {what} from a Secret in the models' namespace, and scales none until it finds it"
    message = f"{', '.join(scaled)}: {reads}; {when}: {commands}"
    return ToDo(f"{_PATH}.auth", message, Step.MONITORING_LOGIN, names=tuple(scaled))


def _secrets(login: PrometheusLoginPlan) -> dict[str, str]:
    """By name, what a Secret is made from; the CA may be in the one of the login."""
    made: dict[str, str] = {}
    if login.secret is not None:
        made[login.secret] = " ".join(f"--from-literal={key}=..." for key in login.keys.values())
    if login.ca is not None:
        file = f"--from-file={login.ca.key}=ca.pem"
        made[login.ca.name] = " ".join(filter(None, (made.get(login.ca.name), file)))
    return made
