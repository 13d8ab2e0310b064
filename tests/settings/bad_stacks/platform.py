"""`cache` and the smaller sections."""

from infra.project import PROJECT as PROJECT_FOLDER
from infra.settings.mistakes import Mistake
from infra.settings.platform import GUARDED
from tests.settings.bad_stacks.writing import CLUSTER, CPU, LAPTOP, MODEL, POOL, Bad, create, model, stack

PLATFORM = (
    Bad(
        "a bucket with an engine that writes its own store, a size and a class",
        stack(
            CLUSTER,
            'models: {b: {model: "llama3.2:1b", engine: ollama}}',
            "cache: {kind: s3, size: 100Gi, storageClass: nfs}",
        ),
        (
            Mistake(
                "models.b.engine",
                5,
                "Ollama pulls into its own store as files, which a bucket doesn't take",
                "write cache.kind: efs",
            ),
            Mistake("cache.size", 6, "a bucket has no size: it bills what is used", "leave size out"),
            Mistake(
                "cache.storageClass",
                6,
                "kind s3 is a bucket, of no class",
                "write kind: storageClass, or leave storageClass out",
            ),
        ),
    ),
    Bad(
        "a directory of each node with a size, a class, and a model on system nodes",
        stack(
            CLUSTER,
            'models: {a: {model: Qwen/Qwen3-8B}, b: {model: "llama3.2:1b", engine: ollama, gpus: 0}}',
            "cache: {kind: node, size: 100Gi, storageClass: nfs}",
        ),
        (
            Mistake(
                "models.b.gpus",
                5,
                "0, and the system nodes that would run it have no copy of the weights",
                "write cache.kind: efs, or gpus: 1",
            ),
            Mistake(
                "cache.size",
                6,
                "a directory has no size: the plan says what each node has to have free",
                "leave size out",
            ),
            Mistake(
                "cache.storageClass",
                6,
                "kind node is a directory, of no class",
                "write kind: storageClass, or leave storageClass out",
            ),
        ),
    ),
    Bad(
        "a path with another kind, and one that isn't below another directory",
        stack(CLUSTER, MODEL, "cache: {kind: efs, path: /data}"),
        (
            Mistake(
                "cache.path",
                6,
                'got "/data"; allowed: a path of a directory below another one',
                "write, for example, path: /data/llm-weights",
            ),
            Mistake(
                "cache.path",
                6,
                "kind efs is no directory of a node",
                "write kind: node, or leave path out",
            ),
        ),
    ),
    Bad(
        "a way to a bucket that isn't one",
        stack(CLUSTER, MODEL, "cache: {kind: efs, endpoint: interface}"),
        (Mistake("cache.endpoint", 6, "kind efs is no bucket", "write kind: s3, or leave endpoint out"),),
    ),
    Bad(
        "a way to a bucket in somebody else's network",
        stack(
            "cluster: {create: {zones: [use1-az1, use1-az2],"
            " network: {vpcId: vpc-1, privateSubnetIds: [subnet-1, subnet-2]}}}",
            MODEL,
            "cache: {kind: s3, endpoint: gateway}",
        ),
        (
            Mistake(
                "cache.endpoint",
                6,
                "the network vpc-1 is yours: an endpoint there changes the addresses of S3 for everybody in it",
                "leave endpoint out",
            ),
        ),
    ),
    Bad(
        "a size on EFS",
        stack(CLUSTER, MODEL, "cache: {kind: efs, size: 100Gi}"),
        (Mistake("cache.size", 6, "EFS has no size: it bills what is used", "leave size out"),),
    ),
    Bad(
        "a size that is none",
        stack(CLUSTER, MODEL, "cache: {kind: ebs, size: 100GB}"),
        (Mistake("cache.size", 6, 'got "100GB"; allowed: a size in Gi or Ti', 'write size: "100Gi"'),),
    ),
    Bad(
        "EFS on a laptop",
        stack(LAPTOP, CPU, "cache: {kind: efs}", region=None),
        (
            Mistake(
                "cache.kind",
                5,
                "efs is made with a cluster that we create, and this one exists",
                "write kind: storageClass, and the name of one of its classes",
            ),
        ),
    ),
    Bad(
        "a disk where no system node may be",
        stack("cluster: {create: {zones: 3}}", MODEL, "cache: {kind: ebs}"),
        (
            Mistake(
                "cache.kind",
                6,
                "2 system nodes may leave out the one of 3 zones that an EBS volume is in",
                "write systemNodes.count: 3, or cache.kind: efs",
            ),
        ),
    ),
    Bad(
        "a disk in a VPC whose zones nobody knows",
        stack(
            "cluster: {create: {network: {vpcId: vpc-1, privateSubnetIds: [subnet-1, subnet-2]}}}",
            MODEL,
            "cache: {kind: ebs}",
        ),
        (
            Mistake(
                "cache.kind",
                6,
                "an EBS volume is in one zone, and the zones of your subnets aren't known",
                "write kind: efs, or leave network.vpcId out",
            ),
        ),
    ),
    Bad(
        "a price table that isn't there",
        stack(CLUSTER, MODEL, "prices: {table: nowhere.csv}"),
        (
            Mistake(
                "prices.table",
                6,
                f"{PROJECT_FOLDER / 'nowhere.csv'}: no such file",
                "write the path of a file that is there; a relative one begins at the project's folder, not at the"
                " stack file's",
            ),
        ),
    ),
    Bad(
        "a class for EBS",
        stack(CLUSTER, MODEL, "cache: {kind: ebs, storageClass: gp3}"),
        (
            Mistake(
                "cache.storageClass",
                6,
                "kind ebs has its own class",
                "write kind: storageClass, or leave storageClass out",
            ),
        ),
    ),
    Bad(
        "EBS with two replicas",
        stack(CLUSTER, model("replicas: 2"), "cache: {kind: ebs}"),
        (
            Mistake(
                "models.a.replicas",
                5,
                "2 replicas, and an EBS volume has one reader",
                "write replicas: 1, or cache.kind: efs",
            ),
        ),
    ),
    Bad(
        "EBS with two models",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen3-8B}, b: {model: Qwen/Qwen3-8B}}", "cache: {kind: ebs}"),
        (Mistake("cache.kind", 6, "2 models read the cache, and an EBS volume has one reader", "write kind: efs"),),
    ),
    Bad(
        "a negative budget",
        stack(CLUSTER, MODEL, "budget: {usdPerMonth: -1, of: most}"),
        (
            Mistake("budget.of", 6, 'got "most"; allowed: max, expected, min', "write of: max"),
            Mistake(
                "budget.usdPerMonth",
                6,
                "got the number -1; allowed: a number over 0",
                "write the highest bill that you accept, or leave budget out for no limit",
            ),
        ),
    ),
    Bad(
        "an absolute mirror",
        stack(CLUSTER, MODEL, "mirror: {charts: /home/me/charts}"),
        (
            Mistake(
                "mirror.charts",
                6,
                "an absolute path, which differs on each machine and would show as a diff",
                "write a path relative to the program, e.g. charts, or a URL",
            ),
        ),
    ),
    Bad(
        "a mirror that isn't there",
        stack(CLUSTER, MODEL, "mirror: {charts: no-charts}"),
        (
            Mistake(
                "mirror.charts",
                6,
                f"{PROJECT_FOLDER / 'no-charts'}: no such folder",
                "write a folder that exists, or a URL",
            ),
        ),
    ),
    *(
        Bad(
            f"a mirror behind {scheme}",
            stack(CLUSTER, MODEL, f"mirror: {{charts: {scheme}://registry.example.com/charts}}"),
            (
                Mistake(
                    "mirror.charts",
                    6,
                    f"{scheme}: a chart is fetched as <chart>-<version>.tgz, over http or https",
                    "write an https URL, or a folder of the project",
                ),
            ),
        )
        for scheme in ("oci", "ftp")
    ),
    Bad(
        "tags that AWS refuses",
        stack(CLUSTER, MODEL, 'tags: {"aws:team": ml, Name: x, "a&b": y}'),
        (
            Mistake(
                'tags."a&b"', 6, "AWS allows letters, digits, spaces and _ . : / = + - @", "write it without the others"
            ),
            Mistake("tags.Name", 6, "the program and Kubernetes set this tag", "write another name"),
            Mistake("tags.aws:team", 6, "aws: is reserved by AWS", "write another name"),
        ),
    ),
    Bad(
        "two-fold trouble in one section, and beyond",
        stack(create("zones: 9, foo: 1"), POOL, model("pool: l5, gpus: many"), "budget: {}"),
        (
            Mistake(
                "cluster.create.foo",
                4,
                "unknown key; known here: version, accountId, zones, network, name, access, systemNodes, addonVersions,"
                " amiRelease, nodeScaler",
            ),
            Mistake(
                "cluster.create.zones",
                4,
                "got the number 9",
                "write a number from 2 to 5 (EKS needs 2 zones; us-east-1 has 5 with GPUs)",
            ),
            Mistake(
                "models.a.gpus", 6, 'got "many"; allowed: a whole number from 0 to 16', "write, for example, gpus: 1"
            ),
            Mistake("models.a.pool", 6, "no pool l5; known: l4"),
            Mistake(
                "budget.usdPerMonth",
                7,
                "missing; needs a number over 0",
                "write the highest bill that you accept, or leave budget out for no limit",
            ),
        ),
    ),
    Bad(
        "allowed by a name that nothing has",
        stack(CLUSTER, POOL, MODEL, "allow: {replace: [l5, vpc], remove: [efs, clustr, l4-old, network]}"),
        (
            Mistake("allow.remove[0]", 7, "'efs' isn't the name of a guarded resource", "write cache"),
            Mistake("allow.remove[1]", 7, "'clustr' isn't the name of a guarded resource", "write cluster"),
            Mistake(
                "allow.replace[0]",
                7,
                "'l5' isn't the name of a guarded resource",
                f"write one of l4, {', '.join(GUARDED)}",
            ),
            Mistake("allow.replace[1]", 7, "'vpc' isn't the name of a guarded resource", "write network"),
        ),
    ),
    Bad(
        "more tags than AWS allows",
        stack(CLUSTER, MODEL, f"tags: {{{', '.join(f't{n}: x' for n in range(41))}}}"),
        (
            Mistake(
                "tags",
                6,
                "41 tags; AWS allows 50 per resource, and the program itself needs some of them",
                "write at most 40",
            ),
        ),
    ),
    Bad(
        "a tag that is too long",
        stack(CLUSTER, MODEL, f"tags: {{a: {257 * 'x'}}}"),
        (
            Mistake(
                "tags.a", 6, "AWS allows names of 1 to 128 characters and values of at most 256", "write it shorter"
            ),
        ),
    ),
)
