"""Rules 1 to 3: pods and the GPU nodes that they run on."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.offline import Planned
from infra.recording import Recording
from tests.invariants.groups import NodeGroup
from tests.invariants.nodes import gpu_groups, groups_of, node_groups
from tests.invariants.reading import (
    EKS_ADDON,
    RELEASE,
    Pod,
    max_replicas,
    on_each_node,
    pods,
    release,
    servers,
    tolerates,
)

# What runs on every GPU node: chart -> where its values hold the tolerations.
_ON_GPU_NODES = {
    "nvidia-device-plugin": (),
    "dcgm-exporter": (),
    "fluent-bit": (),
    "kube-prometheus-stack": ("prometheus-node-exporter",),
}


def gpu_nodes_are_tolerated_by_whom_they_are_for(planned: Planned) -> list[str]:
    """Rule 1. Pods for GPU nodes tolerate the taints there; nothing else does, and every GPU node has one."""
    recording = planned.recording
    groups = gpu_groups(recording)
    broken = [f"{group.name}: no taint keeps other pods off its GPUs" for group in groups if not group.taints]
    for server in servers(recording):
        for group in groups_of(recording, server):
            broken += _missing(server.name, server.tolerations, group)
    for chart, path in _ON_GPU_NODES.items():
        if installed := release(recording, chart):
            values: Any = installed.inputs["values"]
            for key in path:
                values = values.get(key, {})
            for group in groups:
                broken += _missing(chart, values.get("tolerations", []), group)
    broken += _unseen(recording)
    for group in groups:
        broken += _uninvited(recording, group)
    return [*broken, *_existing_pools(planned), *_without_weights(recording)]


def _unseen(recording: Recording) -> list[str]:
    """Where EKS repairs nodes of a cluster that we make, its agent's host engine runs on each, or it sees no GPU."""
    agents = [each for each in recording.of(EKS_ADDON) if each.inputs["addonName"] == "eks-node-monitoring-agent"]
    made = [(group, group.resource.inputs.get("nodeRepairConfig", {})) for group in gpu_groups(recording)]
    repaired = [group for group, config in made if config.get("enabled")]  # Karpenter's nodes are of no group
    if recording.of(EKS_ADDON) and repaired and not agents:
        return [f"{group.name}: EKS repairs its nodes, and no agent says which is broken" for group in repaired]
    values = [json.loads(agent.inputs["configurationValues"])["dcgmAgent"] for agent in agents]
    return [
        line for each in values for group in repaired for line in _missing("dcgm-server", each["tolerations"], group)
    ]


def pods_fit_a_pool_at_zero_nodes(planned: Planned) -> list[str]:
    """Rule 2. Every pod has a pool whose nodes can run it, also while the pool is empty: each of the pool's groups."""
    recording = planned.recording
    groups = node_groups(recording)
    broken = []
    for group in gpu_groups(recording):
        broken += group.hidden(recording)
    if not groups:
        return broken  # the size of an existing cluster's nodes isn't known
    system = any(not group.gpus for group in groups)  # else only pods of pools that we make run on our nodes
    for pod in (pod for pod in pods(recording) if system or _on_ours(planned, pod)):
        refusals = {group.name: _refusals(group, pod) for group in groups}
        if all(refusals.values()):
            why = "; ".join(reason for reasons in refusals.values() for reason in reasons)
            broken.append(f"{pod.name}: no pool takes it: {why}")
            continue
        for group in groups_of(recording, pod):
            if why := "; ".join(refusals[group.name]):
                broken.append(f"{pod.name}: {group.name} of its pool doesn't take it: {why}")
    return broken


def _on_ours(planned: Planned, pod: Pod) -> bool:
    pool = planned.plan.pools.get(planned.plan.models[pod.name].pool or "") if pod.gpus else None
    return pool is not None and not pool.existing


def gpus_at_peak_exist(planned: Planned) -> list[str]:
    """Rule 3. Every replica of every model, and one model's rollout, on whole nodes."""
    recording = planned.recording
    broken = []
    for pool, (max_nodes, gpus_per_node, users) in _pools(planned).items():
        replicas = [user.gpus for user in users for _ in range(max_replicas(recording, user))]
        for user in users:
            surge = [user.gpus] * _surge(user) if max_replicas(recording, user) else []
            needed = _nodes([*replicas, *surge], gpus_per_node)
            if needed > max_nodes:
                broken.append(
                    f"{pool}: {sum(replicas)} GPUs at peak and {sum(surge)} for a rollout of {user.name} need"
                    f" {needed} nodes; it grows to {max_nodes}"
                )
    return broken


def _missing(what: str, tolerations: list[Any], group: NodeGroup) -> list[str]:
    return [
        f"{what}: doesn't tolerate {taint['key']}={taint['value']}:{taint['effect']} of {group.name}"
        for taint in group.taints
        if not tolerates(tolerations, taint)
    ]


def _uninvited(recording: Recording, group: NodeGroup) -> list[str]:
    """Pods without GPUs, and charts that must not run there but tolerate the taint."""
    fetching = {pod.name for pod in on_each_node(recording)}
    found = [(pod.name, pod.tolerations) for pod in pods(recording) if not pod.gpus and pod.name not in fetching]
    for chart in recording.of(RELEASE):
        invited = [path for name, path in _ON_GPU_NODES.items() if release(recording, name) == chart]
        for path, tolerations in _tolerations(chart.inputs.get("values", {})):
            if path not in invited:
                found.append((".".join((chart.inputs["name"], *path)), tolerations))
    return [
        f"{name}: tolerates every taint of {group.name}, and asks for no GPU"
        for name, tolerations in found
        if group.taints and all(tolerates(tolerations, taint) for taint in group.taints)
    ]


def _tolerations(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """Every list of tolerations in a chart's values, with the keys that lead there."""
    for key, value in values.items():
        if key == "tolerations":
            yield path, value
        elif isinstance(value, Mapping):
            yield from _tolerations(value, (*path, key))


def _existing_pools(planned: Planned) -> list[str]:
    """Nodes that the stack doesn't create: the pods select them with the stack file's own labels."""
    broken = []
    for server in servers(planned.recording):
        pool = planned.plan.settings.gpu_pools.get(planned.plan.models[server.name].pool or "")
        if pool is None or pool.existing is None:
            continue
        for key, value in pool.existing.selector.items():
            if server.spec["nodeSelector"].get(key) != value:
                broken.append(f"{server.name}: doesn't select {key}={value}")
        for toleration in pool.existing.tolerations:
            wanted = toleration.model_dump(exclude_none=True)
            if wanted not in server.tolerations:
                broken.append(f"{server.name}: lacks the toleration {wanted}")
    return broken


def _without_weights(recording: Recording) -> list[str]:
    """A server that waits for the weights of its node: what fetches them is on each node that may run the server, and
    on no other, and makes the files that the server waits for."""
    broken = []
    fetching = on_each_node(recording)
    for server in servers(recording):
        waits = [c for c in server.spec.get("initContainers", []) if c["name"] == "weights"]
        for file in (file for container in waits for file in container["command"] if file.startswith("/")):
            same = [pod for pod in fetching if file in pod.arguments and _place(pod) == _place(server)]
            broken += [] if same or file == "/bin/sh" else [f"{server.name}: nothing on its nodes makes {file}"]
    return broken


def _place(pod: Pod) -> tuple[Any, Any]:
    return pod.spec.get("nodeSelector"), pod.tolerations


def _refusals(group: NodeGroup, pod: Pod) -> list[str]:
    """System nodes are always there, so only their real one counts."""
    views = [group.real(), *(group.imagined() if group.gpus else [])]
    return [f"{view.view}: {reason}" for view in views for reason in view.refuses(pod)]


def _pools(planned: Planned) -> dict[str, tuple[int, int, list[Pod]]]:
    """The maximum of nodes, the GPUs per node, and what runs there; for existing nodes from the stack file."""
    recording = planned.recording
    pools: dict[str, tuple[int, int, list[Pod]]] = {}
    for server in servers(recording):
        if not server.gpus:
            continue
        if groups := groups_of(recording, server):
            name = ", ".join(group.name for group in groups)
            size = (sum(group.max_nodes for group in groups), min(group.gpus for group in groups))
        else:
            name = planned.plan.models[server.name].pool or ""
            pool = planned.plan.pools[name]
            size = (pool.max, pool.gpus_per_node)
        pools.setdefault(name, (*size, []))[2].append(server)
    return pools


def _surge(server: Pod) -> int:
    strategy = server.resource.inputs["spec"]["strategy"]
    return strategy["rollingUpdate"]["maxSurge"] if strategy["type"] == "RollingUpdate" else 0


def _nodes(wanted: list[int], gpus_per_node: int) -> int:
    """The number of nodes for these pods: the largest pod first, each on the first node with enough space."""
    free: list[int] = []
    for gpus in sorted(wanted, reverse=True):
        for node, left in enumerate(free):
            if left >= gpus:
                free[node] -= gpus
                break
        else:
            free.append(gpus_per_node - gpus)
    return len(free)
