"""Weights on the disks of the nodes: claims for one directory, which is another one on each node."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.container import CLAIM

FILLED_BY = f"{CLAIM}-filled"  # the claim that downloads write to
_SIZE = "1Gi"  # a formality: a directory has no size


@dataclass(frozen=True)
class NodeDirectory:
    """A directory of each node, by its path."""

    path: str


def node_claims(
    name: str,
    *,
    namespace: str,
    directory: NodeDirectory,
    protect: bool,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource],
) -> list[k8s.core.v1.PersistentVolumeClaim]:
    """Two volumes for the same directory, each with its claim.

    `model-cache` is of the type hostPath: the kubelet creates the directory, owned by root. The other one is of the
    type local: the kubelet gives such a directory to the pod's group. Downloads mount both, so nothing has to be
    prepared on a node and no pod runs as root. Pod Security `restricted` forbids hostPath in pods, and admits claims.
    """
    end = hashlib.sha256(directory.path.encode()).hexdigest()[:8]
    sources: dict[tuple[str, str], dict[str, Any]] = {
        (name, CLAIM): {"hostPath": {"path": directory.path, "type": "DirectoryOrCreate"}},
        (f"{name}-filled", FILLED_BY): {"local": {"path": directory.path}, "nodeAffinity": _any_node()},
    }
    return [
        _claim(
            child,
            claim,
            f"{namespace}-{claim}-{end}",
            namespace=namespace,
            source=source,
            made=pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on)),
            kept=pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on), protect=protect),
        )
        for (child, claim), source in sources.items()
    ]


def _claim(
    name: str,
    claim: str,
    bound: str,
    *,
    namespace: str,
    source: dict[str, Any],
    made: pulumi.ResourceOptions,
    kept: pulumi.ResourceOptions,
) -> k8s.core.v1.PersistentVolumeClaim:
    """A volume's source can't be changed, and a bound volume can't be deleted: another path has a volume of another
    name, which recreates the claim. Nothing on the nodes is deleted."""
    shared: Any = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
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


def _any_node() -> dict[str, Any]:
    """A local volume has to say on which nodes it is."""
    linux = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [linux]}]}}
