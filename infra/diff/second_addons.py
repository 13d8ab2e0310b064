"""Add-ons that the cluster was said to have, and that the stack now installs: the first may still run there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.diff.findings import Found
from infra.diff.services import ground
from infra.plan.words import kubectl
from infra.sides.types import ResourceChanges, Side

_HELM_REFUSES = (
    "Helm refuses objects of the cluster that the first one has under the same names, and `pulumi up` ends there"
)


@dataclass(frozen=True)
class Second:
    """`found_by`: a part of the names or images of what runs, as grep takes it; `harm`: of two in a cluster."""

    title: str
    found_by: str
    harm: str


# Of the device plugin each plan asks the same, whatever the base has.
SECONDS: Mapping[str, Second] = {
    "prometheus": Second(
        "Prometheus",
        "node-exporter|prometheus-operator",
        "the pods of its node-exporter can't start on nodes where another has port 9100, and two operators change the"
        " same objects in turn",
    ),
    "keda": Second("KEDA", "keda", _HELM_REFUSES),
    "metricsServer": Second("metrics-server", "metrics-server", _HELM_REFUSES),
    "dcgmExporter": Second(
        "dcgm-exporter", "dcgm-exporter", "each GPU is measured twice (NVIDIA's GPU operator brings one too)"
    ),
    "verticalPodAutoscaler": Second(
        "VerticalPodAutoscaler", "vpa|vertical-pod-autoscaler", "both evict the same pods, each by its own figures"
    ),
    "clusterAutoscaler": Second("cluster-autoscaler", "cluster-autoscaler", "both change the same node groups"),
    "loadBalancerController": Second(
        "load balancer controller", "load-balancer-controller", "both act on the same Ingresses"
    ),
}


def seconds(old: Side, new: Side, resources: ResourceChanges) -> dict[str, Second]:
    """By the key of `addons`. Another cluster may have none of them."""
    if not (old.exists and new.exists) or _context(old) != _context(new) or ground(resources):
        return {}
    return {
        key: each for key, each in SECONDS.items() if _state(old, key) == "existing" and _state(new, key) == "install"
    }


def first_removed(old: Side, new: Side, resources: ResourceChanges) -> Iterator[Found]:
    command = f"{kubectl(_context(new))} get deployments,daemonsets -A -o wide"
    for key, each in seconds(old, new, resources).items():
        yield {
            "path": f"addons.{key}",
            "message": f"before `pulumi up`, see whether the cluster still has a {each.title} of somebody else:"
            f" `{command} | grep -E '{each.found_by}'`. With two, {each.harm}: remove the first one before, or write"
            " what the base has",
        }


def _context(side: Side) -> str | None:
    """None: a cluster of the stack."""
    return ((side.platform.get("cluster") or {}).get("existing") or {}).get("context")


def _state(side: Side, key: str) -> Any:
    """What the stack file says, else what the program chose."""
    said = (side.platform.get("addons") or {}).get(key)
    if isinstance(said, Mapping):
        return "existing"
    return said or side.plan.get("chosen", {}).get(f"addons.{key}", {}).get("value")
