"""Typical changes to a stack file, each with what the reviewer must be shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """Resources by logical name, `*` for any; the rest of the stack has to stay as it is."""

    stack: str
    edit: Mapping[str, Any]
    title: str  # the verdict; `*` for amounts
    added: str = ""
    removed: str = ""
    changed: str = ""
    replaced: str = ""
    because: Mapping[str, str] = field(default_factory=dict)  # the property that replaces a resource
    traffic: Mapping[str, str] = field(default_factory=dict)  # by model; the others aren't mentioned
    says: str = ""  # somewhere in what users notice, or in a broken rule
    guarded: str = ""  # names that `allow` would have to give
    money: str = "the same"  # of the maximum per month: more, less
    fails: bool = False


SMALL = {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}
OF_A_SMALL_MODEL = "{0} {0}-deployment {0}-policy {0}-pods {0}-prefetch* {0}-service"
POOL_SWAP = {"l4-nodes": "instanceTypes", "l4-gpu": "autoscalingGroupName"}
RECREATED = "chat-* small-* gateway-* client-* engine-keys-* engine-files-* model-cache-* endpoints-*"
FILES = "gateway-proxy-files-a"  # what Envoy reads: limits that follow from the models, and their names
HOSTS = f"{FILES} gateway-ingress"

CHANGES = {
    # Models
    "more replicas at most": Case(
        "cloud",
        {"models.chat.replicas.max": 5},
        title="✅ cloud: expected * per month; maximum *",
        changed=f"chat-scaler-scaled-object l4-nodes {FILES} endpoints-config alerts-rule",
        traffic={"chat": "nothing"},
        says="1 to 5 replicas, was 1 to 3",
        money="more",
    ),
    "no replica while nobody asks": Case(
        "cloud",
        {"models.chat.replicas.min": 0},
        title="✅ cloud: expected * per month; maximum *",
        changed="chat-scaler-scaled-object *-rule endpoints-config gateway-* addons-cluster-autoscaler",
        traffic={"chat": "nothing"},
        says="while nobody asks it has no replica: who comes first waits about",
        money="the same",
    ),
    "a second replica": Case(
        "own",
        {"models.chat.replicas": 2},
        title="✅ own: no bill (`gpu` has no price)",
        added="chat-disruption-budget",
        changed=f"chat-deployment {FILES} endpoints-config",
        traffic={"chat": "nothing"},
        says="2 replicas, was 1",
    ),
    "another revision": Case(
        "own",
        {"models.chat.revision": "9c925d64d72725edaf899c6cb9c377fd0709d9c5"},
        title="⚠️ own: no bill (`gpu` has no price); `chat` down for a while; other weights answer as `chat`",
        changed="chat-deployment",
        replaced="chat-prefetch-job",
        because={"chat-prefetch-job": "spec.template.spec.containers[prefetch].command[--revision]"},
        traffic={"chat": "outage"},
        says="other weights: 9c925d64d727, was b968826d9c46",
    ),
    "one more adapter": Case(
        "adapted",
        {"models.chat.adapters.tax": {"model": "acme/tax-lora", "rank": 16}},
        title="✅ adapted: no bill (`gpu` has no price)",
        added="tax-prefetch*",
        changed=f"endpoints-config {FILES}",
        traffic={"chat": "nothing"},
        says="adapter tax is added",
    ),
    "another revision of an adapter": Case(
        "adapted",
        {"models.chat.adapters.sql.revision": "v2"},
        title="⚠️ adapted: no bill (`gpu` has no price); other weights answer as `sql`",
        replaced="sql-prefetch-job",
        because={"sql-prefetch-job": "spec.template.spec.containers[prefetch].command[12]"},
        traffic={"chat": "nothing"},
        says="adapter sql has other weights",
    ),
    "a shorter context": Case(
        "own",
        {"models.chat.maxModelLen": 4096},
        title="⚠️ own: no bill (`gpu` has no price); `chat` down for a while; `chat` refuses requests over 4,096 tokens",
        changed=f"chat-deployment endpoints-config {FILES}",
        traffic={"chat": "outage"},
        says="up to 4,096 tokens, was 8,192",
    ),
    "a quantization": Case(
        "own",
        {"models.chat.quantization": "fp8"},
        title="⚠️ own: no bill (`gpu` has no price); `chat` down for a while; other weights answer as `chat`",
        changed=f"chat-deployment {FILES} endpoints-config",
        traffic={"chat": "outage"},
        says="holds 9.6 full-length requests at once, was 4",
    ),
    "less of the GPU": Case(
        "own",
        {"models.chat.gpuMemoryUtilization": 0.85},
        title="⚠️ own: no bill (`gpu` has no price); `chat` down for a while",
        changed=f"chat-deployment {FILES} endpoints-config",
        traffic={"chat": "outage"},
        says="holds 2.6 full-length requests at once, was 4",
    ),
    "a context that doesn't fit": Case(
        "own",
        {"models.chat.maxModelLen": 40960},
        title="❌ own: no bill (`gpu` has no price); 1 rule broken; `chat` doesn't start",
        changed=f"chat-deployment endpoints-config {FILES}",
        traffic={"chat": "outage"},
        says="1 x 40,960 tokens need 5.6",
        fails=True,
    ),
    "pause": Case(
        "own",
        {"models.chat.paused": True},
        title="⚠️ own: no bill (`gpu` has no price); `chat` is paused",
        changed=f"chat-deployment endpoints-config {FILES}",
        traffic={"chat": "outage"},
        says="paused, so its URL answers 503",
    ),
    "a model more": Case(
        "own",
        {"models.more": {**SMALL, "model": "llama3.2:3b"}},
        title="✅ own: no bill (`gpu` has no price); adds `more`",
        added=OF_A_SMALL_MODEL.format("more"),
        changed=f"endpoints-config {HOSTS}",
        traffic={"more": "new"},
        says="at https://llm.example.com/v1",
    ),
    "a model less": Case(
        "own",
        {"models.small": None},
        title="⚠️ own: no bill (`gpu` has no price); removes `small`",
        removed=OF_A_SMALL_MODEL.format("small"),
        changed=f"endpoints-config {HOSTS} gateway-proxy-network-policy",
        traffic={"small": "removed"},
        says="nothing answers under its name any more",
    ),
    "a model renamed": Case(
        "own",
        {"models.small": None, "models.tiny": SMALL},
        title="⚠️ own: no bill (`gpu` has no price); renames `small` to `tiny`",
        added=OF_A_SMALL_MODEL.format("tiny"),
        removed=OF_A_SMALL_MODEL.format("small"),
        changed=f"endpoints-config {HOSTS}",
        traffic={"small": "removed", "tiny": "new"},
    ),
    # Pools
    "a bigger instance type": Case(
        "cloud",
        {"gpuPools.l4.instanceTypes": ["g6.4xlarge"]},
        title="❌ cloud: expected * per month; maximum *; replaces node group `l4`",
        changed="chat-deployment alerts-rule",
        replaced="l4-*",
        because=POOL_SWAP,
        traffic={"chat": "node group swapped"},
        says="moves to a new node group without a gap",
        guarded="l4",
        money="more",
        fails=True,
    ),
    "a bigger instance type, allowed": Case(
        "cloud",
        {"gpuPools.l4.instanceTypes": ["g6.4xlarge"], "allow": {"replace": ["l4"]}},
        title="⚠️ cloud: expected * per month; maximum *; replaces node group `l4`",
        changed="chat-deployment alerts-rule",
        replaced="l4-*",
        traffic={"chat": "node group swapped"},
        money="more",
    ),
    "spot": Case(
        "cloud",
        {"gpuPools.l4.capacity": "spot"},
        changed="alerts-rule",
        title="❌ cloud: expected * per month; maximum *; replaces node group `l4`; `chat` down for a while",
        replaced="l4-*",
        because={"l4-nodes": "capacityType"},
        traffic={"chat": "node group swapped"},
        guarded="l4",
        money="less",
        fails=True,
    ),
    "a node that always runs": Case(
        "cloud",
        {"gpuPools.l4.min": 2},
        title="✅ cloud: expected * per month; maximum *",
        changed="l4-nodes alerts-rule",
    ),
    "a pool more": Case(
        "cloud",
        {"gpuPools.t4": {"instanceTypes": ["g4dn.xlarge"]}},
        changed="alerts-rule",
        title="✅ cloud: maximum +* per month; expected the same",
        added="t4 t4-*",
        money="more",
    ),
    "a pool less": Case(
        "cloud",
        {"gpuPools.l40s": None, "models.code": None},
        title="❌ cloud: expected * per month; maximum *; removes node group `l40s`; removes `code`",
        removed="l40s l40s-* code code-*",
        changed=f"endpoints-config {HOSTS} alerts-rule",
        traffic={"code": "removed"},
        guarded="l40s",
        money="less",
        fails=True,
    ),
    "a model on another pool": Case(
        "cloud",
        {"models.code": {"model": "Qwen/Qwen3-14B", "pool": "l4", "quantization": "fp8", "maxModelLen": 4096}},
        title="⚠️ cloud: expected -* per month; maximum +*; other weights answer as `code`; `code` refuses *",
        changed=f"code-deployment l4-nodes l40s-nodes endpoints-config {FILES}",
        traffic={"code": "rollout"},
        says="a rollout without a gap",
        money="more",  # a pool that no model uses may still grow to one node
    ),
    # Cluster and network
    "another Kubernetes version": Case(
        "cloud",
        {"cluster.create.version": "1.36"},
        title="⚠️ cloud: the bill stays; 2 models down for a while",
        changed="cluster-eks cluster-system l4-nodes l40s-nodes addons-cluster-autoscaler"
        " cluster-coredns cluster-kube-proxy cluster-vpc-cni cluster-aws-efs-csi-driver",
        traffic={"chat": "outage", "code": "outage"},
        says="its nodes are replaced one by one",
    ),
    "another address range": Case(
        "cloud",
        {"cluster.create.network.cidr": "10.50.0.0/16"},
        title="❌ cloud: the bill stays; 1 rule broken; replaces the VPC, *; 2 models down for a while",
        changed="cluster-eks network-internet addons-load-balancer-controller gateway-* *-network-policy",
        replaced="network-* cluster-system l4-* l40s-* weights*",
        because={"network-vpc": "cidrBlock", "l4-nodes": "subnetIds"},
        traffic={"chat": "outage", "code": "outage"},
        says="EKS can't move a cluster to another VPC",
        guarded="network systemNodes l4 l40s",
        fails=True,
    ),
    "a NAT gateway per zone": Case(
        "cloud",
        {"cluster.create.network.nat": "perZone"},
        title="✅ cloud: expected * per month; maximum *",
        added="network-nat-use1-az2*",
        changed="network-private-internet-use1-az2 alerts-rule",
        says="nodes outside use1-az1 call the internet from new public addresses",
        money="more",
    ),
    "another zone": Case(
        "cloud",
        {"cluster.create.zones": ["use1-az1", "use1-az2", "use1-az4"], "cluster.create.network.nat": "one"},
        title="❌ cloud: the bill stays; 1 rule broken; replaces node group `l4`, *; 2 models down for a while",
        added="network-*-use1-az4 weights-use1-az4",
        changed="cluster-eks network-s3 gateway-* *-network-policy",
        replaced="cluster-system l4-* l40s-*",
        because={"l4-nodes": "subnetIds"},
        traffic={"chat": "node group swapped", "code": "node group swapped"},
        says="EKS can't change the zones of a cluster: use1-az1, use1-az2, use1-az4, was use1-az1, use1-az2",
        guarded="systemNodes l4 l40s",
        fails=True,
    ),
    "another region": Case(
        "cloud",
        {
            "aws:region": "us-west-2",
            "cluster.create.zones": 2,
            "gateway.certificateArn": "arn:aws:acm:us-west-2:111122223333:certificate/5f0c-2",
        },
        title="❌ cloud: the bill stays; replaces the EKS cluster, the VPC, *; 2 models down for a while",
        added="network-*-usw2-*  weights-usw2-*",
        removed="network-*-use1-* weights-use1-*",
        changed="aws cluster-* network-flows",
        replaced="*",
        because={"network-vpc": "region", "cluster-eks": "region", "chat-deployment": "provider"},
        traffic={"chat": "outage", "code": "outage"},
        guarded="cluster network cache kubernetes systemNodes l4 l40s",
        fails=True,
    ),
    "bigger system nodes": Case(
        "cloud",
        {"cluster.create.systemNodes": {"instanceType": "m7i.2xlarge"}},
        changed="alerts-rule",
        title="❌ cloud: *+$* per month*; replaces node group `systemNodes`",
        replaced="cluster-system",
        because={"cluster-system": "instanceTypes"},
        says="the gateway's pods move one after the other",
        guarded="systemNodes",
        money="more",
        fails=True,
    ),
    "who reaches the API": Case(
        "cloud",
        {"cluster.create.access": {"apiFrom": ["203.0.113.0/24"]}},
        title="✅ cloud: the bill stays",
        changed="cluster-eks",
    ),
    "another cluster that exists": Case(
        "own",
        {"cluster.existing.context": "kind-other"},
        title="❌ own: no bill (*); replaces the claim of the weights, the Kubernetes provider; 2 models down *",
        replaced=f"cluster-kubernetes {RECREATED}",
        because={"cluster-kubernetes": "clusterIdentifier", "chat-deployment": "provider"},
        traffic={"chat": "outage", "small": "outage"},
        guarded="cache kubernetes",
        fails=True,
    ),
    "another namespace": Case(
        "own",
        {"namespace.name": "other"},
        title="❌ own: no bill (`gpu` has no price); replaces the claim of the weights; 2 models down for a while",
        replaced=RECREATED,
        because={"chat-deployment": "metadata.namespace", "model-cache-namespace": "metadata.name"},
        traffic={"chat": "outage", "small": "outage"},
        says="http://gateway.diffed.svc.cluster.local/v1 stops answering",
        guarded="cache",
        fails=True,
    ),
    # Cache and gateway
    "another kind of cache": Case(
        "cloud",
        {"cache.kind": "ebs", "models.code": None, "gpuPools.l40s": None, "models.chat.replicas": 1},
        title="❌ cloud: expected -*; maximum -*; replaces the claim of the weights, *; `chat` down for a while",
        added="cluster-aws-ebs-csi-driver* model-cache-class",
        removed="cluster-aws-efs-csi-driver* weights* model-cache-volume chat-scaler* scalers* code* l40s*",
        changed=f"endpoints-config {HOSTS} alerts-rule",
        replaced="model-cache-claim chat-prefetch-job chat-deployment l4-*",
        because={"model-cache-claim": "spec.storageClassName", "l4-nodes": "subnetIds"},
        traffic={"chat": "outage", "code": "removed"},
        says="once its weights are downloaded again",
        guarded="cache l4 l40s",
        money="less",
        fails=True,
    ),
    "another class of the cache": Case(
        "own",
        {"cache.storageClass": "other"},
        title="❌ own: no bill (`gpu` has no price); replaces the claim of the weights; 2 models down for a while",
        replaced="model-cache-claim *-prefetch-job *-deployment",
        because={
            "model-cache-claim": "spec.storageClassName",
            "chat-prefetch-job": "replaceWith",
            "chat-deployment": "replaceWith",
        },
        traffic={"chat": "outage", "small": "outage"},
        says="once its weights are downloaded again",
        guarded="cache",
        fails=True,
    ),
    "a larger cache": Case(
        "own",
        {"cache.size": "200Gi"},
        title="✅ own: no bill (`gpu` has no price)",
        changed="model-cache-claim",
    ),
    "a smaller cache": Case(
        "own",
        {"cache.size": "60Gi"},
        title="❌ own: no bill (`gpu` has no price); 1 rule broken",
        changed="model-cache-claim",
        says="a volume can't become smaller: 60Gi, was 100Gi",
        fails=True,
    ),
    "another domain": Case(
        "own",
        {"gateway.domain": "ai.example.com"},
        title="⚠️ own: no bill (`gpu` has no price); another URL for 2 models",
        changed="gateway-* endpoints-config",
        traffic={"chat": "nothing", "small": "nothing"},
        says="another URL: https://ai.example.com/v1; https://llm.example.com/v1 stops answering",
    ),
    "answers that may take longer": Case(
        "own",
        {"gateway.timeoutSeconds": 600},
        title="⚠️ own: no bill (`gpu` has no price); `chat` down for a while",
        changed="gateway-* chat-deployment small-deployment endpoints-config",
        traffic={"chat": "outage", "small": "rollout"},
        says="an answer may take 600 s, was 300 s",
    ),
    "open to the internet": Case(
        "cloud",
        {"gateway.expose": "public", "gateway.clients": {"web": {}}},
        title="⚠️ cloud: *+$* per month*; 2 models reached from the internet; 2 models down for a while;"
        " client `default` has lower limits",
        added="client-web*",
        changed="gateway-* endpoints-config alerts-rule",
        traffic={"chat": "outage", "code": "outage"},
        says="reached from the internet",
        money="more",
    ),
    "no gateway": Case(
        "own",
        {"gateway": None},
        title="⚠️ own: no bill (`gpu` has no price); 2 models no longer reached from outside the cluster",
        removed="gateway gateway-*",
        changed="gateway-proxy-* endpoints-config",
        traffic={"chat": "nothing", "small": "nothing"},
        says="reached in the cluster alone: https://llm.example.com/v1 stops answering",
    ),
    # Money, and what guards it
    "a budget that breaks": Case(
        "cloud",
        {"budget.usdPerMonth": 4000},
        changed="alerts-rule",
        title="❌ cloud: the bill stays, $* over budget",
        says="over 4,000",
        fails=True,
    ),
    "a discount": Case(
        "cloud",
        {"prices": {"discountPercent": 20}},
        title="✅ cloud: expected * per month; maximum *",
        changed="alerts-rule",
        money="less",
    ),
    "protection": Case("cloud", {"protect": True}, title="✅ cloud: the bill stays", changed="cluster-eks"),
    "another tag": Case(
        "cloud",
        {"tags.team": "search"},
        title="⚠️ cloud: the bill stays; 2 models down for a while",
        changed="*",
        traffic={"chat": "outage", "code": "outage"},
        says="its nodes are replaced one by one",
    ),
}
