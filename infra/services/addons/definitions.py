"""The kinds that no Kubernetes has by itself: which ones a plan makes, and which of them no chart of it brings."""

from collections.abc import Iterator

from infra.engines import ENGINES
from infra.plan.definitions import Definitions, way_to
from infra.plan.notes import Finding, Step, ToDo
from infra.services.addons.optional import DCGM
from infra.services.addons.plan import ADDONS
from infra.services.addons.vertical import VERTICAL
from infra.services.monitoring.alerts.receivers import is_notifying
from infra.services.service import Around

_KEDA, _OPERATOR, _AUTOSCALING = "keda.sh", "monitoring.coreos.com", "autoscaling.k8s.io"
_UNTIL_THEN = {
    "nvidiaDevicePlugin": "no node offers its GPUs, and pods of models stay pending",
    "clusterAutoscaler": "no node is added or removed",
    "metricsServer": "nothing scales by its CPU or memory",
    DCGM: "GPUs aren't measured",
    "loadBalancerController": "no load balancer is made",
}
_TITLES = {"keda": "KEDA", "prometheus": "the operator of Prometheus", VERTICAL: "the VerticalPodAutoscaler"}


def definitions(around: Around) -> tuple[Definitions, ...]:
    """By the add-on that brings them."""
    made = {
        "keda": (_KEDA, _scaled(around)),
        "prometheus": (_OPERATOR, _read(around)),
        VERTICAL: (_AUTOSCALING, _sized(around)),
    }
    found = [
        Definitions(addon, tuple(f"{kind}.{group}" for kind, there in kinds.items() if there))
        for addon, (group, kinds) in made.items()
    ]
    return tuple(each for each in found if each.names)


def of_others(around: Around) -> tuple[Definitions, ...]:
    return tuple(each for each in definitions(around) if around.addons[each.addon].state != "install")


def list_definitions(around: Around) -> Iterator[Finding]:
    """Before `pulumi up` makes anything it looks whether they are there."""
    for nth, each in enumerate(of_others(around)):
        found = f"`{around.cluster.kubectl} get crd {' '.join(each.names)}`"
        has = "has to list it" if len(each.names) == 1 else f"has to list all {len(each.names)}"
        harm = "`pulumi up` refuses before it makes anything"
        if around.cluster.made:
            harm = (
                "`pulumi up` ends in the middle: the first one makes the cluster, and ends where it makes the first of"
                " these objects. Install it then, and run `pulumi up` again"
            )
        yield ToDo(
            f"addons.{each.addon}",
            f"this stack doesn't install {_TITLES[each.addon]}, and makes objects of its kinds: {found} {has}, or"
            f" {harm}. Where it doesn't: {way_to(each.addon)}",
            Step.DEFINITIONS,
            nth,
        )


def list_installed_later(around: Around) -> Iterator[Finding]:
    """What something else installs in a cluster that this stack makes, and what lacks until then."""
    for nth, (addon, harm) in enumerate(_UNTIL_THEN.items()):
        if around.cluster.made and getattr(around.settings.addons, ADDONS[addon][0]).existing is not None:
            path = f"addons.{addon}"
            message = f"the cluster is new, and something else installs this there; until then {harm}"
            yield ToDo(path, f"{message}. Where nothing does: {path}: install", Step.DEVICE_PLUGIN, nth)


def _scaled(around: Around) -> dict[str, bool]:
    """A paused model keeps its scaler."""
    monitoring = around.monitoring
    scaled = monitoring is not None and any(model.scaling for model in around.models.values())
    login = monitoring is not None and monitoring.login is not None
    return {"scaledobjects": scaled, "triggerauthentications": scaled and login}


def _read(around: Around) -> dict[str, bool]:
    """What Prometheus is asked to read; Amazon's reads no rules from the cluster."""
    monitoring, reads_gpus = around.monitoring, around.addons[DCGM].state == "install"
    if monitoring is None:
        return {"servicemonitors": reads_gpus}
    rules = monitoring.login is None or monitoring.login.mode != "sigv4"
    return {
        "servicemonitors": reads_gpus or any(ENGINES[model.engine].is_measured for model in around.models.values()),
        "podmonitors": True,
        "prometheusrules": rules,
        "alertmanagerconfigs": rules and is_notifying(around.settings),
    }


def _sized(around: Around) -> dict[str, bool]:
    models = any(model.vertical for model in around.models.values())
    return {"verticalpodautoscalers": models or around.traffic.vertical is not None}
