"""What a change does to exposure, egress, permissions, clients, and code from elsewhere."""

import json
from typing import Any

import pytest

from infra.cli.diff.access_rows import each, summary
from infra.diff.access import HEADINGS, access_changed
from infra.diff.access.said import Said
from infra.diff.difference import compare
from infra.sides.types import Side
from tests.diff.stacks import base, edited, side
from tests.example_stacks import ALL_STACKS, planned

MORE = {"model": "llama3.2:3b", "engine": "ollama", "gpus": 0}
ADMIN = "arn:aws:iam::111122223333:role/other"
# The stack, the edit, and by heading a text that appears or disappears; the other headings say nothing.
CASES: dict[str, tuple[str, dict[str, Any], dict[str, tuple[str, str]]]] = {
    "replicas": ("cloud", {"models.chat.replicas.max": 4}, {}),
    "a tag": ("cloud", {"tags.team": "search"}, {}),
    "open to the internet": (
        "cloud",
        {"gateway.expose": "public", "gateway.clients": {"web": {}}},
        {
            "exposure": ("chat.llm.example.com/", "+ from the internet"),
            "clients": ("client web", "+ has key 1, made at random"),
        },
    ),
    "no certificate any more": (
        "cloud",
        {"gateway.certificateArn": None},
        {"exposure": ("chat.llm.example.com/", "+ in plain HTTP: keys, prompts and answers aren't encrypted")},
    ),
    "who reaches the API": (
        "cloud",
        {"cluster.create.access": {"apiFrom": ["203.0.113.0/24"]}},
        {"exposure": ("the cluster's API", "+ from 203.0.113.0/24")},
    ),
    "another admin": (
        "cloud",
        {"cluster.create.access.admins": [ADMIN]},
        {"iam": (ADMIN, "+ may do everything in the whole cluster (AmazonEKSClusterAdminPolicy)")},
    ),
    "a model more": (
        "own",
        {"models.more": MORE},
        {
            "exposure": ("more.llm.example.com/", "+ by the ingress class nginx"),
            "egress": ("registry.ollama.ai (download Job only)", "+ llama3.2:3b"),
            "clients": ("client default", "+ may call more"),
        },
    ),
    "a client that may call one model": (
        "cloud",
        {"gateway.clients": {"web": {"models": ["chat"]}}},
        {"clients": ("client web", "+ may call chat")},
    ),
    "a hosted model, and a fallback to it": (
        "cloud",
        {
            "external": {"gpt": {"baseUrl": "https://api.example.net/v1", "model": "x", "keySecret": "externalKey-x"}},
            "gateway.clients": {"web": {"models": ["all", "gpt"]}},
            "models.chat.fallback": {"to": "gpt", "afterSeconds": 60},
        },
        {
            "egress": ("https://api.example.net/v1 (external gpt)", "+ gets prompts of client web"),
            "clients": ("client web", "+ may call gpt"),
        },
    ),
    "another key beside the first": (
        "cloud",
        {"gateway.clients": {"default": {"keys": [1, 2]}}},
        {"clients": ("client default", "+ has key 2, made at random")},
    ),
    "a limit of a client": (
        "cloud",
        {"gateway.clients": {"default": {"concurrentRequests": 5}}},
        {"clients": ("client default", "+ at most 5 requests at once and 300 requests per minute")},
    ),
    "a namespace of a client": (
        "cloud",
        {"gateway.clients": {"default": {"namespace": "shop"}}},
        {"clients": ("client default", "+ has its Secret in namespace shop too")},
    ),
    "another model": (
        "own",
        {"models.chat.model": "Qwen/Qwen3-4B", "models.chat.revision": None},
        {"egress": ("huggingface.co (download Job only)", "+ Qwen/Qwen3-4B")},
    ),
}


def said(found: dict[str, Said], thing: str) -> list[str]:
    statements = found[thing]
    return [*(f"+ {text}" for text in statements.added), *(f"- {text}" for text in statements.removed)]


@pytest.mark.parametrize(("stack", "edit", "wanted"), CASES.values(), ids=CASES)
def test_it_is_shown_under_its_heading(stack: str, edit: dict[str, Any], wanted: dict[str, tuple[str, str]]) -> None:
    found = access_changed(base(stack), side(stack, edited(stack, edit)))
    for heading, (thing, statement) in wanted.items():
        assert statement in said(dict(found[heading]), thing)
    assert {heading for heading, things in found.items() if things} == set(wanted)


ON_OLLAMA = {"model": "llama3.2:1b", "engine": "ollama", "gpus": 1, "revision": None}


def of_version_1(side: Side) -> Side:
    """As a program without the gateway said it: each model has its own key, or none."""
    plan = {key: value for key, value in side.plan.items() if key != "gateway"}
    outputs = {key: value for key, value in side.outputs.items() if key != "gateway"}
    return Side({**plan, "outputs": outputs}, side.config)


def test_another_engine_is_called_by_the_same_clients() -> None:
    after = side("own", edited("own", {f"models.chat.{key}": value for key, value in ON_OLLAMA.items()}))
    difference = compare("own", base("own"), after)
    (limits,) = difference.access["clients"].values()
    assert all("at once" in each for each in (*limits.added, *limits.removed)), "it computes fewer at once"
    (chat,) = [each for each in difference.notices if each.model == "chat"]
    assert not any("its key" in each for each in chat.afterwards)


def test_the_key_of_each_model_gives_way_to_the_clients() -> None:
    found = compare("own", of_version_1(base("own")), base("own")).access["clients"]
    assert said(dict(found), "chat") == ["- whoever has the key in Secret diffed/chat-api-key"]
    assert "+ may call chat" in said(dict(found), "client default")


def made(type_: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:s::p::{type_}::{name}", "type": type_, "name": name, "inputs": inputs}


def pod(image: str = "x/y:1", args: tuple[str, ...] = (), **spec: Any) -> dict[str, Any]:
    inside = {"automountServiceAccountToken": False, "containers": [{"image": image, "args": list(args)}], **spec}
    template = {"metadata": {"labels": {"app": "chat"}}, "spec": inside}
    metadata = {"name": "chat", "namespace": "llm"}
    return made("kubernetes:apps/v1:Deployment", "chat", {"metadata": metadata, "spec": {"template": template}})


def policy(direction: str, peer: dict[str, Any]) -> dict[str, Any]:
    rules = [{"from" if direction == "Ingress" else "to": [peer], "ports": [{"port": 80, "protocol": "TCP"}]}]
    spec = {"podSelector": {"matchLabels": {"app": "chat"}}, "policyTypes": [direction], direction.lower(): rules}
    metadata = {"name": "chat", "namespace": "llm"}
    return made("kubernetes:networking.k8s.io/v1:NetworkPolicy", "p", {"metadata": metadata, "spec": spec})


def role_policy(actions: list[str]) -> dict[str, Any]:
    text = json.dumps({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
    return made("aws:iam/rolePolicy:RolePolicy", "p", {"policy": text, "role": "${r.name}"})


def rule(cidr: str) -> dict[str, Any]:
    inputs = {"securityGroupId": "${g.id}", "cidrIpv4": cidr, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
    return made("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "r", inputs)


def chart(version: str) -> dict[str, Any]:
    inputs = {"chart": "keda", "repositoryOpts": {"repo": "https://a.b/c"}, "version": version, "values": {}}
    return made("kubernetes:helm.sh/v3:Release", "keda", inputs)


def nodes(release: str | None, version: str | None = None) -> dict[str, Any]:
    inputs = {"amiType": "AL2023", "releaseVersion": release, "version": version}
    return made("aws:eks/nodeGroup:NodeGroup", "n", {key: value for key, value in inputs.items() if value})


NARROW, WIDE = {"ipBlock": {"cidr": "10.0.0.0/16"}}, {"ipBlock": {"cidr": "0.0.0.0/0"}}
KINDS: dict[str, tuple[str, list[dict[str, Any]], list[dict[str, Any]], list[str]]] = {
    "a policy that is gone": (
        "exposure",
        [pod(), policy("Ingress", NARROW)],
        [pod()],
        ["+ from every pod of the cluster", "- from 10.0.0.0/16 (TCP 80)"],
    ),
    "a policy that lets out more": (
        "egress",
        [pod(), policy("Egress", NARROW)],
        [pod(), policy("Egress", WIDE)],
        ["+ to 0.0.0.0/0 (TCP 80)", "- to 10.0.0.0/16 (TCP 80)"],
    ),
    "a security group": (
        "exposure",
        [rule("10.0.0.0/16")],
        [rule("0.0.0.0/0")],
        ["+ from 0.0.0.0/0 (tcp 443)", "- from 10.0.0.0/16 (tcp 443)"],
    ),
    "an action more": (
        "iam",
        [role_policy(["s3:Get"])],
        [role_policy(["s3:Get", "s3:*"])],
        ["+ may s3:* on everything"],
    ),
    "a token of Kubernetes": (
        "iam",
        [pod()],
        [pod(automountServiceAccountToken=True)],
        ["+ carry the token of service account default"],
    ),
    "an image": ("code_from_elsewhere", [pod("x/y:1")], [pod("x/y:2")], ["+ 2", "- 1"]),
    "a registry with a port": (
        "code_from_elsewhere",
        [pod("r:5/y")],
        [pod("r:5/y@sha256:a")],
        ["+ @sha256:a", "- latest"],
    ),
    "code of a repository": (
        "code_from_elsewhere",
        [pod()],
        [pod(args=("--trust-remote-code",))],
        ["+ runs in pods of chat"],
    ),
    "a chart": ("code_from_elsewhere", [chart("1")], [chart("2")], ["+ 2", "- 1"]),
    "a machine image": ("code_from_elsewhere", [nodes("1")], [nodes("2")], ["+ 2", "- 1"]),
    "a machine image that nobody names": (
        "code_from_elsewhere",
        [nodes(None, "1.35")],
        [nodes(None)],  # of a cluster that exists, whose version is read when the group is made
        ["+ the one for its cluster's Kubernetes version", "- the newest for Kubernetes 1.35"],
    ),
}


@pytest.mark.parametrize(("heading", "old", "new", "wanted"), KINDS.values(), ids=KINDS)
def test_each_kind_of_resource_is_read(
    heading: str, old: list[dict[str, Any]], new: list[dict[str, Any]], wanted: list[str]
) -> None:
    found = access_changed(Side({"resources": old}), Side({"resources": new}))
    assert {each for each, things in found.items() if things} == {heading}
    (thing,) = found[heading]
    assert said(dict(found[heading]), thing) == wanted


def document(**statement: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Resource": "*", **statement}]})


POLICY, TRUST = "aws:iam/rolePolicy:RolePolicy", "aws:iam/role:Role"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
RULE = {"resources": ["configmaps"], "resourceNames": ["addresses"], "verbs": ["get", "*"]}
BOUND = {"roleRef": {"kind": "Role", "name": "reader"}, "metadata": {"name": "readers", "namespace": "llm"}}
PODS = {"kind": "Group", "name": "system:serviceaccounts:shop"}
# By what stands in a resource: its type, its inputs, who, and what they may.
WHO_MAY: dict[str, tuple[str, dict[str, Any], str, list[str]]] = {
    "an action on a prefix, under a condition": (
        POLICY,
        {
            "role": "${chat-role.name}",
            "policy": document(
                Action="s3:ListBucket",
                Resource="arn:aws:s3:::b",
                Condition={"StringLike": {"s3:prefix": ["a/*", "b/*"]}},
            ),
        },
        "role chat-role",
        ["may s3:ListBucket on arn:aws:s3:::b where s3:prefix is like a/* or b/*"],
    ),
    "what is set, and what isn't": (
        POLICY,
        {"role": "r", "policy": document(Action="ec2:X", Condition={"Null": {"a": "true", "b": "false"}})},
        "role r",
        ["may ec2:X on everything where a isn't set and b is set"],
    ),
    "what is refused": (
        POLICY,
        {"role": "r", "policy": document(Effect="Deny", NotAction=["iam:*"])},
        "role r",
        ["may not do all but iam:* on everything"],
    ),
    "who gets a role": (
        TRUST,
        {"assumeRolePolicy": document(Action="sts:AssumeRole", Principal={"Service": "pods.eks.amazonaws.com"})},
        "role x",
        ["is there", "may be used by EKS Pod Identity"],
    ),
    "a managed policy": (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "${x-node.name}", "policyArn": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"},
        "role x-node",
        ["has the policy AmazonEKS_CNI_Policy"],
    ),
    "pods of a service account": (
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        {"clusterName": "c", "namespace": "llm", "serviceAccount": "chat", "roleArn": "${chat-role.arn}"},
        "pods of service account llm/chat",
        ["use role chat-role"],
    ),
    "who may look into the cluster": (
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {
            "principalArn": ADMIN,
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "namespace", "namespaces": ["a", "b"]},
        },
        ADMIN,
        ["may read everything but Secrets in namespaces a, b (AmazonEKSViewPolicy)"],
    ),
    "a role of Kubernetes": (
        f"{RBAC}:Role",
        {"metadata": {"name": "reader", "namespace": "llm"}, "rules": [RULE]},
        "role reader in llm",
        ["may do everything with configmaps addresses", "may get configmaps addresses"],
    ),
    "who has it": (
        f"{RBAC}:RoleBinding",
        {**BOUND, "subjects": [PODS]},
        "every service account in shop",
        ["has the role reader in llm"],
    ),
}


@pytest.mark.parametrize(("type_", "inputs", "who", "may"), WHO_MAY.values(), ids=WHO_MAY)
def test_it_says_who_may_what(type_: str, inputs: dict[str, Any], who: str, may: list[str]) -> None:
    found = access_changed(Side(), Side({"resources": [made(type_, "x", inputs)]}))["iam"]
    assert {thing: list(each.added) for thing, each in found.items()} == {who: may}


@pytest.mark.parametrize(
    ("inputs", "said_"),
    [
        (
            {
                "blockPublicAcls": True,
                "blockPublicPolicy": True,
                "ignorePublicAcls": True,
                "restrictPublicBuckets": True,
            },
            "is closed to the public",
        ),
        (
            {"blockPublicAcls": True, "blockPublicPolicy": False, "ignorePublicAcls": True},
            "may be public: blockPublicPolicy, restrictPublicBuckets isn't true",
        ),
    ],
)
def test_a_bucket_that_may_be_public_is_said(inputs: dict[str, Any], said_: str) -> None:
    made_of = made("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "x", {"bucket": "weights", **inputs})
    found = access_changed(Side(), Side({"resources": [made_of]}))["exposure"]
    assert {thing: list(each.added) for thing, each in found.items()} == {"bucket weights": [said_]}


CLOSED_KEYS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
DENIED = json.dumps({"Statement": [{"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}]})
BUCKET = made("aws:s3/bucket:Bucket", "weights", {})
CLOSED = [
    made(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "weights-closed",
        {"bucket": "${weights.bucket}", **dict.fromkeys(CLOSED_KEYS, True)},
    ),
    made("aws:s3/bucketPolicy:BucketPolicy", "weights-policy", {"bucket": "${weights.bucket}", "policy": DENIED}),
]


@pytest.mark.parametrize(
    ("after", "exposure", "iam"),
    [
        ([], "is there", "is there"),
        ([BUCKET], "is closed to the public", "may not s3:PutObject on everything"),
    ],
    ids=["the bucket is gone", "only what closes it is gone"],
)
def test_a_bucket_that_is_gone_is_not_said_to_be_open(after: list[Any], exposure: str, iam: str) -> None:
    found = access_changed(Side({"resources": [BUCKET, *CLOSED]}), Side({"resources": after}))
    removed = {heading: each["bucket weights"].removed for heading, each in found.items() if each}
    assert removed == {"exposure": (exposure,), "iam": (iam,)}


def test_no_right_is_shown_as_json() -> None:
    for found in access_changed(Side(), base("cloud")).values():
        assert [text for each in found.values() for text in each.added if "{" in text] == []


def test_actions_on_the_same_things_are_one_sentence() -> None:
    difference = compare("cloud", Side(), base("cloud"))
    sentences = [text for heading, _, _, text in each(difference) if heading == "IAM"]
    assert any(text.count("ec2:Describe") > 10 and text.endswith(" on everything") for text in sentences)


CREATOR = "accessConfig.bootstrapClusterCreatorAdminPermissions"


def cluster(creator: bool) -> dict[str, Any]:
    made_of = made(
        "aws:eks/cluster:Cluster", "cluster", {"accessConfig": {"bootstrapClusterCreatorAdminPermissions": creator}}
    )
    return {**made_of, "options": {"ignore_changes": [CREATOR]}}


def test_what_the_program_leaves_as_it_is_is_no_change_of_access() -> None:
    old, new = Side({"resources": [{**cluster(True), "options": {}}]}), Side({"resources": [cluster(False)]})
    assert not any(access_changed(old, new).values())
    assert access_changed(Side(), new)["iam"]["cluster cluster"].added == ("makes whoever creates it no admin",)


def test_another_key_of_a_client_is_mentioned_and_not_shown() -> None:
    gateway = {"clients": {"web": {"models": ["chat"], "keys": [3]}}}
    config = {"llm-platform:clientKey-web-3": {"secure": "v1:a:cipher"}}
    old, new = Side({"gateway": gateway}), Side({"gateway": gateway}, config=config)
    (said_,) = access_changed(old, new)["clients"].values()
    assert said_.removed == ("has key 3, made at random",)
    assert said_.added[0].startswith("has key 3, of the stack file (")
    assert "cipher" not in str(said_)


def test_another_key_is_mentioned_and_not_shown() -> None:
    old, new = (Side(config={"llm-platform:apiKey": {"secure": f"v1:{each}:cipher"}}) for each in "ab")
    (said_,) = access_changed(old, new)["clients"].values()
    assert len(said_.added) == len(said_.removed) == 1
    assert "cipher" not in str(said_)


# Types that don't affect access: each other type that the program creates is read by a heading.
SILENT = {
    "aws:autoscaling/tag:Tag",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",  # the policy of its queue is read
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:ec2/eip:Eip",
    "aws:ec2/flowLog:FlowLog",
    "aws:ec2/internetGateway:InternetGateway",  # its routes are read
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/placementGroup:PlacementGroup",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/vpc:Vpc",
    "aws:efs/accessPoint:AccessPoint",
    "aws:efs/fileSystem:FileSystem",
    "aws:efs/mountTarget:MountTarget",
    "aws:kms/key:Key",
    "aws:s3/bucket:Bucket",  # what closes it is read
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:sqs/queue:Queue",  # its policy is read
    "kubernetes:core/v1:ConfigMap",
    "kubernetes:core/v1:Namespace",
    "kubernetes:core/v1:PersistentVolume",
    "kubernetes:core/v1:PersistentVolumeClaim",
    "kubernetes:core/v1:Secret",  # who may read it is a right, whose key it is a client
    "kubernetes:karpenter.sh/v1:NodePool",
    "kubernetes:keda.sh/v1alpha1:ScaledObject",
    "kubernetes:keda.sh/v1alpha1:TriggerAuthentication",
    "kubernetes:monitoring.coreos.com/v1:PodMonitor",
    "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
    "kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
    "kubernetes:policy/v1:PodDisruptionBudget",
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    "kubernetes:autoscaling.k8s.io/v1:VerticalPodAutoscaler",
    "kubernetes:scheduling.k8s.io/v1:PriorityClass",
    "kubernetes:storage.k8s.io/v1:StorageClass",
}
READ = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/route:Route",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:eks/accessEntry:AccessEntry",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "aws:eks/addon:Addon",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:batch/v1:Job",
    "kubernetes:core/v1:Service",
    "kubernetes:core/v1:ServiceAccount",
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:networking.k8s.io/v1:Ingress",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "kubernetes:rbac.authorization.k8s.io/v1:Role",
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "random:index/randomPassword:RandomPassword",
}


def test_every_type_that_the_program_makes_is_read_or_says_nothing_of_access() -> None:
    types = {resource.type for stack in ALL_STACKS for resource in planned(stack).recording.resources}
    assert {type_ for type_ in types if not type_.startswith(("llm:", "pulumi:"))} - READ - SILENT == set()


def test_every_heading_stands_there_and_says_so_where_nothing_changed() -> None:
    difference = compare("own", base("own"), base("own"))
    assert summary(difference) == [
        ("exposure", "no change"),
        ("egress", "none"),
        ("IAM", "none"),
        ("clients", "none"),
        ("code from elsewhere", "none"),
    ]
    assert each(difference) == []
    assert list(difference.access) == list(HEADINGS)


def test_a_long_heading_is_shown_in_full_below() -> None:
    difference = compare("cloud", Side(), base("cloud"))
    assert "below" in dict(summary(difference))["IAM"]
    rows = [row for row in each(difference) if row[0] == "IAM"]
    assert len(rows) > len({row[1] for row in rows}) > 3


RESTARTS = {
    "replicas": ("cloud", {"models.chat.replicas.max": 4}, []),
    "a context": ("cloud", {"models.chat.maxModelLen": 4096}, ["chat"]),
    "another type": ("cloud", {"gpuPools.l4.instanceTypes": ["g6.xlarge"]}, ["chat"]),
    "another network": ("cloud", {"cluster.create.network.cidr": "10.50.0.0/16"}, ["chat", "code"]),
    "a pause": ("own", {"models.chat.paused": True}, []),
}


@pytest.mark.parametrize(("stack", "edit", "models"), RESTARTS.values(), ids=RESTARTS)
def test_the_models_that_restart_are_named(stack: str, edit: dict[str, Any], models: list[str]) -> None:
    assert compare(stack, base(stack), side(stack, edited(stack, edit))).restarts == models


def test_the_ingress_of_the_gateway_says_that_nothing_else_of_an_engine_answers() -> None:
    closed = side("cloud", edited("cloud", {"gateway": None}))
    added = access_changed(closed, base("cloud"))["exposure"]["llm.example.com/"].added
    assert any("only the paths of the gateway answer" in each and "/metrics" in each for each in added)
    gone = access_changed(base("cloud"), closed)["exposure"]["llm.example.com/"].removed
    assert gone
    assert not any("only the paths" in each for each in gone), "it would read as if the others answered now"


@pytest.mark.parametrize(
    ("edit", "others"),
    [
        ({"gateway.timeoutSeconds": 900}, ["gateway-proxy"]),
        ({"models.chat.replicas.max": 4}, []),
    ],
)
def test_other_workloads_that_restart_are_named_too(edit: dict[str, Any], others: list[str]) -> None:
    difference = compare("cloud", base("cloud"), side("cloud", edited("cloud", edit)))
    assert difference.restarts_beside == others
