"""Rules 1 to 3 find pods that can't run, pods that shouldn't, and GPUs that can't exist."""

import pytest

from tests.invariants.breaking import ABSENT, Break, caught, instead

BREAKS = [
    Break(
        "1 tolerations",
        "node-cache-k3s",
        "DaemonSet chat-prefetch-daemon-set",
        "pod nodeSelector",
        {"kubernetes.io/os": "linux"},
        "chat: nothing on its nodes makes /models/hf/Qwen/Qwen3-32B/main/.llm-platform-complete",
    ),
    Break(
        "1 tolerations",
        "prod",
        "Deployment llama-8b-deployment",
        "pod tolerations",
        [],
        "llama-8b: doesn't tolerate nvidia.com/gpu",
    ),
    Break("1 tolerations", "prod", "NodeGroup l4-nodes", "inputs taints", [], "l4-nodes: no taint"),
    Break(
        "1 tolerations",
        "prod",
        "NodeGroup l4-nodes",
        "inputs taints 0 key",
        "acme.io/gpu",
        "doesn't tolerate acme.io/gpu",
    ),
    Break(
        "1 tolerations",
        "prod",
        "Release addons-nvidia-device-plugin",
        "inputs values tolerations",
        [{"key": "nvidia.com/gpu", "operator": "Equal", "value": "true"}],
        "nvidia-device-plugin: doesn't tolerate nvidia.com/gpu=present",
    ),
    Break(
        "1 tolerations",
        "prod",
        "Addon cluster-eks-node-monitoring-agent",
        "inputs configurationValues",
        instead('"Exists"', '"Equal"'),
        "dcgm-server: doesn't tolerate nvidia.com/gpu=present",
    ),
    Break(
        "1 tolerations",
        "prod",
        "Addon cluster-eks-node-monitoring-agent",
        "inputs addonName",
        "metrics-server",
        "l4-nodes: EKS repairs its nodes, and no agent says which is broken",
    ),
    Break(
        "1 tolerations",
        "prod",
        "Release addons-prometheus",
        "inputs values prometheus-node-exporter tolerations",
        [],
        "kube-prometheus-stack: doesn't tolerate",
    ),
    Break(
        "1 tolerations",
        "prod",
        "Release addons-prometheus",
        "inputs values prometheus tolerations",
        [{"operator": "Exists"}],
        "kube-prometheus-stack.prometheus: tolerates every taint of l4-nodes",
    ),
    Break(
        "1 tolerations",
        "prod",
        "Job helper-prefetch-job",
        "pod tolerations",
        [{"operator": "Exists"}],
        "helper-prefetch: tol",
    ),
    Break("1 tolerations", "shared", "Deployment qwen3-8b-deployment", "pod tolerations", [], "lacks the toleration"),
    Break(
        "1 tolerations",
        "shared",
        "Deployment qwen3-8b-deployment",
        "pod nodeSelector",
        {},
        "doesn't select node.acme.io/pool",
    ),
    Break(
        "2 scale from zero",
        "prod",
        "Tag l4-gpu",
        "inputs tag value",
        "0",
        "scaling group's tags: nvidia.com/gpu 0 of 1",
    ),
    Break(
        "2 scale from zero",
        "prod",
        "Tag l4-label-llm-platform/pool",
        "inputs tag key",
        "pool",
        "scaling group's tags: no label llm-platform/pool=l4",
    ),
    Break(
        "2 scale from zero",
        "prod",
        "Tag l4-owned",
        "inputs tag key",
        "k8s.io/cluster-autoscaler/other",
        "its scaling group has no tag k8s.io/cluster-autoscaler/llm-prod",
    ),
    Break(
        "2 scale from zero",
        "prod",
        "NodeGroup l4-nodes",
        "inputs tags k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage",
        "5Gi",
        "the node group's tags: ephemeral-storage",
    ),
    Break("2 scale from zero", "prod", "NodeGroup l4-nodes", "inputs labels", {}, "a node of l4-nodes: no label"),
    Break("2 scale from zero", "prod", "NodeGroup l4-nodes", "inputs instanceTypes", ["g6.xlarge"], "cpu 3."),
    Break(
        "2 scale from zero",
        "prod",
        "Deployment llama-8b-deployment",
        "container resources requests memory",
        "32Gi",
        "memory",
    ),
    Break(
        "2 scale from zero", "patient", "Deployment small-deployment", "container resources requests cpu", "4", "cpu"
    ),
    Break(
        "3 GPUs at peak",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "inputs spec maxReplicaCount",
        5,
        "l4-nodes: 5 GPUs at peak and 1",
    ),
    Break(
        "3 GPUs at peak", "prod", "NodeGroup l4-nodes", "inputs scalingConfig maxSize", 4, "need 5 nodes; it grows to 4"
    ),
    Break(
        "3 GPUs at peak", "mig-eks", "LaunchTemplate h100-template", "inputs userData", ABSENT, "need 6 nodes; it grows"
    ),
    Break(
        "3 GPUs at peak",
        "prod",
        "Deployment llama-70b-deployment",
        "inputs spec strategy rollingUpdate maxSurge",
        2,
        "l40s-nodes: 8 GPUs at peak and 8 for a rollout",
    ),
    # A pool of several node groups: each has to take the pod, and together they are its maximum.
    Break(
        "2 scale from zero",
        "spot-per-zone",
        "Tag l4-use1-az2-gpu",
        "inputs tag value",
        "0",
        "l4-nodes-use1-az2 of its pool doesn't take it",
    ),
    # On a cluster of somebody else.
    Break(
        "1 tolerations",
        "existing-eks-read",
        "NodeGroup l40s-nodes",
        "inputs taints",
        [],
        "l40s-nodes: no taint",
    ),
    Break(
        "2 scale from zero",
        "existing-eks",
        "Tag l4-use1-az1-ours",
        "inputs tag key",
        "other",
        "its scaling group has no tag llm-platform/cluster-autoscaler",
    ),
    Break(
        "2 scale from zero",
        "existing-eks-read",
        "NodeGroup l40s-nodes",
        "inputs labels",
        {},
        "qwen3-8b: no pool takes it",
    ),
    Break(
        "3 GPUs at peak",
        "spot-per-zone",
        "NodeGroup l4-nodes-use1-az2",
        "inputs scalingConfig maxSize",
        0,
        "need 5 nodes; it grows to 4",
    ),
    Break(
        "3 GPUs at peak",
        "shared",
        "ScaledObject qwen3-8b-scaler-scaled-object",
        "inputs spec maxReplicaCount",
        7,
        "a10g: 7 GPUs",
    ),
]


@pytest.mark.parametrize("each", BREAKS, ids=str)
def test_a_broken_recording_is_caught(each: Break) -> None:
    caught(each)
