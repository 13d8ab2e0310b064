"""Nodes that EKS restarts or replaces when they are broken, and the agent that finds what is wrong with them.

Without the agent EKS sees only a kubelet that is silent. XID errors of GPUs, which nothing else reports, the agent
reads from a host engine on each GPU node, whose pods by default tolerate no taint: it then sees none of them
(github.com/aws/eks-node-monitoring-agent v1.6.6, monitors/nvidia and charts, read on 2026-11-27).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.clouds.aws.node_room import DAEMONS
from infra.clouds.aws.plan import AwsCluster
from infra.plan.labels import GPU_TAINT
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.pools import PoolPlan, has_made
from infra.services.addons.optional import KARPENTER, node_scaler
from infra.settings.platform import Settings

AGENT, HOST_ENGINE = "eks-node-monitoring-agent", "dcgm-server"


def agent_values(settings: Settings) -> dict[str, Any] | None:
    """The values of the EKS add-on; None: EKS repairs no node, because no pool of the stack file wants it, or because
    Karpenter makes them."""
    if node_scaler(settings) == KARPENTER:
        return None
    pools = settings.gpu_pools.values()
    if pools and not any(pool.node_repair and pool.existing is None for pool in pools):
        return None
    cpu, mib = DAEMONS[HOST_ENGINE]
    return {
        "dcgmAgent": {
            "resources": {"requests": {"cpu": f"{cpu * 1000:g}m", "memory": f"{mib}Mi"}},
            "tolerations": [{"key": GPU_TAINT.key, "operator": "Exists", "effect": GPU_TAINT.effect}],
        }
    }


def to_do_agent(settings: Settings, cluster: AwsCluster, pools: Mapping[str, PoolPlan]) -> Iterator[Finding]:
    """On a cluster of somebody else, who has the agent or hasn't."""
    values = agent_values(settings)
    if cluster.made or values is None or not has_made(pools.values()):
        return
    where = " ".join(("--cluster-name", cluster.name, *cluster.aws_arguments))
    yield ToDo(
        "gpuPools",
        f"EKS replaces a node of this stack whose kubelet is silent for 30 minutes. For errors of its GPUs, its kernel"
        f" and its network it needs the add-on {AGENT}, whose host engine has to tolerate {GPU_TAINT.key}: where the"
        f" cluster hasn't got it, `aws eks create-addon --addon-name {AGENT} {where} --configuration-values"
        f" '{json.dumps(values)}'`; where it has, see that its dcgmAgent.tolerations has these",
        Step.ACCOUNT,
    )
