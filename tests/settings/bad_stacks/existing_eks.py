"""Node groups on an EKS cluster that exists."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CPU, EKS, MODEL, NODES, OLLAMA, POOL, Bad, model, stack

_L4 = "gpuPools: {l4: {instanceTypes: [g6.2xlarge]}}"
_MODEL = model("pool: l4")


def _there(keys: str) -> str:
    return f"cluster: {{existing: {{eks: shared, {keys}}}}}"


_NO_POOL = "needs a GPU, and on a cluster that exists nodes are made only for a pool of gpuPools"

BAD_EXISTING_EKS = (
    Bad(
        "no pool, although nodes can be made there",
        stack(EKS, MODEL),
        (
            Mistake(
                "models.a",
                5,
                _NO_POOL,
                "write gpuPools: {l40s: {instanceTypes: [g6e.xlarge]}}, whose nodes are made, or the cluster's"
                " GPU nodes under gpuPools, or engine: ollama with gpus: 0",
            ),
        ),
    ),
    Bad(
        "a disk that is made with new clusters only, and two models that it could not serve either",
        stack(EKS, POOL, "models: {a: {model: Qwen/Qwen3-8B}, b: {model: Qwen/Qwen3-4B}}", "cache: {kind: ebs}"),
        (
            Mistake(
                "cache.kind",
                7,
                "ebs is made with a cluster that we create, and this one exists",
                "write kind: storageClass, and the name of one of its classes, or kind: efs or s3",
            ),
        ),
    ),
    Bad(
        "a file system in zones that nobody named",
        stack("cluster: {existing: {eks: shared}}", _L4, _MODEL, "cache: {kind: efs, size: 100Gi}"),
        (
            Mistake(
                "cache.kind",
                7,
                "efs is mounted by a way in per zone, and nothing says in which zones the cluster has nodes",
                "write cluster.existing.zones: [use1-az1, use1-az2], the ids of all these zones",
            ),
            Mistake("cache.size", 7, "EFS has no size: it bills what is used", "leave size out"),
        ),
    ),
    Bad(
        "a file system on a cluster where no node is the stack's",
        stack("cluster: {existing: {eks: shared}}", NODES, _MODEL, "cache: {kind: efs}"),
        (
            Mistake(
                "cache.kind",
                7,
                "efs is made beside node groups of this stack, and no pool has instanceTypes",
                "write kind: storageClass, and the name of one of its classes, or kind: s3",
            ),
        ),
    ),
    Bad(
        "a zone of another region, where a file system may be in one without GPUs",
        stack(_there("zones: [usw2-az4, use1-az1, use1-az3]"), _L4, _MODEL, "cache: {kind: efs}"),
        (
            Mistake(
                "cluster.existing.zones[0]",
                4,
                "usw2-az4 isn't a zone of us-east-1 that EKS serves and that has GPUs",
                "write one of use1-az1, use1-az2, use1-az4, use1-az5, use1-az6",
            ),
        ),
    ),
    Bad(
        "a bucket for an engine that writes its own store, where no EFS can be made",
        stack(EKS, NODES, f"models: {{a: {OLLAMA}}}", "cache: {kind: s3}"),
        (
            Mistake(
                "models.a.engine",
                6,
                "Ollama pulls into its own store as files, which a bucket doesn't take",
                "write cache.kind: storageClass, and the name of one of the cluster's classes",
            ),
        ),
    ),
    Bad(
        "a way to a bucket in the network of a cluster that exists",
        stack(EKS, NODES, _MODEL, "cache: {kind: s3, endpoint: interface}"),
        (
            Mistake(
                "cache.endpoint",
                7,
                "the network of a cluster that exists is yours: an endpoint there changes the addresses of S3 for"
                " everybody in it",
                "leave endpoint out",
            ),
        ),
    ),
    Bad(
        "zones of another region, and nothing else of what they offer",
        stack(
            "cluster: {existing: {eks: shared, zones: [use1-az1]}}",
            "gpuPools: {l4: {instanceTypes: [g6.2xlarge]}}",
            _MODEL,
            region="us-west-2",
        ),
        (
            Mistake(
                "cluster.existing.zones[0]",
                4,
                "use1-az1 isn't a zone of us-west-2 that EKS serves and that has GPUs",
                "write one of usw2-az1, usw2-az2, usw2-az3, usw2-az4",
            ),
        ),
    ),
    Bad(
        "zones by the names that an account has for them",
        stack(
            "cluster: {existing: {eks: shared, zones: [us-west-2a, us-west-2b]}}",
            "gpuPools: {l4: {instanceTypes: [g6.2xlarge]}}",
            _MODEL,
            region="us-west-2",
        ),
        tuple(
            Mistake(
                f"cluster.existing.zones[{index}]",
                4,
                f'got "us-west-2{letter}"; that is a name, which differs between accounts',
                "write the id of that zone, one of usw2-az1, usw2-az2, usw2-az3, usw2-az4",
            )
            for index, letter in enumerate("ab")
        ),
    ),
    Bad(
        "a group per zone, of a region's zones that nobody named",
        stack(
            "cluster: {existing: {eks: shared}}",
            "gpuPools: {l4: {instanceTypes: [g6.2xlarge], nodeGroups: perZone}}",
            _MODEL,
            region="us-west-2",
        ),
        (
            Mistake(
                "gpuPools.l4.nodeGroups",
                5,
                "perZone, and nothing says in which zones the cluster has subnets",
                "write cluster.existing.zones: [usw2-az1, usw2-az2], the ids of these zones; or nodeGroups: one",
            ),
        ),
    ),
    Bad(
        "a group per zone, of zones that nobody named",
        stack(
            "cluster: {existing: {eks: shared}}",
            "gpuPools: {l4: {instanceTypes: [g6.2xlarge], nodeGroups: perZone}}",
            _MODEL,
        ),
        (
            Mistake(
                "gpuPools.l4.nodeGroups",
                5,
                "perZone, and nothing says in which zones the cluster has subnets",
                "write cluster.existing.zones: [use1-az1, use1-az2], the ids of these zones; or nodeGroups: one",
            ),
        ),
    ),
    Bad(
        "a ladder over zones that nobody named",
        stack(
            "cluster: {existing: {eks: shared}}",
            "gpuPools: {l4: {instanceTypes: [g6.2xlarge], capacity: [spot, on-demand]}}",
            _MODEL,
        ),
        (
            Mistake(
                "gpuPools.l4.nodeGroups",
                5,
                "a list of capacity has a group per zone, and nothing says in which zones the cluster has subnets",
                "write cluster.existing.zones: [use1-az1, use1-az2], the ids of these zones; or nodeGroups: one",
            ),
        ),
    ),
    Bad(
        "a zone of another region, and a subnet twice",
        stack(_there("zones: [usw2-az1, use1-az1], subnetIds: [subnet-0ab1, subnet-0ab1]"), _L4, _MODEL),
        (
            Mistake("cluster.existing.subnetIds", 4, "the same one twice", "write subnetIds: [subnet-0ab1]"),
            Mistake(
                "cluster.existing.zones[0]",
                4,
                "usw2-az1 isn't a zone of us-east-1 that EKS serves and that has GPUs",
                "write one of use1-az1, use1-az2, use1-az4, use1-az5, use1-az6",
            ),
        ),
    ),
    Bad(
        "zones without the type",
        stack(_there("zones: [use1-az1]"), "gpuPools: {h200: {instanceTypes: [p5en.48xlarge]}}", model("pool: h200")),
        (
            Mistake(
                "gpuPools.h200.instanceTypes",
                5,
                "none of cluster.existing.zones offers p5en.48xlarge",
                "add one of use1-az2, use1-az6 to zones, or write other types",
            ),
        ),
    ),
    Bad(
        "a release of another version",
        stack(_there('version: "1.34", amiRelease: 1.35.6-20260714'), _L4, _MODEL),
        (
            Mistake(
                "cluster.existing.amiRelease",
                4,
                "1.35.6-20260714 isn't of the cluster's version 1.34",
                "write 1.34.9-20260714, or leave it out",
            ),
        ),
    ),
    Bad(
        "a release of a version that `up` reads",
        stack(_there("amiRelease: 1.35.6-20260714"), _L4, _MODEL),
        (Mistake("cluster.existing.amiRelease", 4, "of no version", 'write version: "1.35" beside it'),),
    ),
    Bad(
        "what nodes of ours need, without any",
        stack(_there("subnetIds: [subnet-0ab1], securityGroupIds: [sg-0ab1]"), NODES, _MODEL),
        (
            Mistake(
                "cluster.existing.securityGroupIds",
                4,
                "is of node groups of this stack, and no pool has instanceTypes",
                "leave securityGroupIds out",
            ),
            Mistake(
                "cluster.existing.subnetIds",
                4,
                "is of node groups of this stack, and no pool has instanceTypes",
                "leave subnetIds out",
            ),
        ),
    ),
    Bad(
        "what nodes of ours need, behind a context",
        stack("cluster: {existing: {context: kind-llm, zones: [use1-az1]}}", CPU),
        (
            Mistake(
                "cluster.existing.zones",
                4,
                "is of node groups on an EKS cluster, and this is a kubeconfig context",
                "leave zones out",
            ),
        ),
    ),
)
