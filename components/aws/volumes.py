"""Where weights are kept on AWS, as arguments for the model cache."""

import pulumi

from components.model_cache import Disk, Volume


def efs_volume(file_system_id: pulumi.Input[str], access_point_id: pulumi.Input[str]) -> Volume:
    """A file system through an access point that gives every file to the pods' user. EFS ignores the size."""
    handle = pulumi.Output.format("{0}::{1}", file_system_id, access_point_id)
    return Volume("efs.csi.aws.com", handle, {"encryptInTransit": "true"})


def ebs_disk(zone: pulumi.Input[str] | None, *, throughput: int, iops: int) -> Disk:
    """A gp3 disk in one zone (its name, such as us-east-1a); `throughput` in MiB/s."""
    parameters = {"type": "gp3", "encrypted": "true", "throughput": str(throughput), "iops": str(iops)}
    return Disk("ebs.csi.aws.com", parameters, zone)
