"""`gpuPools.NAME.existing`."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, CPU, EKS, LAPTOP, NODES, Bad, model, pool, stack

SIZES = "write one of A100-40 (39 GiB), A100-80 (79 GiB)"

MPS = "sharing: {mps: 2}"
MIG_CARDS = "A100-40, A100-80, H100-80, H100-NVL, H200, B300, RTX-PRO-6000-SE"
SLICE = "NVIDIA-A100-SXM4-80GB-MIG-3g.40gb"


def _gpu(name: str) -> str:
    return stack(EKS, NODES.replace("gpu: L4", f"gpu: {name}"), model("pool: l4"))


OWN_NODES = (
    Bad(
        "tags and a discount where no cloud is",
        stack(LAPTOP, CPU, "tags: {team: ml}", "prices: {discountPercent: 10}", region=None),
        (
            Mistake("tags", 5, "tags are those of AWS resources, and on this cluster none are made", "leave tags out"),
            Mistake(
                "prices.discountPercent",
                6,
                "a discount on AWS prices, and on this cluster nothing is billed by AWS",
                "leave it out; gpuPools.NAME.existing.usdPerGpuHour is what a GPU of yours costs",
            ),
        ),
    ),
    Bad(
        "nodes that nobody counted",
        stack(EKS, NODES.replace("nodes: 2, ", ""), model("pool: l4")),
        (
            Mistake(
                "gpuPools.l4.existing.nodes",
                5,
                "missing; this program makes none of these nodes, so it has to know how many there are",
                "write nodes: N, as many as `kubectl get nodes -l pool=gpu` lists",
            ),
        ),
    ),
    Bad(
        "nodes that nobody counted, behind a context",
        stack(LAPTOP, NODES.replace("nodes: 2, ", ""), model("pool: l4"), region=None),
        (
            Mistake(
                "gpuPools.l4.existing.nodes",
                4,
                "missing; this program makes none of these nodes, so it has to know how many there are",
                "write nodes: N, as many as `kubectl --context kind-llm get nodes -l pool=gpu` lists",
            ),
        ),
    ),
    Bad(
        "nodes that exist, repaired by EKS",
        stack(EKS, NODES.replace("l4: {", "l4: {nodeRepair: true, "), model("pool: l4")),
        (Mistake("gpuPools.l4.nodeRepair", 5, "existing nodes are in no node group of this stack", "leave it out"),),
    ),
    Bad(
        "a maximum above the nodes that exist",
        stack(EKS, NODES.replace("l4: {", "l4: {max: 3, "), model("pool: l4")),
        (Mistake("gpuPools.l4.max", 5, "max 3 is more than the 2 nodes that exist", "leave max out"),),
    ),
    Bad(
        "a minimum above the nodes that exist",
        stack(EKS, NODES.replace("l4: {", "l4: {min: 3, "), model("pool: l4")),
        (Mistake("gpuPools.l4.min", 5, "min 3 is more than the 2 nodes that exist", "leave min out"),),
    ),
    Bad(
        "a maximum above the one node that exists",
        stack(EKS, NODES.replace("nodes: 2", "nodes: 1").replace("l4: {", "l4: {max: 2, "), model("pool: l4")),
        (Mistake("gpuPools.l4.max", 5, "max 2 is more than the 1 node that exists", "leave max out"),),
    ),
    Bad(
        "a GPU that nobody named",
        stack(EKS, NODES.replace("gpu: L4, ", ""), model("pool: l4")),
        (
            Mistake(
                "gpuPools.l4.existing",
                5,
                "nothing says which GPU these nodes have",
                "write gpu: A10G, or gpuMemoryGib: 44.4",
            ),
        ),
    ),
    Bad(
        "a GPU of two sizes",
        _gpu("A100"),
        (Mistake("gpuPools.l4.existing.gpu", 5, "A100 has several sizes", SIZES),),
    ),
    Bad(
        "a GPU of a size that it doesn't have",
        _gpu("A100-48GB"),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                "unknown GPU A100-48GB",
                f"{SIZES}, or give its gpuMemoryGib beside it",
            ),
        ),
    ),
    Bad(
        "a number and a card",
        _gpu("2xL4"),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                "2xL4 is a number and a card; gpu is the card, and gpusPerNode the number in one node",
                "write gpu: L4 with gpusPerNode: 2, if one node has as many",
            ),
        ),
    ),
    Bad(
        "an unknown GPU",
        _gpu("RTX-4080"),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                "unknown GPU RTX-4080",
                "give its gpuMemoryGib beside it",
            ),
        ),
    ),
    Bad(
        "a machine type of another cloud",
        _gpu("a2-ultragpu-4g"),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                "a2-ultragpu-4g is a machine type, which has 4 x A100-80; gpu is the card",
                "write gpu: A100-80 with gpusPerNode: 4",
            ),
        ),
    ),
    Bad(
        "a GPU of another maker",
        _gpu("MI300X"),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                "MI300X is not NVIDIA's; the engines' images are for NVIDIA",
                "write what the nodes offer, e.g. resource: amd.com/gpu, and an image for each model there",
            ),
        ),
    ),
    Bad(
        "another maker's accelerators without their memory, and the engine's own image",
        _gpu("MI300X, resource: amd.com/gpu"),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                "what an engine sees of MI300X isn't known",
                "give its gpuMemoryGib beside it",
            ),
            Mistake(
                "models.a.image",
                6,
                "missing; pool l4 offers amd.com/gpu, and the engines' own images are for NVIDIA",
                "write image: an image of the engine for these accelerators, with its tag",
            ),
        ),
    ),
    Bad(
        "another distribution than EKS on EKS",
        stack("cluster: {existing: {eks: shared, distribution: k3s}}", NODES, model("pool: l4")),
        (Mistake("cluster.existing.distribution", 4, "EKS is Amazon's own distribution", "leave distribution out"),),
    ),
    Bad(
        "an image without a fixed tag",
        stack(EKS, NODES, model("pool: l4, image: docker.io/rocm/vllm:latest")),
        (
            Mistake(
                "models.a.image",
                6,
                "the tag latest moves: a pod that starts later may get another engine",
                "write the tag of a version, or a digest",
            ),
        ),
    ),
    Bad(
        "a GPU whose memory nobody has seen",
        _gpu("V100"),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                "what an engine sees of V100 isn't known",
                "give its gpuMemoryGib beside it",
            ),
        ),
    ),
    Bad(
        "a selector for another GPU",
        stack(EKS, NODES.replace("pool: gpu", "nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB"), model("pool: l4")),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                "L4, and the nodes that the selector asks for have A100-80",
                "write gpu: A100-80, or another selector",
            ),
        ),
    ),
    Bad(
        "a MIG slice without its memory",
        _gpu(SLICE),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                f"{SLICE} is a MIG slice, and what an engine sees of it isn't known",
                "give its gpuMemoryGib beside it, a little less than its 40 GB",
            ),
        ),
    ),
    Bad(
        "the number on the box of a known card",
        _gpu("L40S, gpuMemoryGib: 48"),
        (
            Mistake(
                "gpuPools.l4.existing.gpuMemoryGib",
                5,
                "48 GiB; an engine sees 44.42 of L40S, less than the number on its box",
                "leave gpuMemoryGib out, or write at most 44.42",
            ),
        ),
    ),
    Bad(
        "more memory than a known card has",
        _gpu("L40S, gpuMemoryGib: 95"),
        (
            Mistake(
                "gpuPools.l4.existing.gpuMemoryGib",
                5,
                "95 GiB; an engine sees 44.42 of L40S",
                "leave gpuMemoryGib out, or write at most 44.42",
            ),
        ),
    ),
    Bad(
        "more memory than the card of the nodes' label has",
        _gpu("ours, gpuMemoryGib: 48").replace("pool: gpu", "nvidia.com/gpu.product: NVIDIA-L40S"),
        (
            Mistake(
                "gpuPools.l4.existing.gpuMemoryGib",
                5,
                "48 GiB; an engine sees 44.42 of L40S, less than the number on its box",
                "leave gpuMemoryGib out, or write at most 44.42",
            ),
        ),
    ),
    Bad(
        "a MIG slice with the memory of the card",
        _gpu(f"{SLICE}, gpuMemoryGib: 79.2"),
        (
            Mistake(
                "gpuPools.l4.existing.gpuMemoryGib",
                5,
                f"79.2 GiB; {SLICE} is a MIG slice",
                "write what an engine sees, a little less than its 40 GB",
            ),
        ),
    ),
    Bad(
        "a selector for slices of the GPU",
        _gpu("A100-80").replace("pool: gpu", f"nvidia.com/gpu.product: {SLICE}"),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                f"A100-80, and the nodes that the selector asks for have MIG slices of it: {SLICE}",
                f"write gpu: {SLICE} with the gpuMemoryGib of a slice, or another selector",
            ),
        ),
    ),
    Bad(
        "a selector for whole GPUs, and for other slices",
        _gpu(f"{SLICE}, gpuMemoryGib: 39").replace("pool: gpu", f"nvidia.com/gpu.product: {SLICE[:-10]}"),
        (
            Mistake(
                "gpuPools.l4.existing.gpu",
                5,
                f"{SLICE}, and the nodes that the selector asks for have {SLICE[:-10]}",
                f"write gpu: {SLICE[:-10]}, or another selector",
            ),
        ),
    ),
    Bad(
        "a replica on two MIG slices",
        stack(
            EKS,
            NODES.replace("gpu: L4", f"gpu: {SLICE}, gpuMemoryGib: 39, gpusPerNode: 4"),
            model("pool: l4, gpus: 2"),
        ),
        (
            Mistake(
                "models.a.gpus",
                6,
                "2 GPUs; an engine runs on one MIG slice, and pool l4 has slices",
                "write gpus: 1, or a pool of whole GPUs",
            ),
        ),
    ),
    Bad(
        "a next version on two MIG slices",
        stack(
            EKS,
            NODES.replace("gpu: L4", f"gpu: {SLICE}, gpuMemoryGib: 39, gpusPerNode: 4"),
            model("pool: l4, rollout: {strategy: blueGreen}, next: {gpus: 2}"),
        ),
        (
            Mistake(
                "models.a.next.gpus",
                6,
                "2 GPUs; an engine runs on one MIG slice, and pool l4 has slices",
                "write gpus: 1, or a pool of whole GPUs",
            ),
        ),
    ),
    Bad(
        "spot nodes of somebody else",
        stack(EKS, NODES.replace("l4: {", "l4: {capacity: spot, "), model("pool: l4")),
        (
            Mistake(
                "gpuPools.l4.capacity", 5, "nodes that we don't make have no capacity type here", "leave capacity out"
            ),
        ),
    ),
    Bad(
        "tolerations that mean nothing",
        stack(
            EKS,
            pool(
                "existing: {gpu: L4, nodes: 1, selector: {a: b},"
                " tolerations: [{operator: Exists, value: x}, {value: y}]}"
            ),
            model("pool: l4"),
        ),
        (
            Mistake(
                "gpuPools.l4.existing.tolerations[0]",
                5,
                "Exists takes no value",
                "leave value out, or write operator: Equal",
            ),
            Mistake(
                "gpuPools.l4.existing.tolerations[1]",
                5,
                "Equal needs a key",
                "write key: nvidia.com/gpu, or operator: Exists",
            ),
        ),
    ),
    Bad(
        "no nodes",
        stack(LAPTOP, NODES.replace("nodes: 2", "nodes: 0"), model("pool: l4")),
        (
            Mistake(
                "gpuPools.l4.existing.nodes",
                5,
                "got the number 0; allowed: a whole number from 1 to 1000",
                "write nodes: N, as many as `kubectl get nodes` lists with the labels of the selector",
            ),
        ),
    ),
    Bad(
        "all GPUs of a pool counted as those of one node",
        stack(LAPTOP, NODES.replace("gpu: L4", "gpu: L4, gpusPerNode: 40"), model("pool: l4")),
        (
            Mistake(
                "gpuPools.l4.existing.gpusPerNode",
                5,
                "got the number 40; allowed: a whole number from 1 to 16",
                "write gpusPerNode: the GPUs of one node, as many as `nvidia-smi -L` lists there, and not those of all"
                " nodes",
            ),
        ),
    ),
    Bad(
        "sharing in every wrong way at once",
        stack(
            LAPTOP,
            "gpuPools:",
            "  two: {existing: {gpu: L4, nodes: 1, selector: {a: b}, sharing: {timeSlicing: 2, mps: 2}}}",
            "  cut: {existing: {gpu: L4, nodes: 1, selector: {c: d}, sharing: {mig: 1g.5gb}}}",
            "  other: {existing: {gpu: A100-80, nodes: 1, selector: {e: f}, sharing: {mig: 1g.5gb}}}",
            "  named: {existing: {gpu: L4, nodes: 1, selector: {g: h}, sharing: {mps: 2}, resource: nvidia.com/a}}",
            f"  label: {{existing: {{gpu: L4, nodes: 1, selector: {{nvidia.com/gpu.product: NVIDIA-L4}}, {MPS}}}}}",
            f"  slice: {{existing: {{gpu: {SLICE}, nodes: 1, selector: {{i: j}}, sharing: {{mig: 3g.40gb}}}}}}",
            "  beside: {existing: {gpu: L4, nodes: 1, selector: {k: l}}, sharing: {mps: 2}}",
            "models:",
            "  a: {model: Qwen/Qwen3-8B, pool: named, gpus: 2}",
            "  b: {model: BAAI/bge-m3, pool: named, isolated: true}",
        ),
        (
            Mistake(
                "gpuPools.two.existing.sharing",
                6,
                "has timeSlicing and mps; a GPU is shared in one way",
                "write {timeSlicing: 4}, {mps: 4} or {mig: 1g.10gb}",
            ),
            Mistake(
                "gpuPools.cut.existing.sharing.mig",
                7,
                f"no MIG profile is known of L4; some are of {MIG_CARDS}",
                "write {timeSlicing: N} for servers that may share memory, or leave sharing out",
            ),
            Mistake(
                "gpuPools.other.existing.sharing.mig",
                8,
                "1g.5gb isn't among the profiles that are known of A100-80",
                "write one of 1g.10gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb",
            ),
            Mistake(
                "gpuPools.named.existing.resource",
                9,
                "nvidia.com/a; nodes with this sharing offer nvidia.com/gpu or nvidia.com/gpu.shared",
                "write resource: nvidia.com/gpu.shared",
            ),
            Mistake(
                "gpuPools.label.existing.selector.nvidia.com/gpu.product",
                10,
                "nvidia.com/gpu.product: NVIDIA-L4; with this sharing NVIDIA's label of these nodes ends in -SHARED",
                "write nvidia.com/gpu.product: NVIDIA-L4-SHARED, or another label of these nodes",
            ),
            Mistake(
                "gpuPools.slice.existing.gpu",
                11,
                f"{SLICE} is a slice; with sharing, gpu is the whole card, and gpusPerNode counts whole cards",
                "write the card, e.g. gpu: A100-80",
            ),
            Mistake(
                "gpuPools.beside.sharing",
                12,
                "these nodes exist, and say in existing how they share their GPUs",
                "write it in existing",
            ),
            Mistake(
                "models.a.gpus",
                14,
                "2 GPUs; an engine runs on one part of a GPU, and pool named shares its GPUs",
                "write gpus: 1, or a pool of whole GPUs",
            ),
            Mistake(
                "models.b.isolated",
                15,
                "true; servers on pool named share a GPU, and nothing separates their memory and errors",
                "write isolated: false, a pool of whole GPUs, or one that MIG has cut",
            ),
        ),
    ),
    Bad(
        "slices that the cards of instance types can't be cut into",
        stack(
            CLUSTER,
            "gpuPools:",
            "  h100: {instanceTypes: [p5.4xlarge], sharing: {mig: 1g.5gb}}",
            "  l4: {instanceTypes: [g6.xlarge], sharing: {mig: 1g.5gb}}",
            "models: {m: {model: Qwen/Qwen3-0.6B, pool: l4}}",
        ),
        (
            Mistake(
                "gpuPools.h100.sharing.mig",
                6,
                "1g.5gb isn't among the profiles that are known of H100-80",
                "write one of 1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb",
            ),
            Mistake(
                "gpuPools.l4.sharing.mig",
                7,
                f"no MIG profile is known of L4; some are of {MIG_CARDS}",
                "write {timeSlicing: N} for servers that may share memory, or leave sharing out",
            ),
        ),
    ),
)
