"""What pods ask for beside GPUs, so that they really fit on a node: its allocatable, not its size."""

from infra.catalog import Instance
from infra.catalog.types import CpuInstance
from infra.planning.findings import Findings
from infra.planning.placement import Placed
from infra.planning.plan import Resources
from infra.planning.served import Served
from infra.planning.weights import GIB

# What hypervisor and kernel keep of the memory that AWS states: Karpenter's default for it.
MEMORY_OVERHEAD = 0.075
# Pods that a node may have, by EKS' rule of thumb; each reserves 11 MiB for the kubelet.
MAX_PODS_SMALL, MAX_PODS_LARGE, LARGE_VCPUS = 110, 250, 30
EVICTION_GIB = 100 / 1024
# aws-node, kube-proxy, the pod-identity agent, CSI drivers and the device plugin, as their charts request.
DAEMONS_CPU, DAEMONS_GIB = 0.3, 0.5
# coredns, CSI controllers and the add-ons: what they request in the whole cluster.
SYSTEM_CPU, SYSTEM_GIB = 2.5, 6.0
# A server takes this much of its share: the GPUs are the whole point of the node.
SHARE = 0.9
# Compile caches, logs and what the engine unpacks.
SCRATCH_GIB = 10
# CPU Ollama: compute buffers beside file and context.
OLLAMA_HOST_GIB = 1.0


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


def server_resources(placed: Placed) -> Resources:
    """A share of the smallest type of the pool, by GPUs; modest on nodes that we know nothing of."""
    if placed.offer is None or placed.sized is None:
        return _cpu_resources(placed.served)
    gpus = placed.sized.gpus
    shm = max(2, 2 * gpus)
    if not placed.offer.types:
        return Resources(cpu=2.0 * gpus, memory_gib=8.0 + 4.0 * gpus + shm, ephemeral_gib=SCRATCH_GIB, shm_gib=shm)
    cpu, memory = _least(placed.offer.types)
    share = gpus / placed.offer.gpus_per_node * SHARE
    return Resources(
        cpu=_tenths(cpu * share), memory_gib=_tenths(memory * share), ephemeral_gib=SCRATCH_GIB, shm_gib=shm
    )


def prefetch_resources() -> Resources:
    """The Job streams to the cache; it runs on system nodes, beside everything else."""
    return Resources(cpu=0.5, memory_gib=2.0, ephemeral_gib=2, shm_gib=0)


def check_system_nodes(placed: list[Placed], node: CpuInstance | None, count: int, findings: Findings) -> None:
    """CPU models run on the system nodes of a cluster that we make: each must fit beside what runs there."""
    if node is None:
        return
    cpu, memory = allocatable(node.vcpus, node.memory_gib)
    for model in placed:
        if model.offer is not None or not model.served.cpu:
            continue
        wants = server_resources(model)
        free_cpu, free_gib = cpu - SYSTEM_CPU / count, memory - SYSTEM_GIB / count
        if wants.cpu > free_cpu or wants.memory_gib > free_gib:
            findings.refuse(
                "Room on nodes",
                f"{model.served.path}.gpus",
                f"{model.served.name} asks for {wants.cpu:g} CPU and {wants.memory_gib:g} GiB; a system node"
                f" ({node.name}) has {free_cpu:.1f} and {free_gib:.1f} left beside the cluster's own pods",
                f"cluster.create.systemNodes.instanceType: a larger one, or {model.served.path}.gpus: 1",
            )


def _cpu_resources(served: Served) -> Resources:
    """Ollama on the CPU holds file and context in memory; a larger file wants more cores."""
    file = served.ollama_file_gib or served.disk_gib
    cache = (served.kv_bytes_per_token or 0) * served.max_model_len * (served.settings.concurrency or 1) / GIB
    cpu = 1.0 if file < 2 else 2.0 if file < 6 else 4.0
    return Resources(cpu=cpu, memory_gib=_up(file * 1.1 + cache + OLLAMA_HOST_GIB), ephemeral_gib=2, shm_gib=1)


def _least(types: tuple[Instance, ...]) -> tuple[float, float]:
    rooms = [allocatable(each.vcpus, each.memory_gib) for each in types]
    return min(cpu for cpu, _ in rooms), min(memory for _, memory in rooms)


def _tenths(number: float) -> float:
    return int(number * 10) / 10


def _up(gib: float) -> float:
    return -(-gib * 2 // 1) / 2
