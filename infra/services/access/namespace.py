"""The labels of the models' namespace: on one that we make, and to be put on one that exists."""

from collections.abc import Iterator

from infra.plan.cluster import ClusterPlan, GatewayPlan
from infra.plan.notes import Finding, Step, ToDo
from infra.settings import Settings

_POD_SECURITY = "pod-security.kubernetes.io/enforce"
_READINESS_GATE = "elbv2.k8s.aws/pod-readiness-gate-inject"
_WHY = {
    _POD_SECURITY: "pods that could take over a node are refused; the platform's pass, and others there have to",
    _READINESS_GATE: "a new pod counts as ready once the load balancer knows it: without it a rollout answers 502",
}


def namespace_labels(gateway: GatewayPlan | None) -> dict[str, str]:
    labels = {_POD_SECURITY: "restricted"}
    if gateway is not None and gateway.controller == "alb":
        labels[_READINESS_GATE] = "enabled"
    return labels


def list_namespace_to_dos(settings: Settings, cluster: ClusterPlan, gateway: GatewayPlan | None) -> Iterator[Finding]:
    """Somebody else's namespace isn't changed: what ours would carry is asked for, label by label."""
    name = settings.namespace.name
    if settings.namespace.create:
        return
    command = f"{cluster.kubectl} create namespace {name}"
    yield ToDo("namespace.name", f"the namespace {name} has to exist: `{command}`", Step.NAMESPACE)
    for nth, (label, value) in enumerate(namespace_labels(gateway).items()):
        command = f"{cluster.kubectl} label namespace {name} {label}={value}"
        yield ToDo("namespace.create", f"`{command}`: {_WHY[label]}", Step.NAMESPACE_LABELS, nth)
