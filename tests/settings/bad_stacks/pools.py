"""`gpuPools`."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, LAPTOP, MODEL, POOL, Bad, create, model, pool, stack

POOLS = (
    Bad(
        "spot as a separate key",
        stack(CLUSTER, pool("instanceTypes: [g6.xlarge], spot: true"), MODEL),
        (Mistake("gpuPools.l4.spot", 5, "unknown key; write capacity: spot"),),
    ),
    Bad(
        "a budget in another currency",
        stack(CLUSTER, MODEL, "budget: {eurPerMonth: 8000}"),
        (
            Mistake("budget.eurPerMonth", 6, "unknown key; prices are in US dollars here; write usdPerMonth"),
            Mistake(
                "budget.usdPerMonth",
                6,
                "missing; needs a number over 0",
                "write the highest bill that you accept, or leave budget out for no limit",
            ),
        ),
    ),
    Bad(
        "a network for servers that span nodes",
        stack(CLUSTER, pool("instanceTypes: [g6.xlarge], efa: true"), MODEL),
        (
            Mistake(
                "gpuPools.l4.efa",
                5,
                "unknown key; leave it out: EFA connects servers that span nodes, and a replica here is on one node",
            ),
        ),
    ),
    Bad(
        "nodes close together",
        stack(CLUSTER, pool("instanceTypes: [g6.xlarge], placementGroup: cluster"), MODEL),
        (
            Mistake(
                "gpuPools.l4.placementGroup",
                5,
                "cluster puts nodes close together for servers that span them, and a replica here is on one node",
                "write spread or partition, the name of a placement group that exists, or leave it out",
            ),
        ),
    ),
    Bad(
        "no placement group's name",
        stack(CLUSTER, pool('instanceTypes: [g6.xlarge], placementGroup: ""'), MODEL),
        (
            Mistake(
                "gpuPools.l4.placementGroup",
                5,
                'got ""; allowed: a placement group\'s name, spread, or partition',
                "write, for example, placementGroup: spread",
            ),
        ),
    ),
    Bad(
        "nodes newer than their cluster",
        stack(CLUSTER, pool("instanceTypes: [g6.xlarge], amiRelease: 1.36.2-20260714"), MODEL),
        (
            Mistake(
                "gpuPools.l4.amiRelease",
                5,
                "nodes of 1.36 are newer than the cluster's version 1.35, and EKS refuses them",
                "write 1.35.6-20260714, or leave it out",
            ),
        ),
    ),
    Bad(
        "nodes too far behind their cluster",
        stack(CLUSTER.replace("1.35", "1.36"), pool("instanceTypes: [g6.xlarge], amiRelease: 1.32.13-20260714"), MODEL),
        (
            Mistake(
                "gpuPools.l4.amiRelease",
                5,
                "nodes of 1.32 with a cluster of 1.36: a node may be 3 minor versions behind",
                "write 1.36.2-20260714, or leave it out",
            ),
        ),
    ),
    Bad(
        "nodes whose driver is too old for the engine, of a version that no cluster here has",
        stack(CLUSTER, pool("instanceTypes: [g6.xlarge], amiRelease: 1.32.9-20250714"), MODEL),
        (
            Mistake(
                "gpuPools.l4.amiRelease",
                5,
                "nodes of AMI release 1.32.9-20250714 have NVIDIA driver 570.158.01; vLLM 0.32.0 is built with CUDA"
                " 13.0.3",
                "write a release with driver 580 or newer",
            ),
        ),
    ),
    Bad(
        "a pool that is nothing",
        stack(CLUSTER, "gpuPools: {l4: {max: 2}}", MODEL),
        (
            Mistake(
                "gpuPools.l4",
                5,
                "needs exactly one of instanceTypes and existing",
                "write instanceTypes: [g6.xlarge], or existing: {gpu: ..., nodes: ..., selector: ...}",
            ),
        ),
    ),
    Bad(
        "spare GPUs of nodes that somebody else makes",
        stack(LAPTOP, pool("existing: {gpu: L4, nodes: 2, selector: {pool: gpu}}, spare: 1"), MODEL),
        (
            Mistake(
                "gpuPools.l4.spare",
                5,
                "this program keeps GPUs free only on nodes that it makes",
                "leave it out",
            ),
        ),
    ),
    Bad(
        "stopped instances on spot, of several types, and where Karpenter launches nodes",
        stack(
            create("nodeScaler: karpenter"),
            pool("instanceTypes: [g6.xlarge, g6.2xlarge], capacity: spot, warmPool: 1"),
            MODEL,
        ),
        (
            Mistake(
                "gpuPools.l4.warmPool",
                5,
                "a warm pool has instances on demand alone: no spot, no reservation, no Capacity Block",
                "leave it out, or write capacity: on-demand",
            ),
            Mistake(
                "gpuPools.l4.warmPool",
                5,
                "a warm pool has instances of one type",
                "leave it out, or write one instance type",
            ),
            Mistake(
                "gpuPools.l4.warmPool",
                5,
                "Karpenter launches instances itself, and no node group keeps stopped ones",
                "leave it out",
            ),
        ),
    ),
    Bad(
        "stopped instances whose GPUs are cut when they boot",
        stack(CLUSTER, pool("instanceTypes: [p4d.24xlarge], warmPool: 1, sharing: {mig: 1g.5gb}"), MODEL),
        (
            Mistake(
                "gpuPools.l4.warmPool",
                5,
                "a node cuts its GPUs by MIG when it boots for the first time: nobody has tried whether a stop keeps"
                " that",
                "leave it out",
            ),
        ),
    ),
    Bad(
        "all that nodes with Bottlerocket can't do, at once",
        stack(
            CLUSTER,
            pool(
                "instanceTypes: [p4d.24xlarge], os: bottlerocket, warmPool: 1, sharing: {mig: 1g.5gb},"
                " amiRelease: 1.35.6-20260714"
            ),
            MODEL,
            "cache: {kind: node, path: /data/weights}",
        ),
        (
            Mistake(
                "gpuPools.l4.amiRelease",
                5,
                "it names a release of Amazon Linux; Bottlerocket's is in the table of versions",
                "leave it out, or write os: al2023",
            ),
            Mistake(
                "gpuPools.l4.sharing",
                5,
                "Bottlerocket's device plugin takes its settings from the node, and this program sets how GPUs are"
                " shared in NVIDIA's chart, which doesn't run there",
                "leave it out, or write os: al2023",
            ),
            Mistake(
                "gpuPools.l4.warmPool",
                5,
                "a node cuts its GPUs by MIG when it boots for the first time: nobody has tried whether a stop keeps"
                " that",
                "leave it out",
            ),
            Mistake(
                "gpuPools.l4.warmPool",
                5,
                "nobody has tried whether a stopped instance with Bottlerocket joins again",
                "leave it out, or write os: al2023",
            ),
            Mistake(
                "cache.path",
                7,
                "/data/weights is read-only on the nodes of l4, which run Bottlerocket",
                "write one below /var or /mnt, or leave it out",
            ),
        ),
    ),
    Bad(
        "the operating system of nodes that exist",
        stack(CLUSTER, "gpuPools: {l4: {existing: {gpu: L4, nodes: 1, selector: {a: b}}, os: bottlerocket}}", MODEL),
        (
            Mistake(
                "gpuPools.l4.os",
                5,
                "this program chooses the operating system only of nodes that it makes",
                "leave it out",
            ),
        ),
    ),
    Bad(
        "a model with the name of what keeps GPUs free",
        stack(CLUSTER, pool("instanceTypes: [g6.xlarge], spare: 1"), "models: {l4-spare: {model: Qwen/Qwen3-8B}}"),
        (Mistake("models.l4-spare", 6, "the name of what keeps GPUs of l4 free", "write l4-spare-2"),),
    ),
    Bad(
        "a pool of one and four GPUs",
        stack(CLUSTER, pool("instanceTypes: [g6.2xlarge, g6.12xlarge]"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes",
                5,
                "g6.2xlarge has 1 GPU, g6.12xlarge has 4; a pool has one number",
                "write two pools, e.g. l4 and l4x4",
            ),
        ),
    ),
    Bad(
        "a pool of two kinds of GPU",
        stack(CLUSTER, pool("instanceTypes: [g6.xlarge, g5.xlarge]"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes",
                5,
                "g6.xlarge has L4, g5.xlarge has A10G; a pool has one kind",
                "write two pools, e.g. l4 and a10g",
            ),
        ),
    ),
    Bad(
        "an unknown instance type",
        stack(CLUSTER, pool("instanceTypes: [g6.3xlarge]"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes[0]", 5, "unknown GPU instance type g6.3xlarge", "write g6.xlarge (1 x L4)"
            ),
        ),
    ),
    Bad(
        "a type without a GPU",
        stack(CLUSTER, pool("instanceTypes: [m7i.xlarge]"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes[0]",
                5,
                "m7i.xlarge has no GPU",
                "write one of g6e.xlarge (1 x L40S), g7e.2xlarge (1 x RTX-PRO-6000-SE), g4dn.12xlarge (4 x T4),"
                " g6.12xlarge (4 x L4)",
            ),
        ),
    ),
    Bad(
        "a GPU where its instance type stands",
        stack(CLUSTER, pool("instanceTypes: [8xH200]"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes[0]",
                5,
                'got "8xH200"; allowed: an instance type',
                "write p5en.48xlarge (8 x H200)",
            ),
        ),
    ),
    Bad(
        "a GPU where a list of instance types stands",
        stack(CLUSTER, pool("instanceTypes: H200"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes",
                5,
                'got "H200"; allowed: a list of at least 1, each an instance type',
                "write p5en.48xlarge (8 x H200), as instanceTypes: [TYPE]",
            ),
        ),
    ),
    Bad(
        "ARM",
        stack(CLUSTER, pool("instanceTypes: [g5g.xlarge]"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes[0]",
                5,
                "g5g.xlarge can't be used: ARM; the engines' images are x86",
                "write one such as g6.xlarge",
            ),
        ),
    ),
    Bad(
        "a slice of a GPU",
        stack(CLUSTER, pool("instanceTypes: [g6f.xlarge]"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes[0]",
                5,
                "g6f.xlarge can't be used: a slice of a GPU, which needs a driver that EKS images lack",
                "write one of g6.12xlarge, g6.16xlarge, g6.24xlarge, g6.2xlarge",
            ),
        ),
    ),
    Bad(
        "no price",
        stack(CLUSTER, pool("instanceTypes: [p5e.48xlarge]"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes[0]",
                5,
                "p5e.48xlarge can't be used: no price seen",
                "write one of p5en.48xlarge",
            ),
        ),
    ),
    Bad(
        "no zone offers it",
        stack(CLUSTER, pool("instanceTypes: [g6e.xlarge]"), MODEL, region="af-south-1"),
        (
            Mistake(
                "gpuPools.l4.instanceTypes",
                5,
                "no zone of af-south-1 offers g6e.xlarge",
                "write one of g4dn.12xlarge (4 x T4, $5.19 per hour), or a region that has g6e.xlarge: ap-northeast-1,"
                " ap-northeast-2, ap-northeast-3, ap-south-1, ap-south-2, eu-central-1 and 6 more",
            ),
        ),
    ),
    Bad(
        "no zone offers it, and the price of another type there isn't known",
        stack(CLUSTER, pool("instanceTypes: [g6e.xlarge]"), MODEL, region="eu-west-3"),
        (
            Mistake(
                "gpuPools.l4.instanceTypes",
                5,
                "no zone of eu-west-3 offers g6e.xlarge",
                "write one of g4dn.12xlarge (4 x T4, $4.57 per hour), g6.12xlarge (4 x L4, $5.84 per hour), g6.48xlarge"
                " (8 x L4, $16.95 per hour), g5.12xlarge (4 x A10G), or a region that has g6e.xlarge: eu-central-1,"
                " eu-north-1, eu-south-2, ap-northeast-1, ap-northeast-2, ap-northeast-3 and 6 more",
            ),
        ),
    ),
    Bad(
        "types of which one is nowhere there",
        stack(CLUSTER, pool("instanceTypes: [p5.48xlarge, g6.xlarge]"), MODEL, region="eu-central-1"),
        (
            Mistake(
                "gpuPools.l4.instanceTypes",
                5,
                "no zone of eu-central-1 offers p5.48xlarge",
                "write one of g6e.xlarge (1 x L40S, $2.33 per hour), g4dn.12xlarge (4 x T4, $4.89 per hour),"
                " g6.12xlarge (4 x L4, $5.75 per hour), g6.48xlarge (8 x L4, $16.69 per hour), or a region that has"
                " p5.48xlarge: eu-north-1, eu-west-2, ap-northeast-1, ap-northeast-2, ap-south-1, ap-southeast-2 and 7"
                " more",
            ),
        ),
    ),
    Bad(
        "types of which one is nowhere there, and the other holds the models",
        stack(
            CLUSTER,
            pool("instanceTypes: [g5.xlarge, g6e.xlarge]"),
            "models: {a: {model: BAAI/bge-m3}}",
            region="eu-west-1",
        ),
        (
            Mistake(
                "gpuPools.l4.instanceTypes",
                5,
                "no zone of eu-west-1 offers g6e.xlarge",
                "leave g6e.xlarge out, or a region that has g6e.xlarge: eu-central-1, eu-north-1, eu-south-2,"
                " ap-northeast-1, ap-northeast-2, ap-south-1 and 6 more",
            ),
        ),
    ),
    Bad(
        "min over max",
        stack(CLUSTER, pool("instanceTypes: [g6.xlarge], min: 4, max: 2"), MODEL),
        (Mistake("gpuPools.l4", 5, "min 4 is more than max 2", "write min: 2, max: 4"),),
    ),
    Bad(
        "a node group behind a context",
        stack(LAPTOP, POOL, model("pool: l4"), region=None),
        (
            Mistake(
                "gpuPools.l4.instanceTypes",
                4,
                "this program can add nodes only to a cluster on EKS, and a context can lead to any",
                "write existing: {gpu: ..., gpusPerNode: ..., nodes: ..., selector: ...} for the cluster's own nodes;"
                " on EKS cluster: {existing: {eks: NAME}}",
            ),
        ),
    ),
    Bad(
        "an instance type twice",
        stack(CLUSTER, pool("instanceTypes: [g6.xlarge, g6.xlarge]"), MODEL),
        (Mistake("gpuPools.l4.instanceTypes", 5, "the same instance type twice", "write [g6.xlarge]"),),
    ),
    Bad(
        "a type that none of the zones offers",
        stack(create("zones: [use1-az1, use1-az5]"), pool("instanceTypes: [p4de.24xlarge]"), MODEL),
        (
            Mistake(
                "gpuPools.l4.instanceTypes",
                5,
                "none of cluster.create.zones offers p4de.24xlarge",
                "add one of use1-az4, use1-az6 to zones, or write other types",
            ),
        ),
    ),
)
