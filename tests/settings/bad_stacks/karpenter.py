"""`cluster.create.nodeScaler: karpenter`, where it can't do what is asked for."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import EKS, NODES, POOL, Bad, create, model, pool, stack

_CREATED = create("zones: 2, nodeScaler: karpenter")
_RESERVED = "{reservation: cr-0a1b2c3d4e5f60718, instances: 2}"
_MODEL = model("pool: l4")

KARPENTER = (
    Bad(
        "all that Karpenter can't do, at once",
        stack(
            _CREATED,
            "addons: {clusterAutoscaler: install}",
            pool(
                f"instanceTypes: [g6.2xlarge], capacity: [on-demand, {_RESERVED}, spot], min: 1, nodeGroups: perZone,"
                " nodeRepair: true, placementGroup: spread, sharing: {timeSlicing: 4}"
            ),
            _MODEL,
        ),
        (
            Mistake(
                "addons.clusterAutoscaler",
                5,
                "Karpenter makes the nodes of this stack, so the cluster autoscaler has none",
                "leave clusterAutoscaler out, or leave nodeScaler out",
            ),
            Mistake(
                "gpuPools.l4.capacity",
                6,
                "on-demand, reservation, spot: Karpenter's order is reservations and Capacity Blocks, then spot, then"
                " on-demand",
                "write the steps in that order, or leave nodeScaler out",
            ),
            Mistake(
                "gpuPools.l4.min",
                6,
                "min 1: Karpenter makes a node only for a pod that waits, and holds no minimum of nodes",
                "write spare: 1 instead, whose pods keep a node free for the next replica; or leave nodeScaler out",
            ),
            Mistake(
                "gpuPools.l4.nodeGroups",
                6,
                "Karpenter's nodes are in no group",
                "leave it out, or leave nodeScaler out",
            ),
            Mistake(
                "gpuPools.l4.nodeRepair",
                6,
                "EKS repairs nodes of node groups alone, and Karpenter's own repair is an alpha feature",
                "leave it out, or leave nodeScaler out",
            ),
            Mistake(
                "gpuPools.l4.placementGroup",
                6,
                "Karpenter's nodes are in no group",
                "leave it out, or leave nodeScaler out",
            ),
            Mistake(
                "gpuPools.l4.sharing",
                6,
                "Karpenter counts the GPUs that a type has, and not those that the device plugin then offers: it would"
                " add a node per pod",
                "leave sharing out, or leave nodeScaler out",
            ),
        ),
    ),
    Bad(
        "no pool whose nodes it could make",
        stack(_CREATED, NODES, _MODEL),
        (
            Mistake(
                "cluster.create.nodeScaler",
                4,
                "karpenter, and no pool has instanceTypes: it would make no node",
                "leave nodeScaler out, or write a pool with instanceTypes",
            ),
        ),
    ),
    Bad(
        "on a cluster that exists",
        stack(EKS.replace("shared", "shared, nodeScaler: karpenter"), POOL, _MODEL),
        (
            Mistake(
                "cluster.existing.nodeScaler",
                4,
                "unknown key; only a new cluster gets Karpenter, by cluster.create.nodeScaler. Here write existing:"
                " {gpu: ..., selector: ...} for nodes of a NodePool that the cluster has, or instanceTypes for node"
                " groups",
                "",
            ),
        ),
    ),
)
