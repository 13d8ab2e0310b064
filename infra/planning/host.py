"""What a node leaves for pods, and whether a server has room there beside its GPUs."""

from collections.abc import Sequence

from infra.catalog import Instance

# What hypervisor and kernel keep of the memory that AWS states: Karpenter's default for it.
MEMORY_OVERHEAD = 0.075
# Pods that a node may have, by EKS' rule of thumb; each reserves 11 MiB for the kubelet.
MAX_PODS_SMALL, MAX_PODS_LARGE, LARGE_VCPUS = 110, 250, 30
EVICTION_GIB = 100 / 1024
# aws-node, kube-proxy, the pod-identity agent, CSI drivers and the device plugin, as their charts request.
DAEMONS_CPU, DAEMONS_GIB = 0.3, 0.5
# A server takes this much of its share: the GPUs are the whole point of the node.
SHARE = 0.9
# Host memory of a server's processes (PyTorch, CUDA context, pinned buffers): the front and the engine, and one
# for each GPU. An estimate: start-up logs don't say. Weights are mapped from their files, so they needn't fit.
SERVER_GIB, WORKER_GIB = 3.0, 3.0
# A core for the front, and one for each GPU's loop: with less, the GPUs wait.
SERVER_CPU, WORKER_CPU = 0.5, 1.0


def allocatable(vcpus: int, memory_gib: float) -> tuple[float, float]:
    """Cores and GiB that the kubelet of an EKS node leaves for pods, daemonsets already taken off.

    EKS reserves 255 MiB + 11 MiB a pod, and of the cores 6 % of the first, 1 % of the second, 0.5 % of the next two,
    0.25 % of the others.
    """
    pods = MAX_PODS_SMALL if vcpus < LARGE_VCPUS else MAX_PODS_LARGE
    reserved_gib = (255 + 11 * pods) / 1024
    reserved_cpu = 0.06 + 0.01 * min(vcpus - 1, 1) + 0.005 * min(max(vcpus - 2, 0), 2) + 0.0025 * max(vcpus - 4, 0)
    memory = memory_gib * (1 - MEMORY_OVERHEAD) - reserved_gib - EVICTION_GIB
    return vcpus - reserved_cpu - DAEMONS_CPU, memory - DAEMONS_GIB


def share(types: Sequence[Instance], gpus: int) -> tuple[float, float]:
    """Cores and GiB that a server on `gpus` of a node's GPUs may have, on the smallest of the pool's types."""
    rooms = [allocatable(each.vcpus, each.memory_gib) for each in types]
    part = gpus / types[0].gpus * SHARE
    return min(cpu for cpu, _ in rooms) * part, min(memory for _, memory in rooms) * part


def has_room(types: Sequence[Instance], gpus: int) -> bool:
    """Whether the processes of a server fit its share; nodes that others make are taken to be large enough."""
    if not types:
        return True
    cpu, memory = share(types, gpus)
    return cpu >= SERVER_CPU + WORKER_CPU * gpus and memory >= SERVER_GIB + WORKER_GIB * gpus
