"""The labels of the models' namespace: the program puts them on a namespace that it makes; on one that exists, a person
does."""

from collections.abc import Iterator, Mapping

from infra.plan.cluster import ClusterPlan
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.way_in import GatewayPlan
from infra.settings.platform import Settings

_POD_SECURITY = "pod-security.kubernetes.io/enforce"
_WHY = {
    _POD_SECURITY: "pods that could take over a node are refused; the platform's pass, and others there have to",
}


def namespace_labels(gateway: GatewayPlan | None) -> dict[str, str]:
    return {_POD_SECURITY: "restricted", **dict.fromkeys(_of_the_controller(gateway), "enabled")}


def _of_the_controller(gateway: GatewayPlan | None) -> Mapping[str, str]:
    """Label -> why."""
    return gateway.controller.namespace_labels if gateway is not None else {}


def list_namespace_to_dos(settings: Settings, cluster: ClusterPlan, gateway: GatewayPlan | None) -> Iterator[Finding]:
    """An existing namespace isn't changed: there is one to-do for each label that it needs."""
    name = settings.namespace.name
    if settings.namespace.create:
        return
    command = f"{cluster.kubectl} create namespace {name}"
    yield ToDo("namespace.name", f"the namespace {name} has to exist: `{command}`", Step.NAMESPACE)
    why = _WHY | dict(_of_the_controller(gateway))
    for nth, (label, value) in enumerate(namespace_labels(gateway).items()):
        command = f"{cluster.kubectl} label namespace {name} {label}={value}"
        yield ToDo("namespace.create", f"`{command}`: {why[label]}", Step.NAMESPACE_LABELS, nth)
