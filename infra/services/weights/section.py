"""`cache`: where the weights are kept."""

from typing import Literal

from pydantic import Field

from infra.settings.types import ObjectName, Section, Size


class Cache(Section):
    """Where the weights are kept."""

    kind: Literal["efs", "ebs", "storageClass"] = Field(
        description="efs: every replica reads it; ebs: one replica; storageClass: a claim on a class of the cluster",
        examples=["efs"],
    )
    storage_class: ObjectName | None = Field(
        default=None, description="with kind storageClass; the cluster's default when absent", examples=["efs-sc"]
    )
    size: Size | None = Field(default=None, description="of the claim; EFS has none; chosen when absent")
