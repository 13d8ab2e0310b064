"""What the pods of add-ons ask for, on the system nodes of a cluster that the stack makes."""

from collections.abc import Mapping, Sequence

from infra.plan.cluster import AddonPlan
from infra.plan.models import Resources
from infra.services.addons.vertical import VERTICAL


def _pods(number: int, cpu: float, memory_mib: int) -> list[Resources]:
    return [Resources(cpu=cpu, memory_gib=memory_mib / 1024, ephemeral_gib=0, shm_gib=0)] * number


METRICS = "metricsServer"
# What each chart renders with the values of its module in components (tests/schemas/rendered.json). Pods of every node
# are in infra/clouds/aws/node_room.py.
OF_EACH: Mapping[str, Sequence[Resources]] = {
    METRICS: _pods(2, 0.1, 200),
    VERTICAL: _pods(4, 0.025, 100),
    "clusterAutoscaler": _pods(1, 0.1, 300),
    "karpenter": _pods(2, 0.05, 200),
    "keda": _pods(3, 0.1, 100),
    "loadBalancerController": _pods(2, 0.1, 128),
    "prometheus": [*_pods(1, 0.2, 1024), *_pods(1, 0.1, 128), *_pods(1, 0.05, 128)],
}


def addon_pods(addons: Mapping[str, AddonPlan]) -> Mapping[str, Sequence[Resources]]:
    """By the name of the chart, of those that the stack installs."""
    return {addons[key].chart: pods for key, pods in OF_EACH.items() if addons[key].state == "install"}


def pods_beside(addons: Mapping[str, AddonPlan]) -> Mapping[str, Sequence[Resources]]:
    """Those that a cluster doesn't have anyway, by the name of the chart."""
    return {chart: pods for chart, pods in addon_pods(addons).items() if chart == addons[VERTICAL].chart}
