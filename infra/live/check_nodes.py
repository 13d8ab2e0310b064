"""What nodes that the stack adds to a cluster of somebody else need to run there already, or must not."""

from collections.abc import Iterator
from typing import Any

from infra.live.check import Obstacle
from infra.live.cluster import ReachedCluster
from infra.live.releases import TYPE as RELEASE
from infra.live.state import State
from infra.plan.plan import Plan
from infra.plan.pools import has_made

# Add-on -> where it runs, a part of its image's name, what happens without it, and with two of them.
_ADDONS = {
    "nvidiaDevicePlugin": (
        "daemonset",
        "/k8s-device-plugin",
        "new nodes would show no GPU",
        "two on a node offer its GPUs twice",
    ),
    "clusterAutoscaler": (
        "deployment",
        "/cluster-autoscaler",
        "nobody would add a node",
        "of two in a cluster one waits until the other ends",
    ),
}


def node_software(plan: Plan, state: State, cluster: ReachedCluster) -> Iterator[Obstacle]:
    if plan.cluster.made or not has_made(plan.pools.values()):
        return
    plugin = any(pool.needs_plugin for pool in plan.pools.values())
    for key, (kind, image, without, two) in _ADDONS.items():
        if key == "nvidiaDevicePlugin" and not plugin:
            continue
        addon = plan.addons[key]
        running = [each for each in cluster.list(kind, "--all-namespaces") if _has_image(each, image)]
        ours = any(state.holds(RELEASE, addon.chart, addon.namespace) for _ in running)
        if addon.state == "existing" and not running:
            said = f"existing, and the cluster has no {kind} with an image {image[1:]}: {without}"
            yield Obstacle(f"addons.{key}", said, f"addons: {{{key}: install}}")
        elif addon.state == "install" and running and not ours:
            where = running[0]["metadata"]
            said = f"install, and {where['namespace']} has {where['name']} already: {two}"
            yield Obstacle(f"addons.{key}", said, f"addons: {{{key}: existing}}")


def _has_image(workload: Any, part: str) -> bool:
    """By the image, whoever installed it: the GPU operator names its DaemonSet otherwise than a chart."""
    containers = workload["spec"]["template"]["spec"]["containers"]
    return any(part in each["image"] for each in containers)
