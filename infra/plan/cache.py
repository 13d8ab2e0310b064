"""Where the models' weights are stored. Sizes are in GiB (2^30 bytes)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Storage:
    """Storage for the weights (a kind of `cache`) that a cloud makes together with a cluster."""

    kind: str  # in the stack file
    said: str  # its name in a sentence: weights are read "from ..."
    size_gib: int | None = None  # of the claim, where the storage itself has no size
    one_reader: bool = False  # only one node at a time can use it, in one zone
    owns_files: bool = False  # it has one owner for all files, whoever writes them: pods need no group
    iops: int = 0
    throughput: int = 0  # MiB/s; 0: it isn't made with a throughput
    bucket: bool = False  # servers stream from it: nothing mounts it, so it has no claim
    driver: str | None = None  # of CSI, by which nodes mount it; of a bucket, those whose servers need files


@dataclass(frozen=True)
class CachePlan:
    kind: str  # a kind of the cloud's `storage`, storageClass, or none
    storage: Storage | None  # None: a storage class
    storage_class: str | None  # None: the cluster's default
    size_gib: int  # of the claim; 0: nothing is stored, and there is none
    access_mode: Literal["ReadWriteMany", "ReadWriteOnce"]
    zone_id: str | None  # of a volume that is in one zone only
    reason: str
    folders: Mapping[str, float] = field(default_factory=dict[str, float])  # GiB of weights by folder
    only_node: str | None = None  # the pool whose only node has every pod that reads a volume of one node
    one_node: bool = False  # the cluster has no other node
    directory: str | None = None  # on each node, where each has its own copy; None: all nodes read one
    own_directory: bool = False  # the stack file says which, so it may be on another disk than pods write to
    compiled: bool = False  # what servers compile as they start is kept there too
    selinux_level: str | None = None  # of all pods that share a directory of a node
    # Of a bucket: addresses of the network by which servers reach it, one range per zone; (): only public ones.
    bucket_cidrs: tuple[str, ...] = ()
    closes: str = ""  # what would give a bucket such addresses, with its price

    @property
    def streamed(self) -> bool:
        """Whether it is a bucket from which servers stream."""
        return self.storage is not None and self.storage.bucket

    @property
    def one_reader(self) -> bool:
        """Whether pods may be on other nodes than the volume's, and then wait for it."""
        return self.access_mode == "ReadWriteOnce" and self.only_node is None and not self.one_node

    def node_of(self, pool: str | None, place: object) -> str | None:
        """The pool whose nodes a model's pods select: a model on the CPU that reads the cache has its only node."""
        return pool or (self.only_node if place is None else None)
