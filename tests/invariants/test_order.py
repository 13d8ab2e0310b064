"""Rules 10 and 11 find names that would change, and what would be deleted too early."""

import pytest

from tests.invariants.breaking import ABSENT, Break, caught, without

BREAKS = [
    Break("10 names", "prod", "NodeGroup l4-nodes", "name", "l4-prod-nodes", "holds the stack's name"),
    Break("10 names", "prod", "NodeGroup l4-nodes", "name", "l4-us-east-1", "holds the region"),
    Break("10 names", "prod", "NodeGroup l4-nodes", "name", "l4-nodes-0", "holds a version or a position"),
    Break("10 names", "prod", "Release addons-keda", "name", "addons-keda-2.20.2", "holds a version or a position"),
    Break("11 teardown", "prod", "Ingress gateway-ingress", "options depends_on", ABSENT, "may outlive addons-l"),
    Break(
        "11 teardown",
        "prod",
        "ScaledObject llama-8b-scaler-scaled-object",
        "options depends_on",
        ABSENT,
        "may outlive addons-keda",
    ),
    Break(
        "11 teardown",
        "prod",
        "Deployment llama-8b-deployment",
        "options depends_on",
        without("l4-nodes"),
        "may outlive l4-nodes",
    ),
    Break(
        "11 teardown",
        "prod",
        "Deployment llama-8b-deployment",
        "options depends_on",
        without("prefetch"),
        "may outlive llama-8b-prefetch-job",
    ),
    Break(
        "11 teardown", "prod", "Job llama-8b-prefetch-job", "options depends_on", ABSENT, "outlive model-cache-claim"
    ),
    Break(
        "11 teardown",
        "prod",
        "ServiceMonitor llama-8b-monitor",
        "options depends_on",
        ABSENT,
        "may outlive addons-prometheus",
    ),
    Break(
        "11 teardown",
        "karpenter-ladder",
        "NodePool l4-nodes",
        "options depends_on",
        ABSENT,
        "l4-nodes: may outlive addons-karpenter: nobody drains its nodes",
    ),
    Break(
        "11 teardown",
        "karpenter-ladder",
        "EC2NodeClass l4-nodes-class",
        "options depends_on",
        ABSENT,
        "l4-nodes-class: may outlive addons-karpenter",
    ),
    Break(
        "11 teardown",
        "karpenter-ladder",
        "Deployment qwen3-8b-deployment",
        "options depends_on",
        without("l4-nodes"),
        "may outlive l4-nodes",
    ),
    Break(
        "11 teardown", "prod", "NodeGroup l4-nodes", "options depends_on", ABSENT, "may outlive network-public-internet"
    ),
    Break(
        "11 teardown",
        "prod",
        "NodeGroup cluster-system",
        "options depends_on",
        without("vpc-cni"),
        "outlive cluster-vpc-cni",
    ),
    Break("11 teardown", "prod", "NodeGroup l4-nodes", "options depends_on", ABSENT, "may outlive cluster-node-join"),
    Break(
        "11 teardown",
        "prod",
        "Release addons-load-balancer-controller",
        "options depends_on",
        ABSENT,
        "may outlive addons-load-balancer-controller-policy",
    ),
    Break(
        "11 teardown",
        "prod",
        "Namespace model-cache-namespace",
        "options depends_on",
        without("keda"),
        "outlive addons-keda",
    ),
    Break("11 data", "shared", "PersistentVolumeClaim model-cache-claim", "options protect", ABSENT, "isn't protected"),
    Break("11 data", "prod", "FileSystem weights-efs", "options protect", ABSENT, "isn't protected"),
    Break("11 data", "prod", "Key cluster-secrets", "options protect", ABSENT, "isn't protected"),
    Break("11 data", "zonal", "PersistentVolumeClaim model-cache-claim", "options protect", ABSENT, "isn't protected"),
    Break(
        "11 data",
        "staging",
        "PersistentVolume model-cache-volume",
        "inputs spec persistentVolumeReclaimPolicy",
        "Delete",
        "reclaim policy Delete",
    ),
]


@pytest.mark.parametrize("each", BREAKS, ids=str)
def test_a_broken_recording_is_caught(each: Break) -> None:
    caught(each)
