"""Weights in a directory of the nodes, as a claim: Pod Security `restricted` admits claims, but no hostPath."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

_SIZE = "1Gi"  # a formality: a directory has no size


class NodeWeights(pulumi.ComponentResource):
    """A volume for the directory `path` of whatever node a pod is on, and the claim that is bound to it.

    A volume's source can't be changed, so another path has other names. The kubelet refuses to start a pod on a node
    without the directory.
    """

    claim: str

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        model: str,
        path: str,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:NodeWeights", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))
        self.claim = f"{model}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"
        shared: Any = {"accessModes": ["ReadOnlyMany"], "storageClassName": ""}
        volume = k8s.core.v1.PersistentVolume(
            f"{name}-volume",
            metadata={"name": f"{namespace}-{self.claim}"},
            spec=shared
            | {
                "capacity": {"storage": _SIZE},
                "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {"namespace": namespace, "name": self.claim},
                "hostPath": {"path": path, "type": "Directory"},
            },
            opts=child,
        )
        k8s.core.v1.PersistentVolumeClaim(
            f"{name}-claim",
            metadata={"name": self.claim, "namespace": namespace},
            spec=shared | {"volumeName": volume.metadata.name, "resources": {"requests": {"storage": _SIZE}}},
            opts=child,
        )
        self.register_outputs({"claim": self.claim})
