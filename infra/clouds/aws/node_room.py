"""What an EKS node leaves for pods: its allocatable CPU and memory, not its size."""

from collections.abc import Mapping

# The part of the memory that AWS states which hypervisor and kernel keep: Karpenter's default.
MEMORY_OVERHEAD = 0.075
# The maximum of pods per node, by EKS's rule of thumb; the kubelet reserves 11 MiB for each.
MAX_PODS_SMALL, MAX_PODS_LARGE, LARGE_VCPUS = 110, 250, 30
EVICTION_GIB = 100 / 1024
# Cores and MiB that pods of every node request: of EKS's own add-ons as their charts have it (read 2026-11-27), of the
# others see their values. The same whether or not the stack installs them: an add-on restarts no model.
DAEMONS: Mapping[str, tuple[float, int]] = {
    "aws-node": (0.05, 0),
    "kube-proxy": (0.1, 0),
    "ebs-csi-node": (0.03, 120),  # or s3-csi-node, which asks for as much: a cluster that we make has one of them
    "efs-csi-node": (0.0, 0),
    "eks-pod-identity-agent": (0.0, 0),
    "eks-node-monitoring-agent": (0.01, 30),
    "dcgm-server": (0.02, 128),  # the agent's host engine: AWS' chart asks for nothing; an estimate
    "nvidia-device-plugin": (0.005, 32),
    "prometheus-node-exporter": (0.005, 32),
    "dcgm-exporter": (0.05, 512),
    "fluent-bit": (0.05, 64),
}
DAEMONS_CPU, DAEMONS_GIB = 0.32, 0.9  # and a little more
ON_GPU_NODES = frozenset({"nvidia-device-plugin", "dcgm-exporter", "dcgm-server"})
SYSTEM_CPU, SYSTEM_GIB = 0.3, 0.75  # of the others, and more: what system nodes had room for, they keep


def allocatable(vcpus: int, memory_gib: float, *, gpus: bool) -> tuple[float, float]:
    """Cores and GiB that the kubelet of an EKS node leaves for pods, daemonsets already taken off.

    EKS reserves 255 MiB and 11 MiB per pod; and of the cores 6 % of the first, 1 % of the second, 0.5 % of the next
    two, 0.25 % of the others.
    """
    pods = MAX_PODS_SMALL if vcpus < LARGE_VCPUS else MAX_PODS_LARGE
    reserved_gib = (255 + 11 * pods) / 1024
    reserved_cpu = 0.06 + 0.01 * min(vcpus - 1, 1) + 0.005 * min(max(vcpus - 2, 0), 2) + 0.0025 * max(vcpus - 4, 0)
    memory = memory_gib * (1 - MEMORY_OVERHEAD) - reserved_gib - EVICTION_GIB
    daemons_cpu, daemons_gib = (DAEMONS_CPU, DAEMONS_GIB) if gpus else (SYSTEM_CPU, SYSTEM_GIB)
    return vcpus - reserved_cpu - daemons_cpu, memory - daemons_gib
