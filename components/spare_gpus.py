"""GPUs that stay free for the next replica: pods without work hold them, and any other pod takes them away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.model_pod import PodPlace, PodSize
from components.pods import container_security_context, security_context

# Below every pod that says nothing of its priority, which is 0. The cluster autoscaler adds no node for pods below -10
# (its expendable-pods-priority-cutoff).
PRIORITY = -5
_SMALL = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "32Mi"}}


@dataclass(frozen=True)
class SparePods:
    """Of one pool."""

    number: int
    gpus: int  # of each
    size: PodSize  # what a replica requests, so that one fits in its place
    place: PodPlace
    images: Sequence[str]  # of the engines whose replicas come there
    nodes: Sequence[pulumi.Resource]  # what makes the nodes


class SpareGpus(pulumi.ComponentResource):
    """A PriorityClass, and a Deployment per pool. Its pods end at once when a replica needs their GPUs; then they wait,
    and the autoscaler adds a node for them.

    First each pod runs the engines' images for an instant, so that its node has pulled them. Nobody waits until they
    are ready: a pool at its maximum has no node for them.
    """

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        image: str,
        pools: Mapping[str, SparePods],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:SpareGpus", name, None, opts)
        priority = k8s.scheduling.v1.PriorityClass(
            f"{name}-priority",
            metadata={"name": f"{namespace}-spare"},
            value=PRIORITY,
            preemption_policy="Never",
            description="Pods without work, which keep GPUs free: every other pod takes their place",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        for pool, pods in pools.items():
            labels = {"app.kubernetes.io/name": f"{pool}-spare", "app.kubernetes.io/component": "spare"}
            metadata: Any = {"name": f"{pool}-spare", "namespace": namespace, "labels": labels}
            k8s.apps.v1.Deployment(
                f"{name}-{pool}",
                metadata=metadata | {"annotations": {"pulumi.com/skipAwait": "true"}},
                spec={
                    "replicas": pods.number,
                    "selector": {"match_labels": labels},
                    # A new pod beside the old one would need more GPUs.
                    "strategy": {"type": "RollingUpdate", "rolling_update": {"max_surge": 0, "max_unavailable": 1}},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": _pod(image, pods, f"{namespace}-spare"),
                    },
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, *pods.nodes, priority]),
            )
        self.register_outputs({})


def _pod(image: str, pods: SparePods, priority_class: str) -> Any:
    size = pods.size
    fixed = {"memory": f"{round(size.memory_gib * 1024)}Mi", "ephemeral-storage": f"{size.disk_gib}Gi"}
    fixed[pods.place.gpu_resource] = str(pods.gpus)
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": priority_class,
        "terminationGracePeriodSeconds": 0,
        "securityContext": security_context(set_group=False),
        "nodeSelector": {"kubernetes.io/os": "linux", **pods.place.node_selector},
        "tolerations": [dict(each) for each in pods.place.tolerations],
        "initContainers": [
            {
                "name": f"pulls-{number}",
                "image": each,
                "command": ["/bin/sh", "-c", "exit 0"],
                "resources": _SMALL,
                "securityContext": container_security_context(),
            }
            for number, each in enumerate(pods.images, start=1)
        ],
        "containers": [
            {
                "name": "holds",
                "image": image,
                "resources": {"requests": {"cpu": f"{round(size.cpu * 1000)}m", **fixed}, "limits": fixed},
                "securityContext": container_security_context(),
            }
        ],
    }
