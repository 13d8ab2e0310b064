"""All mistakes of a file are said in the first round. Only what depends on a wrong value waits."""

from pathlib import Path

import pytest

from infra.settings.mistakes import BadStackFile
from infra.stack_file import load_file
from tests.settings.bad_stacks.writing import CLUSTER, CPU, EKS, LAPTOP, MODEL, POOL, create, model, pool, stack

ARN = "arn:aws:acm:eu-central-1:2222:certificate/5f0c"  # an account has twelve digits
AMAZON = "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1f0c2a"

# The file, and of each mistake its path and words of it.
FILES = {
    "hours that overlap, never open and are nowhere, two scalers by one resource, and nothing that measures": (
        stack(
            LAPTOP,
            "models:",
            "  a:",
            '    model: "llama3.2:1b"',
            "    engine: ollama",
            "    gpus: 0",
            "    replicas: {min: 1, max: 3}",
            "    verticalScaling: Recreate",
            "  b:",
            '    model: "llama3.2:3b"',
            "    engine: ollama",
            "    gpus: 0",
            "    replicas: {min: 0, max: 2}",
            "    schedule:",
            '      - {days: mon, from: "08:00", to: "12:00", timezone: Europe/Amsterdam, min: 1}',
            '      - {days: mon, from: "10:00", to: "13:00", timezone: Europe/Amsterdam, min: 2}',
            '      - {days: sat, from: "09:00", to: "09:00", timezone: Europe/Amsterdam, min: 2}',
            '      - {days: sun, from: "09:00", to: "10:00", timezone: Europe/Utrecht, min: 2}',
            "addons: {metricsServer: disabled, verticalPodAutoscaler: disabled, keda: disabled}",
            "gateway: {replicas: {min: 2, max: 4}, verticalScaling: Initial}",
            region=None,
        ),
        {
            "models.a.verticalScaling": ["models.a.replicas scales by CPU: they would fight"],
            "models.b.schedule[1]": ["overlaps with schedule[0]"],
            "models.b.schedule[2].to": ["the window never opens"],
            "models.b.schedule[3].timezone": ["unknown time zone Europe/Utrecht"],
            "addons.metricsServer": [
                "a scales between its replicas with it",
                "models.a.verticalScaling goes by what it measures",
                "the gateway scales between its replicas with it",
            ],
            "addons.verticalPodAutoscaler": ["models.a.verticalScaling needs it"],
            "addons.keda": ["b scales between its replicas with it"],
            "addons.prometheus": ["its address isn't given"],
            "gateway.verticalScaling": ["gateway.replicas scales by CPU: they would fight"],
        },
    ),
    "nothing wakes a sleeping model, shares outside 1 to 99, fallbacks that can't answer, an external without a key": (
        stack(
            LAPTOP,
            "models:",
            '  zero: {model: "llama3.2:1b", engine: ollama, gpus: 0, replicas: {min: 0, max: 1}}',
            '  none: {model: "llama3.2:1b", engine: ollama, gpus: 0, rollout: {strategy: canary, weight: 0},'
            " next: {maxModelLen: 4096}, fallback: none}",
            '  over: {model: "llama3.2:1b", engine: ollama, gpus: 0, rollout: {strategy: canary, weight: 100},'
            " next: {maxModelLen: 4096}, fallback: zero}",
            "addons: {keda: disabled, prometheus: install}",
            "external:",
            '  gpt: {baseUrl: "https://api.example.net/v1", model: x}',
            "gateway: {clients: {web: {models: [gpt]}}}",
            region=None,
        ),
        {
            "addons.keda": ["disabled, and zero scales between its replicas with it"],
            "models.none.rollout.weight": ["allowed for canary: 1 to 99"],
            "models.over.rollout.weight": ["allowed for canary: 1 to 99"],
            "models.none.fallback": ["the model itself"],
            "models.over.fallback": ["zero sleeps while nobody asks"],
            "external.gpt.keySecret": ["missing"],
        },
    ),
    "an invalid certificate on nginx": (
        stack(CLUSTER, MODEL, f'gateway: {{domain: x.example.com, ingressClass: nginx, certificateArn: "{ARN}"}}'),
        {"gateway.certificateArn": ["allowed: an ACM certificate ARN", "only an ALB takes an ACM certificate"]},
    ),
    "what only an ALB has, all invalid, on nginx": (
        stack(
            LAPTOP,
            CPU,
            "gateway: {domain: bad_domain, ingressClass: nginx, wafAclArn: x, inboundCidrs: [office, 10.0.0.1/8]}",
            "tags: {team: 4711}",
            "prices: {discountPercent: ten}",
            region=None,
        ),
        {
            "gateway.domain": ["allowed: a domain"],
            "gateway.wafAclArn": ["allowed: a web ACL ARN", "only an ALB reads it"],
            "gateway.inboundCidrs": ["only an ALB and loadBalancer read it"],
            "gateway.inboundCidrs[0]": ["allowed: an IPv4 CIDR"],
            "gateway.inboundCidrs[1]": ["has bits set after its /8"],
            "tags": ["tags are those of AWS resources"],
            "tags.team": ["text has to be in quotes"],
            "prices.discountPercent": ["allowed: a number", "a discount on AWS prices"],
        },
    ),
    "a certificate, a Secret and a namespace, none of them valid, on an ALB": (
        stack(
            CLUSTER,
            MODEL,
            "gateway: {domain: x.example.com, certificateArn: mine, tlsSecret: My_Secret, namespace: Ingress}",
        ),
        {
            "gateway.certificateArn": ["allowed: an ACM certificate ARN"],
            "gateway.tlsSecret": ["allowed: a name", "certificateArn and tlsSecret both"],
            "gateway.namespace": ["allowed: a name", "an ALB is outside the cluster"],
        },
    ),
    "lists with one wrong element, and others": (
        stack(
            create(
                "zones: [us-east-1a, use1-az9, euw1-az1], access: {admins: [platform,"
                ' "arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/a"],'
                " apiFrom: [office, 203.0.113.300/24]}"
            ),
            MODEL,
        ),
        {
            "cluster.create.zones[0]": ["that is a name"],
            "cluster.create.zones[1]": ["use1-az9 isn't a zone of us-east-1"],
            "cluster.create.zones[2]": ["euw1-az1 isn't a zone of us-east-1"],
            "cluster.create.access.admins[0]": ["allowed: an IAM ARN"],
            "cluster.create.access.admins[2]": ["is in admins already"],
            "cluster.create.access.apiFrom[0]": ["allowed: an IPv4 CIDR"],
            "cluster.create.access.apiFrom[1]": ["isn't an IPv4 network"],
        },
    ),
    "arguments, one of them a number": (
        stack(CLUSTER, model("extraArgs: [--port=80, --seed, 4, --eager], quantization: fp-8, pool: l5")),
        {
            "models.a.extraArgs[0]": ["--port is the program's own"],
            "models.a.extraArgs[2]": ["text has to be in quotes"],
            "models.a.extraArgs[3]": ["has no --eager"],
            "models.a.quantization": ["unknown quantization fp-8"],
            "models.a.pool": ["no pool l5"],
        },
    ),
    "a VPC that exists and a new one, with invalid ids": (
        stack(
            create("network: {vpcId: main, cidr: 10.0.0.0, nat: three, publicSubnetIds: [a]}"),
            MODEL,
            "gateway: {domain: x.example.com, timeoutSeconds: 7200}",
        ),
        {
            "cluster.create.network.vpcId": ["allowed: a VPC id", "a VPC that exists needs privateSubnetIds"],
            "cluster.create.network.cidr": ["allowed: an IPv4 CIDR", "is of a new VPC"],
            "cluster.create.network.nat": ["allowed: one, perZone", "is of a new VPC"],
            "cluster.create.network.publicSubnetIds[0]": ["allowed: a subnet id"],
            "gateway.timeoutSeconds": ["allowed: a whole number from 1 to 4000"],
        },
    ),
    "invalid subnets of no VPC, and a version that EKS doesn't have": (
        stack(
            'cluster: {create: {version: "1.29", network: {privateSubnetIds: [a, b]}, systemNodes: {count: 1}}}',
            MODEL,
            "cache: {kind: efs, size: 100GB}",
        ),
        {
            "cluster.create.version": ["EKS version 1.29 isn't supported here"],
            "cluster.create.network.privateSubnetIds": ["subnets of no VPC"],
            "cluster.create.network.privateSubnetIds[0]": ["allowed: a subnet id"],
            "cluster.create.network.privateSubnetIds[1]": ["allowed: a subnet id"],
            "cluster.create.systemNodes.count": ["allowed: a whole number from 2 to 20"],
            "cache.size": ["allowed: a size in Gi or Ti", "EFS has no size"],
        },
    ),
    "types and existing nodes in one pool": (
        stack(
            LAPTOP,
            "gpuPools: {l4: {instanceTypes: [g6], nodeGroups: two, existing: {gpu: L4, gpusPerNode: many,"
            " nodes: 2, selector: {pool: gpu}, tolerations: [{operator: Is}, {operator: Exists, value: x}]}}}",
            model("gpus: few, pool: l4"),
            region=None,
        ),
        {
            "gpuPools.l4": ["needs exactly one of instanceTypes and existing"],
            "gpuPools.l4.instanceTypes": ["can add nodes only to a cluster on EKS"],
            "gpuPools.l4.instanceTypes[0]": ["allowed: an instance type"],
            "gpuPools.l4.nodeGroups": ["allowed: one, perZone", "in no node group"],
            "gpuPools.l4.existing.gpusPerNode": ["allowed: a whole number"],
            "gpuPools.l4.existing.tolerations[0].operator": ["allowed: Exists, Equal"],
            "gpuPools.l4.existing.tolerations[1]": ["Exists takes no value"],
            "models.a.gpus": ["allowed: a whole number"],
        },
    ),
    "types, one invalid, one unknown, one without spot": (
        stack(CLUSTER, pool("instanceTypes: [G6, g6.3xlarge, m7i.xlarge], min: 4, max: 2"), model("pool: l5")),
        {
            "gpuPools.l4.instanceTypes[0]": ["allowed: an instance type"],
            "gpuPools.l4.instanceTypes[1]": ["unknown GPU instance type g6.3xlarge"],
            "gpuPools.l4.instanceTypes[2]": ["m7i.xlarge has no GPU"],
            "gpuPools.l4": ["min 4 is more than max 2"],
            "models.a.pool": ["no pool l5; known: l4"],
        },
    ),
    "two clusters, one of them invalid": (
        stack(
            'cluster: {create: {version: "1.35", zones: 9}, existing: {context: ""}}',
            MODEL,
            "namespace: {name: kube-system}",
        ),
        {
            "cluster": ["needs exactly one of create and existing"],
            "cluster.create.zones": ["got the number 9"],
            "cluster.existing.context": ["allowed: "],
            "namespace.name": ["belongs to Kubernetes"],
        },
    ),
    "a context and an EKS cluster, whose name and version are wrong": (
        stack('cluster: {existing: {context: kind, eks: "a b", version: "1.29"}}', MODEL, "protect: maybe"),
        {
            "cluster.existing": ["needs exactly one of context and eks"],
            "cluster.existing.eks": ["allowed: an EKS cluster name"],
            "cluster.existing.version": ["EKS version 1.29 isn't supported here"],
            "protect": ["allowed: true or false"],
        },
    ),
    "two ways to log in, both invalid, at no address": (
        stack(
            EKS,
            CPU,
            "addons: {keda: on, prometheus: {existing: {auth: {bearerSecret: {name: My_Secret}, basicSecret: none}}}}",
        ),
        {
            "addons.keda": ["allowed: install, existing, disabled"],
            "addons.prometheus.existing.auth": ["got bearerSecret and basicSecret", "a login without an address"],
            "addons.prometheus.existing.auth.bearerSecret.name": ["allowed: a name"],
            "addons.prometheus.existing.auth.basicSecret": ["allowed: "],
        },
    ),
    "what Ollama has no use for, all of it invalid": (
        stack(
            CLUSTER,
            'models: {a: {model: "llama3.2:1b", engine: ollama, quantization: 4, maxNumSeqs: 0,'
            " gpuMemoryUtilization: 95, gpus: 0, pool: L4}}",
            POOL,
        ),
        {
            "models.a.quantization": ["text has to be in quotes", "an Ollama tag names its own quantization"],
            "models.a.maxNumSeqs": ["allowed: a whole number", "Ollama answers as many requests"],
            "models.a.gpuMemoryUtilization": ["allowed: a number", "Ollama decides itself"],
            "models.a.pool": ["allowed: a pool name", "a pool is for GPUs, and gpus is 0"],
        },
    ),
    "two shapes, both wrong, and a class of storage beside another kind": (
        stack(
            CLUSTER,
            "models: {a: {model: acme/m, like: [x], architecture: 7}}",
            "cache: {kind: ebs, storageClass: Fast_Disk}",
            "budget: {usdPerMonth: -1}",
            "mirror: {charts: /charts}",
        ),
        {
            "models.a.like": ["allowed: a model id", "like and architecture both give the shape"],
            "models.a.architecture": ["text has to be in quotes"],
            "cache.storageClass": ["allowed: a name", "kind ebs has its own class"],
            "budget.usdPerMonth": ["allowed: a number over 0"],
            "mirror.charts": ["an absolute path"],
        },
    ),
    "names in allow, one of them a number": (
        stack(CLUSTER, POOL, MODEL, "allow: {replace: [4, l5, vpc], remove: [clustr]}", "prices: {table: nowhere.csv}"),
        {
            "allow.replace[0]": ["text has to be in quotes"],
            "allow.replace[1]": ["'l5' isn't the name of a guarded resource"],
            "allow.replace[2]": ["'vpc' isn't the name of a guarded resource"],
            "allow.remove[0]": ["'clustr' isn't the name of a guarded resource"],
            "prices.table": ["no such file"],
        },
    ),
}


def _said(folder: Path, text: str) -> dict[str, list[str]]:
    path = folder / "Pulumi.dev.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadStackFile) as caught:
        load_file(path)
    said: dict[str, list[str]] = {}
    for mistake in caught.value.mistakes:
        said.setdefault(mistake.path, []).append(mistake.got)
    return said


@pytest.mark.parametrize("name", FILES)
def test_every_mistake_is_said_in_the_first_round(name: str, tmp_path: Path) -> None:
    text, expected = FILES[name]
    said = _said(tmp_path, text)
    assert said.keys() == expected.keys()
    for path, words in expected.items():
        assert len(said[path]) == len(words), said[path]
        assert all(any(each in got for got in said[path]) for each in words), said[path]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (stack(create("network: {vpcld: vpc-0ab1, privateSubnetIds: [subnet-0ab1, subnet-0ab2]}"), MODEL), ["vpcld"]),
        (stack(create("network: {vpcId: vpc-0ab1, privateSubnetId: [subnet-0ab1]}"), MODEL), ["privateSubnetId"]),
        (stack(CLUSTER, pool("instanceTyps: [g6.xlarge]"), MODEL), ["instanceTyps"]),
        (stack("cluster: {exsting: {context: kind-llm}}", MODEL), ["exsting"]),
        (stack(CLUSTER, pool("instanceTypes: [G6, p5.48xlarge]"), MODEL), ["instanceTypes[0]"]),
        (
            stack(CLUSTER, f"addons: {{prometheus: {{existing: {{ulr: {AMAZON}, auth: {{sigv4: {{}}}}}}}}}}", MODEL),
            ["ulr"],
        ),
    ],
)
def test_what_follows_from_a_mistake_is_not_said(text: str, paths: list[str], tmp_path: Path) -> None:
    assert [path.rpartition(".")[2] for path in _said(tmp_path, text)] == paths


@pytest.mark.parametrize(
    ("region", "certificate", "proposed", "arn_of"),
    [
        ("eu-centrl-1", "eu-central-1", "did you mean eu-central-1?", "eu-central-1"),
        ("eu-centrl-1", "nowhere", "did you mean eu-central-1?", "eu-central-1"),
        ("eu-centrl-1", "us-east-1", "did you mean eu-central-1?", "eu-central-1"),
        ("us-est-1", "us-west-1", "did you mean us-west-1?", "us-west-1"),
        ("us-est-1", "nowhere", "did you mean us-east-1 or us-west-1?", "us-east-1"),
        ("eu-west", "eu-west-3", "did you mean eu-west-3?", "eu-west-3"),
        ("EU-Central-1", "nowhere", "did you mean eu-central-1?", "eu-central-1"),
        ("Frankfurt", "eu-central-1", "did you mean eu-central-1?", "eu-central-1"),
        (None, "eu-central-1", "missing", "eu-central-1"),
        (None, "nowhere", "missing", "REGION"),
        ("nirgendwo", "nowhere", "unknown region; known: ", "REGION"),
    ],
)
def test_a_region_is_proposed_from_its_spelling_and_from_the_file(
    region: str | None, certificate: str, proposed: str, arn_of: str, tmp_path: Path
) -> None:
    """The ARN is wrong too: its account has four digits."""
    arn = ARN.replace("eu-central-1", certificate)
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(
        stack(CLUSTER, MODEL, f'gateway: {{domain: x.example.com, certificateArn: "{arn}"}}', region=region)
    )
    with pytest.raises(BadStackFile) as caught:
        load_file(path)
    said = {mistake.path: mistake for mistake in caught.value.mistakes}
    assert proposed in said["aws:region"].got
    nowhere = "write yours, such as aws:region: us-east-1"
    wanted = nowhere if arn_of == "REGION" else f"write aws:region: {arn_of}"
    assert region is not None or said["aws:region"].write == wanted
    example = f"arn:aws:acm:{arn_of}:111122223333:certificate/5f0c"
    assert said["gateway.certificateArn"].write == f"write certificateArn: {example}"


def test_zones_are_proposed_of_the_region_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(stack(create("zones: [first, euc1-az2]"), MODEL, region="eu-cntral-1"))
    with pytest.raises(BadStackFile) as caught:
        load_file(path)
    assert [mistake.write for mistake in caught.value.mistakes][1:] == ["write euc1-az1"]
