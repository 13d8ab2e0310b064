"""Weights on the disks of the nodes: claims for one directory, which is another one on each node."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.bound_claim import bound_claim
from components.container import CLAIM

FILLED_BY = f"{CLAIM}-filled"  # the claim that downloads write to


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
        bound_claim(
            child,
            claim,
            f"{namespace}-{claim}-{end}",
            namespace=namespace,
            access_mode="ReadWriteMany",
            source=source,
            made=pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on)),
            kept=pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on), protect=protect),
        )
        for (child, claim), source in sources.items()
    ]


def _any_node() -> dict[str, Any]:
    """A local volume has to say on which nodes it is."""
    linux = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [linux]}]}}
