"""Rule 4 finds what doesn't fit a GPU, a disk or a volume."""

import pytest

from tests.invariants.breaking import ABSENT, Break, caught, instead

BREAKS = [
    Break(
        "4 disks",
        "node-cache-eks",
        "DaemonSet llama-8b-prefetch-daemon-set",
        "pod initContainers 0 resources requests ephemeral-storage",
        "600Gi",
        "of disk for",
    ),
    Break(
        "4 GPU memory",
        "prod",
        "Deployment llama-8b-deployment",
        "container args",
        instead("8192", "16384"),
        "llama-8b: --max-model-len is 16384, the plan counts with 8192",
    ),
    Break("4 GPU memory", "prod", "NodeGroup l4-nodes", "inputs instanceTypes", ["g4dn.xlarge"], "its GPU has 14"),
    Break(
        "4 disks",
        "prod",
        "LaunchTemplate cluster-system",
        "inputs blockDeviceMappings 0 ebs volumeSize",
        30,
        "cluster-system: images of 35 GiB",
    ),
    Break("4 disks", "prod", "LaunchTemplate l4-template", "inputs userData", ABSENT, "it has 50"),
    Break(
        "4 disks",
        "guide",
        "PersistentVolumeClaim model-cache-claim",
        "inputs spec resources requests storage",
        "10Gi",
        "10 GiB for",
    ),
    Break("4 volumes", "zonal", "Deployment qwen3-8b-deployment", "inputs spec replicas", 2, "2 pods of qwen3-8b"),
    Break(
        "4 volumes",
        "zonal",
        "Deployment qwen3-8b-deployment",
        "inputs spec strategy rollingUpdate maxSurge",
        1,
        "2 pods of qwen3",
    ),
    Break(
        "4 volumes", "zonal", "NodeGroup cluster-system", "inputs scalingConfig minSize", 1, "maybe none for the Job"
    ),
    Break(
        "4 volumes", "zonal", "StorageClass model-cache-class", "inputs allowedTopologies", ABSENT, "0 zones, not one"
    ),
    Break(
        "4 volumes",
        "zonal",
        "NodeGroup g6-xlarge-nodes",
        "inputs subnetIds",
        ["${network-private-use1-az2.id}"],
        "the nodes of g6-xlarge-nodes in ['network-private-use1-az2']",
    ),
    Break("4 volumes", "box", "Job embed-prefetch-job", "pod nodeSelector", {"kubernetes.io/os": "linux"}, "7 pods of"),
    Break(
        "4 volumes", "box", "Deployment embed-deployment", "pod nodeSelector", {"kubernetes.io/os": "linux"}, "7 pods"
    ),
    Break(
        "4 volumes",
        "guide",
        "PersistentVolumeClaim model-cache-claim",
        "inputs spec accessModes",
        ["ReadWriteOnce"],
        "llama3, ollama",
    ),
]


@pytest.mark.parametrize("each", BREAKS, ids=str)
def test_a_broken_recording_is_caught(each: Break) -> None:
    caught(each)
