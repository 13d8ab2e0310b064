"""`cache`: where the weights are kept."""

from typing import Literal

from pydantic import Field

from infra.settings.types import ObjectName, Section, Size


class Cache(Section):
    """Where the weights are kept."""

    kind: Literal["efs", "ebs", "storageClass"] = Field(
        description="efs: replicas on every node read it; ebs: one node reads it at a time; storageClass: a claim"
        " of a class of the cluster",
        examples=["efs"],
    )
    storage_class: ObjectName | None = Field(
        default=None,
        description="name of the class, with kind storageClass; the cluster's default class when absent",
        examples=["efs-sc"],
    )
    size: Size | None = Field(
        default=None, description="size of the volume, for kinds other than efs; chosen when absent"
    )
