"""Whether a server has room on a node beside its GPUs."""

from collections.abc import Sequence

from infra.catalog import Instance

# A server takes this much of its share: the GPUs are the whole point of the node.
SHARE = 0.9
# Host memory of a server's processes (PyTorch, CUDA context, pinned buffers): the front and the engine, and one
# for each GPU. An estimate: start-up logs don't say. Weights are mapped from their files, so they needn't fit.
SERVER_GIB, WORKER_GIB = 3.0, 3.0
# A core for the front, and one for each GPU's loop: with less, the GPUs wait.
SERVER_CPU, WORKER_CPU = 0.5, 1.0


def share(types: Sequence[Instance], gpus: int) -> tuple[float, float]:
    """Cores and GiB that a server on `gpus` of a node's GPUs may have, on the smallest of the pool's types."""
    part = gpus / types[0].gpus * SHARE
    return min(each.pod_cpu for each in types) * part, min(each.pod_gib for each in types) * part


def has_room(types: Sequence[Instance], gpus: int) -> bool:
    """Whether the processes of a server fit its share; nodes that others make are taken to be large enough."""
    if not types:
        return True
    cpu, memory = share(types, gpus)
    return cpu >= SERVER_CPU + WORKER_CPU * gpus and memory >= SERVER_GIB + WORKER_GIB * gpus
