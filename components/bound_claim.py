"""A volume that is there already, and the one claim that may be bound to it."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

_SIZE = "1Gi"  # a formality: neither a directory nor a bucket has a size


def bound_claim(
    name: str,
    claim: str,
    bound: str,
    *,
    namespace: str,
    access_mode: str,
    source: dict[str, Any],
    made: pulumi.ResourceOptions,
    kept: pulumi.ResourceOptions,
) -> k8s.core.v1.PersistentVolumeClaim:
    """`bound`: the volume's name; `source`: where its files are, and what else its spec has. `made` and `kept` are the
    options of the volume and of the claim. Nothing that the volume holds is ever deleted.

    A volume's source can't be changed, and a bound volume can't be deleted: another source has a volume of another
    name, which recreates the claim.
    """
    shared: Any = {"accessModes": [access_mode], "storageClassName": ""}
    volume = k8s.core.v1.PersistentVolume(
        f"{name}-volume",
        metadata={"name": bound},
        spec=shared
        | {
            "capacity": {"storage": _SIZE},
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": namespace, "name": claim},
            **source,
        },
        opts=made,
    )
    return k8s.core.v1.PersistentVolumeClaim(
        f"{name}-claim",
        metadata={"name": claim, "namespace": namespace},
        spec=shared | {"volumeName": volume.metadata.name, "resources": {"requests": {"storage": _SIZE}}},
        opts=kept,
    )
