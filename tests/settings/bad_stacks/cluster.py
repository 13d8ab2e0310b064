"""`cluster`, `namespace` and `aws:region`."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, CPU, LAPTOP, MODEL, NODES, Bad, create, stack

_ADMIN = "arn:aws:iam::111122223333:role/platform"

BAD_CLUSTERS = (
    Bad(
        "a comma in a number of a short mapping",
        stack(CLUSTER, MODEL, "budget: {usdPerMonth: 45,000}"),
        (
            Mistake(
                "budget.usdPerMonth",
                6,
                "45,000: a comma can't be in a number; here it begins another key",
                "write usdPerMonth: 45000",
            ),
        ),
    ),
    Bad(
        "several commas in a number of a short mapping",
        stack(CLUSTER, MODEL, "budget: {usdPerMonth: 1,000,000, of: max}"),
        (
            Mistake(
                "budget.usdPerMonth",
                6,
                "1,000,000: a comma can't be in a number; here it begins another key",
                "write usdPerMonth: 1000000",
            ),
        ),
    ),
    Bad(
        "a comma before decimals, and points between thousands",
        stack(CLUSTER, MODEL, "budget: {usdPerMonth: 1.000,50}"),
        (
            Mistake(
                "budget.usdPerMonth",
                6,
                "1.000,50: a comma can't be in a number; here it begins another key",
                "write usdPerMonth: 1000.50, where decimals are allowed",
            ),
        ),
    ),
    Bad(
        "a number with a leading zero",
        stack(CLUSTER, MODEL, "budget: {usdPerMonth: 017}"),
        (
            Mistake(
                "budget.usdPerMonth",
                6,
                "017 is 15 in YAML: a leading zero makes it octal",
                'write 17, 15 if that was meant, or "017" for a text',
            ),
        ),
    ),
    Bad(
        "one node, and a pool of two",
        stack(LAPTOP.replace("}}", ", oneNode: true}}"), NODES, MODEL),
        (
            Mistake(
                "cluster.existing.oneNode",
                4,
                "true, and gpuPools has 2 nodes: l4",
                "leave oneNode out, or write one pool with nodes: 1",
            ),
        ),
    ),
    Bad(
        "nodes and kube-proxy of another version than the control plane",
        stack(
            create("amiRelease: 1.34.9-20260714, addonVersions: {kube-proxy: v1.36.0-eksbuild.21}"),
            MODEL,
        ),
        (
            Mistake(
                "cluster.create.addonVersions.kube-proxy",
                4,
                "v1.36.0-eksbuild.21 isn't of the cluster's version 1.35",
                "write v1.35.3-eksbuild.2, or leave it out",
            ),
            Mistake(
                "cluster.create.amiRelease",
                4,
                "1.34.9-20260714 isn't of the cluster's version 1.35",
                "write 1.35.6-20260714, or leave it out",
            ),
        ),
    ),
    Bad(
        "an add-on of the latest version",
        stack(create("addonVersions: {vpc-cni: latest}"), MODEL),
        (
            Mistake(
                "cluster.create.addonVersions.vpc-cni",
                4,
                'got "latest"; allowed: a version of an EKS add-on',
                "write, for example, vpc-cni: v1.21.1-eksbuild.1",
            ),
        ),
    ),
    Bad(
        "an AMI release whose driver is older than the engine's CUDA",
        stack('cluster: {create: {version: "1.33", amiRelease: 1.33.5-20251002, zones: 2}}', MODEL),
        (
            Mistake(
                "cluster.create.amiRelease",
                4,
                "nodes of AMI release 1.33.5-20251002 have NVIDIA driver 570.195.03;"
                " vLLM 0.32.0 is built with CUDA 13.0.3",
                "write a release with driver 580 or newer, as 1.33.13-20260714",
            ),
        ),
    ),
    Bad(
        "an AMI of no version",
        stack("cluster: {create: {amiRelease: 1.35.6-20260714, zones: 2}}", MODEL),
        (Mistake("cluster.create.amiRelease", 4, "of no version", 'write version: "1.35" beside it'),),
    ),
    Bad(
        "an add-on that isn't one of EKS's",
        stack(create("addonVersions: {coredn: v1.13.2-eksbuild.4}"), MODEL),
        (Mistake("cluster.create.addonVersions.coredn", 4, "unknown key; did you mean coredns?"),),
    ),
    Bad(
        "an admin written twice, and a viewer too",
        stack(create(f'access: {{admins: ["{_ADMIN}", "{_ADMIN}"], viewers: ["{_ADMIN}"]}}'), MODEL),
        (
            Mistake("cluster.create.access.admins[1]", 4, f"{_ADMIN} is in admins already", "leave it out here"),
            Mistake("cluster.create.access.viewers[0]", 4, f"{_ADMIN} is in admins already", "leave it out here"),
        ),
    ),
    Bad(
        "an unquoted version",
        stack("cluster: {create: {version: 1.30, zones: 2}}", MODEL),
        (
            Mistake(
                "cluster.create.version",
                4,
                "got the number 1.3; unquoted, 1.30 would become 1.3",
                'write "1.35" (known: "1.33", "1.34", "1.35", "1.36")',
            ),
        ),
    ),
    Bad(
        "an unquoted version of a cluster there, which may have any",
        stack("cluster: {existing: {context: kind-llm, version: 1.30}}", NODES, MODEL),
        (
            Mistake(
                "cluster.existing.version",
                4,
                "got the number 1.3; unquoted, 1.30 would become 1.3",
                'write "1.30" (known: "1.33", "1.34", "1.35", "1.36")',
            ),
        ),
    ),
    Bad(
        "a version that EKS doesn't have",
        stack('cluster: {create: {version: "1.29", zones: 2}}', MODEL),
        (
            Mistake(
                "cluster.create.version",
                4,
                "EKS version 1.29 isn't supported here",
                'write "1.35" (known: "1.33", "1.34", "1.35", "1.36")',
            ),
        ),
    ),
    Bad(
        "a version that EKS doesn't have, of a cluster there",
        stack('cluster: {existing: {eks: shared, version: "1.29"}}', NODES, MODEL),
        (
            Mistake(
                "cluster.existing.version",
                4,
                "EKS version 1.29 isn't supported here",
                'update the cluster to one of "1.33", "1.34", "1.35", "1.36", and write that',
            ),
        ),
    ),
    Bad(
        "create and existing",
        stack("cluster: {create: {}, existing: {context: kind-llm}}", MODEL),
        (
            Mistake(
                "cluster",
                4,
                "needs exactly one of create and existing",
                'write create: {version: "1.35", zones: 3} or existing: {context: NAME}',
            ),
        ),
    ),
    Bad(
        "neither context nor eks",
        stack("cluster: {existing: {}}", MODEL),
        (
            Mistake(
                "cluster.existing",
                4,
                "needs exactly one of context and eks",
                "write existing: {context: kind-llm} or existing: {eks: NAME}",
            ),
        ),
    ),
    Bad(
        "no region",
        stack(CLUSTER, MODEL, region=None),
        (
            Mistake(
                "aws:region",
                None,
                "missing; an EKS cluster is in a region",
                "write yours, such as aws:region: us-east-1",
            ),
        ),
    ),
    Bad(
        "too many zones",
        stack(create("zones: 9"), MODEL),
        (
            Mistake(
                "cluster.create.zones",
                4,
                "got the number 9",
                "write a number from 2 to 5 (EKS needs 2 zones; us-east-1 has 5 with GPUs)",
            ),
        ),
    ),
    Bad(
        "too many zones, where there are as many as EKS needs",
        stack(create("zones: 3"), MODEL, region="us-west-1"),
        (
            Mistake(
                "cluster.create.zones",
                4,
                "got the number 3",
                "write zones: 2 (EKS needs 2 zones; us-west-1 has 2 with GPUs)",
            ),
        ),
    ),
    Bad(
        "one zone",
        stack(create("zones: [use1-az1]"), MODEL),
        (Mistake("cluster.create.zones", 4, "one zone; EKS needs 2 at least", "write zones: [use1-az1, use1-az2]"),),
    ),
    Bad(
        "zones of another region, and not served by EKS",
        stack(create("zones: [use1-az1, use1-az3, euw1-az1]"), MODEL),
        (
            Mistake(
                "cluster.create.zones[1]",
                4,
                "use1-az3 isn't a zone of us-east-1 that EKS serves and that has GPUs",
                "write one of use1-az1, use1-az2, use1-az4, use1-az5, use1-az6",
            ),
            Mistake(
                "cluster.create.zones[2]",
                4,
                "euw1-az1 isn't a zone of us-east-1 that EKS serves and that has GPUs",
                "write one of use1-az1, use1-az2, use1-az4, use1-az5, use1-az6",
            ),
        ),
    ),
    Bad(
        "a zone name for a zone id",
        stack(create("zones: [us-east-1a, us-east-1b]"), MODEL),
        (
            Mistake(
                "cluster.create.zones[0]",
                4,
                'got "us-east-1a"; that is a name, which differs between accounts',
                "write the id of that zone, one of use1-az1, use1-az2, use1-az4, use1-az5, use1-az6",
            ),
            Mistake(
                "cluster.create.zones[1]",
                4,
                'got "us-east-1b"; that is a name, which differs between accounts',
                "write the id of that zone, one of use1-az1, use1-az2, use1-az4, use1-az5, use1-az6",
            ),
        ),
    ),
    Bad(
        "a CIDR with host bits",
        stack(create("network: {cidr: 10.0.5.0/16}"), MODEL),
        (Mistake("cluster.create.network.cidr", 4, "10.0.5.0/16 has bits set after its /16", "write 10.0.0.0/16"),),
    ),
    Bad(
        "a CIDR that is too small",
        stack(create("network: {cidr: 10.0.0.0/24}"), MODEL),
        (
            Mistake(
                "cluster.create.network.cidr",
                4,
                "a /24; a VPC here is a /16 to a /20, cut into two subnets per zone",
                "write cidr: 10.0.0.0/16",
            ),
        ),
    ),
    Bad(
        "an office that is no network",
        stack(create("access: {apiFrom: [203.0.113.300/24]}"), MODEL),
        (
            Mistake(
                "cluster.create.access.apiFrom[0]",
                4,
                "203.0.113.300/24 isn't an IPv4 network",
                "write one such as 10.0.0.0/16",
            ),
        ),
    ),
    Bad(
        "a VPC that exists, and a CIDR",
        stack(create("network: {vpcId: vpc-0ab1, cidr: 10.0.0.0/16, nat: one}"), MODEL),
        (
            Mistake(
                "cluster.create.network.cidr",
                4,
                "is of a new VPC, and vpcId names one that exists",
                "leave cidr or vpcId out",
            ),
            Mistake(
                "cluster.create.network.nat",
                4,
                "is of a new VPC, and vpcId names one that exists",
                "leave nat or vpcId out",
            ),
            Mistake(
                "cluster.create.network.vpcId",
                4,
                "a VPC that exists needs privateSubnetIds",
                "write privateSubnetIds: [subnet-0ab1, subnet-0ab2], in two zones at least",
            ),
        ),
    ),
    Bad(
        "one subnet",
        stack(create("network: {vpcId: vpc-0ab1, privateSubnetIds: [subnet-0ab1]}"), MODEL),
        (
            Mistake(
                "cluster.create.network.privateSubnetIds",
                4,
                "got 1; allowed: a list of at least 2, each a subnet id",
                "write, for example, privateSubnetIds: [subnet-0ab1, subnet-0ab2]",
            ),
        ),
    ),
    Bad(
        "subnets of no VPC",
        stack(create("network: {privateSubnetIds: [subnet-0ab1, subnet-0ab2]}"), MODEL),
        (
            Mistake(
                "cluster.create.network.privateSubnetIds",
                4,
                "subnets of no VPC",
                "write vpcId beside it, or leave privateSubnetIds out",
            ),
        ),
    ),
    Bad(
        "not an ARN",
        stack(create("access: {admins: [platform-team]}"), MODEL),
        (
            Mistake(
                "cluster.create.access.admins[0]",
                4,
                'got "platform-team"; allowed: an IAM ARN',
                "write arn:aws:iam::111122223333:role/platform-team",
            ),
        ),
    ),
    Bad(
        "system nodes that are too small",
        stack(create("systemNodes: {instanceType: m5.large}"), MODEL),
        (
            Mistake(
                "cluster.create.systemNodes.instanceType",
                4,
                "m5.large is too small: a system node needs at least 4 vCPUs and 16 GiB",
                "write one of m5.xlarge, t4g.xlarge, m6g.xlarge, m7g.xlarge, t3.xlarge, m7i-flex.xlarge",
            ),
        ),
    ),
    Bad(
        "a namespace of Kubernetes' own",
        stack(LAPTOP, "namespace: {name: kube-system}", CPU, region=None),
        (
            Mistake(
                "namespace.name",
                4,
                "the namespace kube-system belongs to Kubernetes and can't be created",
                "write another name, e.g. llm",
            ),
        ),
    ),
    Bad(
        "the same zone twice",
        stack(create("zones: [use1-az1, use1-az1]"), MODEL),
        (Mistake("cluster.create.zones", 4, "the same zone twice", "write zones: [use1-az1, use1-az2]"),),
    ),
    Bad(
        "somebody else's addresses",
        stack(create("network: {cidr: 52.0.0.0/16}"), MODEL),
        (
            Mistake(
                "cluster.create.network.cidr",
                4,
                "public addresses, which are somebody else's",
                "write cidr: 10.0.0.0/16",
            ),
        ),
    ),
    Bad(
        "system nodes t4g.large, which are too small",
        stack(create("systemNodes: {instanceType: t4g.large}"), MODEL),
        (
            Mistake(
                "cluster.create.systemNodes.instanceType",
                4,
                "t4g.large is too small: a system node needs at least 4 vCPUs and 16 GiB",
                "write one of t4g.xlarge, m6g.xlarge, m7g.xlarge, t3.xlarge, m7i-flex.xlarge, m5.xlarge",
            ),
        ),
    ),
    Bad(
        "system nodes t4g.medium, which are too small",
        stack(create("systemNodes: {instanceType: t4g.medium}"), MODEL),
        (
            Mistake(
                "cluster.create.systemNodes.instanceType",
                4,
                "t4g.medium is too small: a system node needs at least 4 vCPUs and 16 GiB",
                "write one of t4g.xlarge, m6g.xlarge, m7g.xlarge, t3.xlarge, m7i-flex.xlarge, m5.xlarge",
            ),
        ),
    ),
    Bad(
        "system nodes t3.medium, which are too small",
        stack(create("systemNodes: {instanceType: t3.medium}"), MODEL),
        (
            Mistake(
                "cluster.create.systemNodes.instanceType",
                4,
                "t3.medium is too small: a system node needs at least 4 vCPUs and 16 GiB",
                "write one of t4g.xlarge, m6g.xlarge, m7g.xlarge, t3.xlarge, m7i-flex.xlarge, m5.xlarge",
            ),
        ),
    ),
    Bad(
        "a wrong region and nothing that follows from it",
        stack(
            CLUSTER,
            MODEL,
            'gateway: {domain: l.acme.io, certificateArn: "arn:aws:acm:eu-central-1:210987654321:certificate/1"}',
            region="eu-centrall-1",
        ),
        (Mistake("aws:region", 2, "unknown region; did you mean eu-central-1?"),),
    ),
    Bad(
        "unknown system nodes",
        stack(create("systemNodes: {instanceType: m7i.huge}"), MODEL),
        (
            Mistake(
                "cluster.create.systemNodes.instanceType",
                4,
                "unknown instance type m7i.huge",
                "write one of m7i.xlarge, t4g.xlarge, m6g.xlarge, m7g.xlarge, t3.xlarge, m7i-flex.xlarge, m5.xlarge",
            ),
        ),
    ),
)
