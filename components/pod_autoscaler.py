"""Scales the pods of a Deployment by the CPU and memory that they use: a HorizontalPodAutoscaler of Kubernetes itself.

It reads what metrics-server measures. KEDA makes such an object for each of its scalers, so a Deployment has one of the
two at most: with two, neither scales.
"""

from typing import Any, Protocol

import pulumi
import pulumi_kubernetes as k8s

from components.scaling_behavior import down, target_of

# KEDA refuses to scale a Deployment that has another autoscaler. Where a change of the stack file replaces this one by
# KEDA's, both are there until the end of `pulumi up`, and neither scales meanwhile.
_SAYS_KEDA = {"validations.keda.sh/hpa-ownership": "false"}


class PodRange(Protocol):
    """Between how many pods, and the use per pod in the mean above which there is another one.

    `cpu` is in cores; where `memory_mib` is None, memory says nothing. `step` pods may come per minute, and one stays
    for `keep_seconds` after it was last needed.
    """

    @property
    def min(self) -> int: ...
    @property
    def max(self) -> int: ...
    @property
    def cpu(self) -> float: ...
    @property
    def memory_mib(self) -> int | None: ...
    @property
    def step(self) -> int: ...
    @property
    def keep_seconds(self) -> int: ...


def scale_pods(name: str, *, target: str, metadata: Any, pods: PodRange, opts: pulumi.ResourceOptions) -> None:
    # The object has what it needs at once; whether it can measure shows only once pods run.
    annotated: Any = {**metadata, "annotations": {**_SAYS_KEDA, "pulumi.com/skipAwait": "true"}}
    k8s.autoscaling.v2.HorizontalPodAutoscaler(
        f"{name}-autoscaler",
        metadata=annotated,
        spec=_spec(target, pods),
        opts=opts,
    )


def _spec(target: str, pods: PodRange) -> Any:
    return {
        "scaleTargetRef": target_of(target),
        "minReplicas": pods.min,
        "maxReplicas": pods.max,
        "metrics": [_mean("cpu", cores(pods.cpu)), *_of_memory(pods.memory_mib)],
        "behavior": {
            "scaleUp": {"policies": [{"type": "Pods", "value": pods.step, "periodSeconds": 60}]},
            "scaleDown": down(pods.keep_seconds),
        },
    }


def cores(number: float) -> str:
    """As Kubernetes writes it: `800m`, `1`."""
    thousandths = round(number * 1000)
    return f"{thousandths}m" if thousandths % 1000 else f"{thousandths // 1000}"


def _of_memory(mib: int | None) -> list[Any]:
    return [] if mib is None else [_mean("memory", f"{mib}Mi")]


def _mean(resource: str, value: str) -> Any:
    """Not a share of what a pod asks for: a pod of the gateway asks for little and may use more."""
    return {
        "type": "Resource",
        "resource": {"name": resource, "target": {"type": "AverageValue", "averageValue": value}},
    }
