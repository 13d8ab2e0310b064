"""A bucket that the pods of one server mount, with their own rights."""

import hashlib
from collections.abc import Sequence

import pulumi

from components.bound_claim import bound_claim


class MountedBucket(pulumi.ComponentResource):
    """A volume of Mountpoint for Amazon S3, and the claim that is bound to it. On each node with a pod of the server,
    the driver runs a pod that mounts the bucket, to be read alone, for the pods' group.

    `cpu` and `memory_gib` are what that pod requests: without a request it is the first that a node without memory
    ends, and the server's files are gone. A bound volume can't be changed, so other requests have other names.
    """

    claim: str

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        model: str,
        bucket: pulumi.Input[str],
        region: str,
        cpu: float,
        memory_gib: float,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:aws:MountedBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))
        requests = {"Cpu": f"{round(cpu * 1000)}m", "Memory": f"{round(memory_gib * 1024)}Mi"}
        self.claim = f"{model}-{hashlib.sha256(' '.join(requests.values()).encode()).hexdigest()[:8]}"
        bound = f"{namespace}-{self.claim}"
        source = {
            "mountOptions": [f"region {region}"],
            "csi": {
                "driver": "s3.csi.aws.com",
                "volumeHandle": bound,
                "volumeAttributes": {
                    "bucketName": bucket,
                    "authenticationSource": "pod",  # each server reads what its own account may
                    **{f"mountpointContainerResourcesRequests{of}": asked for of, asked in requests.items()},
                },
            },
        }
        bound_claim(
            name,
            self.claim,
            bound,
            namespace=namespace,
            access_mode="ReadOnlyMany",
            source=source,
            made=child,
            kept=child,
        )
        self.register_outputs({"claim": self.claim})
