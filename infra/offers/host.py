"""Whether a server has room on a node beside its GPUs."""

from collections.abc import Sequence

from infra.catalog import Instance

# The part of its share of a node that a server requests: the node is there for its GPUs.
SHARE = 0.9
# Host memory of a server's processes (PyTorch, CUDA context, pinned buffers): front end and engine, and one worker per
# GPU. An estimate, because start-up logs don't show it. Weights are mapped from their files, so they need no room.
SERVER_GIB, WORKER_GIB = 3.0, 3.0
# Cores for the front end, and one per GPU for the worker's loop: with less, the GPUs wait.
SERVER_CPU, WORKER_CPU = 0.5, 1.0


def share(types: Sequence[Instance], gpus: int, parts: int = 1) -> tuple[float, float]:
    """Cores and GiB that a server on `gpus` of a node's GPUs may have, on the smallest of the pool's types. `parts`: of
    each GPU, where several servers share one."""
    part = gpus / (types[0].gpus * parts) * SHARE
    return min(each.pod_cpu for each in types) * part, min(each.pod_gib for each in types) * part


def has_room(types: Sequence[Instance], gpus: int, parts: int = 1) -> bool:
    """Whether the processes of a server fit its share. Nodes of somebody else are assumed to be large enough."""
    if not types:
        return True
    cpu, memory = share(types, gpus, parts)
    return cpu >= SERVER_CPU + WORKER_CPU * gpus and memory >= SERVER_GIB + WORKER_GIB * gpus
