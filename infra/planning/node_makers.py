"""Pools that the planner makes need what makes their nodes come and offer GPUs, as those of the stack file do (there
infra/services/addons/check.py says so)."""

from collections.abc import Iterator, Mapping

from infra.plan.cluster import AddonPlan
from infra.plan.notes import Advice, Finding, Violation
from infra.plan.pools import PoolPlan
from infra.plan.rules import Rule
from infra.plan.writes import written
from infra.services.addons.optional import AUTOSCALER, node_scaler
from infra.settings.platform import Settings

_WITHOUT = {
    AUTOSCALER: "no node is ever added",
    "nvidiaDevicePlugin": "a node offers no GPU: its image (AL2023) has no device plugin",
}


def check_node_makers(
    settings: Settings, pools: Mapping[str, PoolPlan], addons: Mapping[str, AddonPlan]
) -> Iterator[Finding]:
    made = [name for name, pool in pools.items() if name not in settings.gpu_pools and pool.peak_gpus]
    for addon, harm in _WITHOUT.items():
        other = addon == AUTOSCALER and node_scaler(settings) != AUTOSCALER
        if made and addons[addon].state == "disabled" and not other:
            path = f"addons.{addon}"
            write = ((path, "install"),)
            message = f"disabled, and models run on GPU nodes that the plan makes ({', '.join(made)}): {harm}"
            yield Violation(Rule.GPU_NODES, path, message, written(write), (Advice(write, written(write)),))
