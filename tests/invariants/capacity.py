"""Rule 2, of pools with several kinds of nodes: each kind can be had, in the order of the stack file."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from ruamel.yaml import YAML

from infra.offline import Planned
from infra.recording import Recording
from infra.settings.cluster import GpuPool
from tests.invariants.groups import TEMPLATE, NodeGroup
from tests.invariants.node_pools import CAPACITY_TYPE, NodePool, node_pools
from tests.invariants.nodes import gpu_groups
from tests.invariants.reading import release

_STEP, _POOL = "llm-platform/capacity", "llm-platform/pool"
_UUID = "88bc2311-7b73-c393-bc9f-eac7e9fda14d"
_KARPENTERS_ORDER = ("reserved", "spot", "on-demand")
_OF_KARPENTER = {"spot": "spot", "on-demand": "on-demand", "reservation": "reserved", "block": "reserved"}
_CAPACITY_TYPES = {"spot": "SPOT", "on-demand": "ON_DEMAND", "reservation": "ON_DEMAND", "block": "CAPACITY_BLOCK"}


def kinds_are_asked_for_in_order(planned: Planned) -> list[str]:
    """The autoscaler asks the group with the highest number that one of its patterns has, and balances groups whose
    nodes are alike; a step that it doesn't know, or mixes with another, would not be asked in its place."""
    recording = planned.recording
    if pools := node_pools(recording):
        return [each for pool in pools for each in _of_karpenter(planned, pool)]
    numbers, broken = _numbers(recording), []
    if numbers is None and any(pool.ladder for pool in planned.plan.settings.gpu_pools.values()):
        said = [each.message for each in planned.plan.to_do if each.path == "addons.clusterAutoscaler"]
        if not any("cluster-autoscaler-priority-expander" in each for each in said):
            broken.append("nobody says in which order an autoscaler of others has to ask")
    for name, pool in planned.plan.settings.gpu_pools.items():
        if pool.ladder:
            broken += list(_of_pool(recording, name, pool, numbers))
    return broken


def _of_pool(recording: Recording, name: str, pool: GpuPool, numbers: Mapping[str, list[int]] | None) -> Iterator[str]:
    groups = [group for group in gpu_groups(recording) if group.real().labels.get(_POOL) == name]
    steps = [[group for group in groups if _is(group, pool, nth)] for nth in range(len(pool.ladder))]
    for nth, of_step in enumerate(steps):
        if not any(group.max_nodes for group in of_step):
            yield f"{name}: no group can have a node of step {nth + 1}"
        if numbers is not None and len({tuple(numbers[group.name]) for group in of_step}) > 1:
            yield f"{name}: the groups of step {nth + 1} aren't asked alike"
        for group in of_step:
            labels = [group.real().labels.get(_STEP), group.scaling_group_tags.get(f"{TEMPLATE}label/{_STEP}")]
            others = {other.real().labels.get(_STEP) for other in groups if other not in of_step}
            if labels[0] is None or labels[0] != labels[1] or labels[0] in others:
                yield f"{group.name}: for the autoscaler its nodes are like those of another step"
    for nth, (first, second) in enumerate(pairwise(steps), start=1):
        if numbers is None:
            break
        lowest = min((max(numbers[group.name] or [0]) for group in first), default=0)
        highest = max((max(numbers[group.name] or [0]) for group in second), default=0)
        if lowest <= highest:
            yield f"{name}: step {nth} isn't asked before step {nth + 1}"


def _of_karpenter(planned: Planned, pool: NodePool) -> Iterator[str]:
    """Karpenter has a fixed order, and asks for the kinds that a NodePool allows; of reservations it knows those
    that the node class names."""
    settings = planned.plan.settings.gpu_pools.get(pool.real().labels[_POOL])
    kinds = settings.kinds if settings is not None else ("on-demand",)
    wanted = [_OF_KARPENTER[kind] for kind in kinds]
    if wanted != sorted(wanted, key=_KARPENTERS_ORDER.index):
        yield f"{pool.name}: Karpenter doesn't ask in the order {', '.join(kinds)}"
    if {*pool.requirements[CAPACITY_TYPE]} != {*wanted}:
        yield f"{pool.name}: asks for {', '.join(pool.requirements[CAPACITY_TYPE])}, not for {', '.join(wanted)}"
    reserved = [step.reserved for step in settings.ladder if step.reserved] if settings is not None else []
    if [each["id"] for each in pool.template.get("capacityReservationSelectorTerms", [])] != reserved:
        yield f"{pool.name}: its node class doesn't name exactly {reserved}"


def _is(group: NodeGroup, pool: GpuPool, nth: int) -> bool:
    """Whether the group has nodes of this step: by what EKS and EC2 get, not by its name."""
    step = pool.ladder[nth]
    target = group.template.get("capacityReservationSpecification", {}).get("capacityReservationTarget", {})
    market = group.template.get("instanceMarketOptions", {}).get("marketType")
    return (
        group.resource.inputs["capacityType"] == _CAPACITY_TYPES[step.kind]
        and target.get("capacityReservationId") == step.reserved
        and market == ("capacity-block" if step.kind == "block" else None)
    )


def _numbers(recording: Recording) -> dict[str, list[int]] | None:
    """By group, the numbers of the priority expander with a pattern that finds its scaling group; None: the autoscaler
    is somebody else's."""
    autoscaler = release(recording, "cluster-autoscaler")
    if autoscaler is None:
        return None
    values = autoscaler.inputs["values"]
    first = values.get("extraArgs", {}).get("expander", "").split(",")[0]
    written = YAML(typ="safe").load(values.get("expanderPriorities", "")) if first == "priority" else {}
    return {
        group.name: [
            number
            for number, patterns in written.items()
            if any(re.search(pattern, f"eks-{group.name}-1a2b3c4-{_UUID}") for pattern in patterns)
        ]
        for group in gpu_groups(recording)
    }
