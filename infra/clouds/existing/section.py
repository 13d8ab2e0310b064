"""`gpuPools.NAME.existing`: GPU nodes that somebody else makes."""

from typing import Literal

from pydantic import Field

from infra.settings.types import ObjectName, Section


class Toleration(Section):
    """A Kubernetes toleration."""

    key: str | None = Field(default=None, description="of the taint", examples=["nvidia.com/gpu"])
    operator: Literal["Exists", "Equal"] = Field(default="Equal", description="Exists: any value")
    value: str | None = Field(default=None, description="of the taint", examples=["present"])
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="of the taint; any when absent"
    )


class ExistingNodes(Section):
    """GPU nodes that somebody else makes: what they are, and what to ask for."""

    gpu: str | None = Field(
        default=None, min_length=1, description="the kind of GPU, by its name or NVIDIA's label", examples=["A10G"]
    )
    gpu_memory_gib: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="memory of a GPU that has no name here, or has another memory",
        examples=[44.4],
    )
    gpus_per_node: int = Field(default=1, ge=1, le=16, description="GPUs of a node", examples=[1])
    nodes: int | None = Field(
        default=None, ge=1, le=1000, description="how many there are; a plan never takes more", examples=[4]
    )
    selector: dict[str, str] = Field(
        min_length=1, description="labels of the nodes", examples=[{"node.acme.io/pool": "gpu"}]
    )
    tolerations: tuple[Toleration, ...] = Field(
        default=(), description="of the nodes' taints", examples=[[{"key": "nvidia.com/gpu", "operator": "Exists"}]]
    )
    runtime_class_name: ObjectName | None = Field(
        default=None, description="RuntimeClass of GPU pods; k3s and RKE2 need nvidia", examples=["nvidia"]
    )
    usd_per_gpu_hour: float | None = Field(
        default=None,
        gt=0,
        description="what a GPU of these nodes costs you; not in the bill when absent",
        examples=[1.8],
    )
