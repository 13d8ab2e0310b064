"""`gpuPools.NAME.existing`: GPU nodes that somebody else makes."""

from typing import Literal

from pydantic import Field

from infra.settings.sharing import Sharing
from infra.settings.types import ObjectName, ResourceName, Section


class Toleration(Section):
    """A Kubernetes toleration."""

    key: str | None = Field(
        default=None, description="key of the taint; every taint when absent", examples=["nvidia.com/gpu"]
    )
    operator: Literal["Exists", "Equal"] = Field(
        default="Equal", description="Equal: the taint has this value; Exists: any value"
    )
    value: str | None = Field(default=None, description="value of the taint", examples=["present"])
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="effect of the taint; any when absent"
    )


class ExistingNodes(Section):
    """GPU nodes that somebody else makes: what they are, and what to ask for."""

    gpu: str | None = Field(
        default=None,
        min_length=1,
        description="kind of GPU: its name here, or the node's label nvidia.com/gpu.product",
        examples=["A10G"],
    )
    gpu_memory_gib: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="memory of one GPU, for a kind that is not known here or whose memory differs",
        examples=[44.4],
    )
    gpus_per_node: int = Field(default=1, ge=1, le=16, description="GPUs per node", examples=[1])
    nodes: int | None = Field(
        default=None, ge=1, le=1000, description="number of nodes; a plan never needs more", examples=[4]
    )
    selector: dict[str, str] = Field(
        min_length=1, description="labels by which pods select these nodes", examples=[{"node.acme.io/pool": "gpu"}]
    )
    tolerations: tuple[Toleration, ...] = Field(
        default=(),
        description="tolerations of the nodes' taints",
        examples=[[{"key": "nvidia.com/gpu", "operator": "Exists"}]],
    )
    runtime_class_name: ObjectName | None = Field(
        default=None, description="RuntimeClass of GPU pods; when absent, nvidia on k3s and RKE2", examples=["nvidia"]
    )
    usd_per_gpu_hour: float | None = Field(
        default=None,
        gt=0,
        description="your price of one GPU per hour; these nodes aren't in the bill when absent",
        examples=[1.8],
    )
    sharing: Sharing | None = Field(
        default=None,
        description="how these nodes share their GPUs; gpu and gpusPerNode are then those of the whole cards",
        examples=[{"mig": "1g.10gb"}],
    )
    resource: ResourceName | None = Field(
        default=None,
        description="what the nodes offer and pods request; nvidia.com/gpu when absent",
        examples=["nvidia.com/gpu.shared"],
    )
