"""What the pods of add-ons ask for that scaling needs, on the system nodes of a cluster that the stack makes."""

from collections.abc import Mapping, Sequence

from infra.plan.cluster import AddonPlan
from infra.plan.models import Resources
from infra.services.addons.vertical import VERTICAL


def _pods(number: int, cpu: float, memory_mib: int) -> list[Resources]:
    return [Resources(cpu=cpu, memory_gib=memory_mib / 1024, ephemeral_gib=0, shm_gib=0)] * number


METRICS = "metricsServer"
# metrics-server: as its chart has it (3.13.1, for up to 100 nodes), in two pods. The other: see its values.
_OF_EACH: Mapping[str, Sequence[Resources]] = {METRICS: _pods(2, 0.1, 200), VERTICAL: _pods(4, 0.025, 100)}


def addon_pods(addons: Mapping[str, AddonPlan]) -> Mapping[str, Sequence[Resources]]:
    """By the name of the chart, of those that the stack installs."""
    return {addons[key].chart: pods for key, pods in _OF_EACH.items() if addons[key].state == "install"}


def pods_beside(addons: Mapping[str, AddonPlan]) -> Sequence[Resources]:
    """Those that a cluster doesn't have anyway."""
    return _OF_EACH[VERTICAL] if addons[VERTICAL].state == "install" else ()
