"""The namespace of the models and the claim `model-cache` that holds their weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_kubernetes as k8s

from components.container import CLAIM, Fetch
from components.node_cache import NodeDirectory, node_claims
from components.pods import secret_variable, variables

HUB_TOKEN_SECRET = "huggingface-token"
HUB_TOKEN_KEY = "token"


def fetch_variables(fetch: Fetch) -> list[dict[str, Any]]:
    """The environment of a download. Only such a container gets the hub's token."""
    environment = variables(fetch.env)
    if fetch.uses_hub_token:
        environment.append(secret_variable("HF_TOKEN", secret=HUB_TOKEN_SECRET, key=HUB_TOKEN_KEY, optional=True))
    return environment


@dataclass(frozen=True)
class Volume:
    """Existing storage, by its driver's id for it."""

    driver: str
    handle: pulumi.Input[str]
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Disk:
    """A disk that a driver creates, in `zone` if one is given."""

    driver: str
    parameters: Mapping[str, str]
    zone: pulumi.Input[str] | None


class ModelCache(pulumi.ComponentResource):
    """The claim `model-cache` is bound to `volume`, or provisioned by `storage_class` (None: the cluster's default).
    Without a `size` nothing is stored there, and there is no claim.

    `hub_token` becomes a Secret that only the prefetch Jobs read.
    """

    claims: Sequence[k8s.core.v1.PersistentVolumeClaim] = ()

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        create_namespace: bool,
        namespace_labels: Mapping[str, str],
        size: str | None,
        access_mode: Literal["ReadWriteMany", "ReadWriteOnce"],
        storage_class: str | None = None,
        volume: Volume | Disk | NodeDirectory | None = None,
        protect: bool,
        hub_token: pulumi.Input[str] | None = None,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:ModelCache", name, None, opts)
        # A namespace stays Terminating while an APIService of the cluster is down, so the namespace must be deleted
        # before the pods that serve such an API.
        first = list(depends_on)
        if create_namespace:
            there = k8s.core.v1.Namespace(
                f"{name}-namespace",
                metadata={
                    "name": namespace,
                    "labels": dict(namespace_labels),
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=first, protect=protect),
            )
        else:
            # Read by the URN of one that the stack created: the engine then lets go of it, and doesn't delete it with
            # everything in it.
            there = k8s.core.v1.Namespace.get(
                f"{name}-namespace", namespace, opts=pulumi.ResourceOptions(parent=self, depends_on=first)
            )
        waits = [*first, there]
        child = pulumi.ResourceOptions(parent=self, depends_on=waits)

        if isinstance(volume, NodeDirectory):
            self.claims = node_claims(
                name, namespace=namespace, directory=volume, protect=protect, parent=self, depends_on=waits
            )
        elif size is not None:
            claim = self._claim(
                name,
                namespace=namespace,
                size=size,
                access_mode=access_mode,
                storage_class=storage_class,
                volume=volume,
                protect=protect,
                depends_on=waits,
            )
            self.claims = (claim,)
        if hub_token is not None:
            k8s.core.v1.Secret(
                f"{name}-hub-token",
                metadata={"name": HUB_TOKEN_SECRET, "namespace": namespace},
                string_data={HUB_TOKEN_KEY: hub_token},
                opts=child,
            )

        self.register_outputs({"claim": self.claims[0].metadata.name} if self.claims else {})

    def _claim(
        self,
        name: str,
        *,
        namespace: str,
        size: str,
        access_mode: str,
        storage_class: str | None,
        volume: Volume | Disk | None,
        protect: bool,
        depends_on: Sequence[pulumi.Resource],
    ) -> k8s.core.v1.PersistentVolumeClaim:
        waits = list(depends_on)
        claim_spec: Any = {"accessModes": [access_mode], "resources": {"requests": {"storage": size}}}
        child = pulumi.ResourceOptions(parent=self, depends_on=waits.copy())
        match volume:
            case Volume():
                bound = self._bound(name, namespace=namespace, size=size, volume=volume, opts=child)
                claim_spec |= {"storageClassName": "", "volumeName": bound.metadata.name}
            case Disk():
                made_class = self._disk_class(name, namespace=namespace, disk=volume, depends_on=depends_on)
                waits.append(made_class)
                # By its name alone: a recreated class must not replace the claim, because the new one would be empty.
                claim_spec |= {"storageClassName": f"{namespace}-{CLAIM}"}
            case None if storage_class is not None:
                claim_spec |= {"storageClassName": storage_class}
        return k8s.core.v1.PersistentVolumeClaim(
            f"{name}-claim",
            metadata={"name": CLAIM, "namespace": namespace},
            spec=claim_spec,
            # A class may delete the weights together with their claim; a namespace is deleted with its contents.
            opts=pulumi.ResourceOptions(parent=self, depends_on=waits, protect=protect),
        )

    def _bound(
        self, name: str, *, namespace: str, size: str, volume: Volume, opts: pulumi.ResourceOptions
    ) -> k8s.core.v1.PersistentVolume:
        """Bound by name: a class would provision another volume. The size is a formality if the storage has none."""
        spec: Any = {
            "capacity": {"storage": size},
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": namespace, "name": CLAIM},
            "csi": {
                "driver": volume.driver,
                "volumeHandle": volume.handle,
                "volumeAttributes": dict(volume.attributes),
            },
        }
        return k8s.core.v1.PersistentVolume(
            f"{name}-volume", metadata={"name": f"{namespace}-{CLAIM}"}, spec=spec, opts=opts
        )

    def _disk_class(
        self, name: str, *, namespace: str, disk: Disk, depends_on: Sequence[pulumi.Resource]
    ) -> k8s.storage.v1.StorageClass:
        """The disk is created in the zone of its first pod, the prefetch Job; with `zone`, only there.

        It is deleted together with its claim, so `protect` guards the claim: a class can't change the reclaim policy of
        its existing disks.
        """
        topology: Any = None
        if disk.zone is not None:
            topology = [{"matchLabelExpressions": [{"key": "topology.kubernetes.io/zone", "values": [disk.zone]}]}]
        return k8s.storage.v1.StorageClass(
            f"{name}-class",
            metadata={"name": f"{namespace}-{CLAIM}"},
            provisioner=disk.driver,
            parameters=dict(disk.parameters),
            reclaim_policy="Delete",
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            allowed_topologies=topology,
            # The API server refuses to change the policy, and the provider doesn't know that: an older class must be
            # recreated.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(depends_on),
                replace_on_changes=["reclaimPolicy"],
                delete_before_replace=True,
            ),
        )
