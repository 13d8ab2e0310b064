"""`cache`: where the weights are kept."""

from typing import Literal

from pydantic import Field

from infra.settings.types import NodeDirectory, ObjectName, Section, Size


class Cache(Section):
    """Where the weights are kept."""

    kind: Literal["efs", "ebs", "s3", "node", "storageClass"] = Field(
        description="efs: replicas on every node read it; ebs: one node reads it at a time; s3: a bucket from which"
        " servers stream; node: each node has"
        " its own copy, on its own disk; storageClass: a claim of a class of the cluster",
        examples=["efs"],
    )
    storage_class: ObjectName | None = Field(
        default=None,
        description="name of the class, with kind storageClass; the cluster's default class when absent",
        examples=["efs-sc"],
    )
    path: NodeDirectory | None = Field(
        default=None,
        description="directory on each node that holds the copies, with kind node; chosen when absent",
        examples=["/data/llm-weights"],
    )
    size: Size | None = Field(
        default=None, description="size of the volume, with kind ebs or storageClass; chosen when absent"
    )
    endpoint: Literal["interface", "gateway"] | None = Field(
        default=None,
        description="how servers reach the bucket, with kind s3 in a network that we make. interface: by addresses of"
        " the network itself, and by no others; it is billed per zone and per GB. gateway: free and quicker,"
        " and servers may open HTTPS connections to any address; interface when absent",
        examples=["interface"],
    )
    compile: bool = Field(
        default=False,
        description="true: what a server compiles at its first start is kept beside the weights, and later starts of"
        " the same model read it; chosen where the file has no cache section",
        examples=[True],
    )
