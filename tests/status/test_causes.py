"""Each kind of cause, from recorded objects: which words a person reads, and what to write and to run."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from infra.plan.plan import Plan
from tests.example_stacks import planned
from tests.status.cluster import PROD, SHARED, one, pending
from tests.status.recorded import (
    autoscaler,
    autoscaler_status,
    claim,
    condition,
    container,
    crashing,
    ended,
    event,
    job,
    node,
    pod,
    scaled_object,
    waiting,
)

NODES = planned("node-cache-k3s").plan  # each node has its own copy of the weights
MODEL = "llama-70b"  # on pool l40s of stack prod: 4 GPUs per replica, KEDA scales it
READY = scaled_object(MODEL, condition("Ready", "True", "ScaledObjectReady"), condition("Fallback", "False"))
NO_GPU = (
    "0/4 nodes are available: 1 Insufficient nvidia.com/gpu, 3 node(s) didn't match Pod's node affinity/selector."
    " preemption: 0/4 nodes are available: 1 No preemption victims found for incoming pod, 3 Preemption is not helpful"
    " for scheduling."
)
NO_NODE = (
    "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available:"
    " 3 Preemption is not helpful for scheduling."
)
TAINTED = (
    "0/5 nodes are available: 2 node(s) had untolerated taint {team: research}, 3 node(s) didn't match Pod's node"
    " affinity/selector. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling."
)
GATED = """\
huggingface_hub.errors.GatedRepoError: 403 Client Error. (Request ID: Root=1-6743)
Cannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.3-70B-Instruct/resolve/main/config.json.
Access to model meta-llama/Llama-3.3-70B-Instruct is restricted and you are not in the authorized list. Visit
https://huggingface.co/meta-llama/Llama-3.3-70B-Instruct to ask for access."""
NO_TOKEN = """\
huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-6743)
Cannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.3-70B-Instruct/resolve/main/config.json.
Access to model meta-llama/Llama-3.3-70B-Instruct is restricted. You must have access to it and be authenticated to
access it. Please log in."""
FLEET = (
    "NodeClaim l40s-8xk2p event: creating instance, insufficient capacity, with fleet error(s),"
    " InsufficientInstanceCapacity: We currently do not have sufficient g6e.12xlarge capacity in the Availability Zone"
    " you requested (us-east-1a). Our system will be working on provisioning additional capacity."
)
VCPUS = (
    "NodeClaim l40s-8xk2p event: creating instance, insufficient capacity, with fleet error(s), VcpuLimitExceeded: You"
    " have requested more vCPU capacity than your current vCPU limit of 64 allows for the instance bucket that the"
    " specified instance type belongs to."
)
CLAIM_OF_NODE = {"kind": "NodeClaim", "metadata": {"name": "l40s-8xk2p"}}


class Case(NamedTuple):
    kind: str
    words: tuple[str, ...]  # somewhere in what is said, written and run
    objects: tuple[dict[str, Any], ...]
    stops: bool = True
    state: str = "PENDING"
    model: str = MODEL
    plan: Plan = PROD


def unscheduled(says: str, *events: tuple[str, str, str], of: str = MODEL) -> tuple[dict[str, Any], ...]:
    """A pod without a node, the scheduler's event, and others: who wrote them, why, and what."""
    waits = pending(of, says)
    written = [event(waits, reason, message, source, 1, n) for n, (source, reason, message) in enumerate(events)]
    return (waits, event(waits, "FailedScheduling", says, "default-scheduler", 2, 99), *written)


def downloading(*conditions: dict[str, Any], ended_as: Mapping[str, Any] | None = None, **more: Any) -> tuple[Any, ...]:
    """The Job of the weights, and its pod."""
    state: dict[str, Any] = {"state": ended_as} if ended_as else {}
    mine = pod(MODEL, container(**state), component="prefetch", name=f"{MODEL}-prefetch-x7k2p", **more)
    return (job(MODEL, *conditions, active=0 if conditions else 1), mine)


def onto_a_node(*containers: dict[str, Any]) -> tuple[Any, ...]:
    """The pod that downloads onto its node, where each node has its own copy."""
    return (pod("chat", *containers, component="prefetch", name="chat-prefetch-x7k2p", node="gpu-2"),)


AUTOSCALER, KARPENTER = "cluster-autoscaler", "karpenter"
CASES = {
    "the autoscaler makes a node": Case(
        "node-coming",
        ("a node is being made", "eks-l40s-1ac9b1f1 0->1 (max: 3)"),
        unscheduled(
            NO_NODE, (AUTOSCALER, "TriggeredScaleUp", "pod triggered scale-up: [{eks-l40s-1ac9b1f1 0->1 (max: 3)}]")
        ),
        stops=False,
    ),
    "nobody has looked yet at a young pod": Case(
        "node-coming", ("no autoscaler has said anything yet",), (pending(MODEL, NO_NODE, minutes=0.5),), stops=False
    ),
    "no node could be made, and AWS says to the autoscaler nothing more": Case(
        "no-node",
        (
            "g6e.12xlarge in use1-az1, use1-az2, use1-az4",
            "AWS cannot provision any more instances for this node group",
            "models.llama-70b.pool",
            "aws autoscaling describe-scaling-activities --max-items 3 --auto-scaling-group-name eks-l40s-1ac9b1f1",
            "--region us-east-1",
        ),
        (
            *unscheduled(
                NO_NODE,
                (
                    AUTOSCALER,
                    "NotTriggerScaleUp",
                    (
                        "pod didn't trigger scale-up: 1 in backoff after failed scale-up, 2 node(s) didn't match Pod's"
                        " node affinity/selector"
                    ),
                ),
            ),
            autoscaler_status(
                "eks-l40s-1ac9b1f1",
                "placeholder-cannot-be-fulfilled",
                "AWS cannot provision any more instances for this node group",
            ),
        ),
    ),
    "another pool's group waits": Case(
        "no-node-would-do",
        ("didn't match Pod's node affinity/selector",),
        (
            *unscheduled(
                NO_NODE,
                (
                    AUTOSCALER,
                    "NotTriggerScaleUp",
                    "pod didn't trigger scale-up: 3 node(s) didn't match Pod's node affinity/selector",
                ),
            ),
            autoscaler_status(
                "eks-l4-1ac9b1f1",
                "placeholder-cannot-be-fulfilled",
                "AWS cannot provision any more instances for this node group",
            ),
        ),
    ),
    "who may not read the autoscaler's status hears of it from the pod": Case(
        "no-node",
        ("the autoscaler doesn't say which",),
        unscheduled(
            NO_NODE,
            (AUTOSCALER, "NotTriggerScaleUp", "pod didn't trigger scale-up: 1 in backoff after failed scale-up"),
        ),
    ),
    "the pool is at its maximum": Case(
        "pool-maximum",
        ("maximum of 3 nodes", "gpuPools.l40s.max: 4", "llm-platform plan prod"),
        unscheduled(
            NO_GPU,
            (
                AUTOSCALER,
                "NotTriggerScaleUp",
                (
                    "pod didn't trigger scale-up: 1 max node group size reached, 2 node(s) didn't match Pod's node"
                    " affinity/selector"
                ),
            ),
        ),
    ),
    "the autoscaler's own limit": Case(
        "autoscaler-limit",
        ("max cluster cpu limit reached", "--cores-total"),
        unscheduled(
            NO_NODE, (AUTOSCALER, "NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max cluster cpu limit reached")
        ),
    ),
    "the autoscaler knows no group": Case(
        "no-node-group",
        ("knows no group of nodes", "cluster-autoscaler-status"),
        unscheduled(NO_NODE, (AUTOSCALER, "NotTriggerScaleUp", "pod didn't trigger scale-up:")),
    ),
    "Karpenter: no capacity": Case(
        "no-capacity",
        ("no capacity for g6e.12xlarge", "us-east-1a", "models.llama-70b.pool"),
        (*unscheduled(NO_NODE), event(CLAIM_OF_NODE, "InsufficientCapacityError", FLEET, KARPENTER)),
    ),
    "Karpenter: the account's quota": Case(
        "quota",
        ("vCPU limit of 64", "L-DB2E81BA"),
        (
            *unscheduled(NO_NODE),
            event(
                CLAIM_OF_NODE,
                "InsufficientCapacityError",
                VCPUS.replace("instance type", "instance type g6e.12xlarge"),
                KARPENTER,
            ),
        ),
    ),
    "Karpenter's limit of a node pool": Case(
        "autoscaler-limit",
        ("spec.limits",),
        unscheduled(
            NO_NODE,
            (
                KARPENTER,
                "FailedScheduling",
                "Failed to schedule pod, all available instance types exceed limits for nodepool (NodePool=l40s)",
            ),
        ),
    ),
    "Karpenter declines": Case(
        "no-node-would-do",
        ("Karpenter makes no node", "does not have known values"),
        unscheduled(
            NO_NODE,
            (
                KARPENTER,
                "FailedScheduling",
                (
                    'Failed to schedule pod, incompatible with nodepool "l40s", daemonset'
                    ' overhead={"cpu":"150m","pods":"5"}, incompatible requirements, label "llm-platform/pool" does'
                    " not have known values"
                ),
            ),
        ),
    ),
    "Karpenter makes a node": Case(
        "node-coming",
        ("nodeclaim/l40s-8xk2p",),
        unscheduled(NO_NODE, (KARPENTER, "Nominated", "Pod should schedule on: nodeclaim/l40s-8xk2p")),
        stops=False,
    ),
    "no GPU is free on nodes that exist": Case(
        "no-free-gpu",
        ("1 node has fewer than 1 free GPU", "more nodes in pool a10g"),
        unscheduled(NO_GPU, of="qwen3-8b"),
        model="qwen3-8b",
        plan=SHARED,
    ),
    "a taint of nodes that exist": Case(
        "taint",
        ("team=research", "gpuPools.a10g.existing.tolerations: [{key: team, operator: Exists}]"),
        (*unscheduled(TAINTED, of="qwen3-8b"), node("a", {"node.acme.io/pool": "gpu"}, team="research")),
        model="qwen3-8b",
        plan=SHARED,
    ),
    "no node has the labels": Case(
        "no-node-of-pool",
        ("node.acme.io/pool=gpu", "gpuPools.a10g.existing.selector", "get nodes -l node.acme.io/pool=gpu"),
        unscheduled(NO_NODE, of="qwen3-8b"),
        model="qwen3-8b",
        plan=SHARED,
    ),
    "a node whose device plugin isn't there": Case(
        "device-plugin",
        ("a of pool a10g offers no GPU", "addons.nvidiaDevicePlugin"),
        (*unscheduled(NO_GPU, of="qwen3-8b"), node("a", {"node.acme.io/pool": "gpu"}, gpus=0)),
        model="qwen3-8b",
        plan=SHARED,
    ),
    "too little memory": Case(
        "too-little-room",
        ("2 nodes have too little memory left", "larger nodes"),
        unscheduled(
            (
                "0/2 nodes are available: 2 Insufficient memory. preemption: 0/2 nodes are available: 2 No"
                " preemption victims found for incoming pod."
            ),
            of="qwen3-8b",
        ),
        model="qwen3-8b",
        plan=SHARED,
    ),
    "a node that doesn't answer": Case(
        "node-not-ready",
        ("1 node can't take pods now: node.kubernetes.io/unreachable",),
        unscheduled(
            (
                "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }."
                " preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
            ),
            of="qwen3-8b",
        ),
        model="qwen3-8b",
        plan=SHARED,
    ),
    "a scheduler that says something else": Case(
        "not-scheduled",
        ("3 node(s) didn't have free ports for the requested pod ports",),
        unscheduled(
            "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports.", of="qwen3-8b"
        ),
        model="qwen3-8b",
        plan=SHARED,
    ),
    "no event at all": Case(
        "no-event", ("no event says why", "describe pod llama-70b-5c6d7e8f9-klmno"), (pending(MODEL, ""),)
    ),
    "the volume is in another zone": Case(
        "volume-zone",
        ("another zone", "cache.kind"),
        unscheduled(
            "0/4 nodes are available: 1 node(s) had volume node affinity conflict, 3 node(s) didn't match"
            " Pod's node affinity/selector. preemption: 0/4 nodes are available: 4 Preemption is not"
            " helpful for scheduling."
        ),
    ),
    "the claim has no volume": Case(
        "volume-unbound",
        ("model-cache has no volume yet", 'storageclass.storage.k8s.io "efs-sc" not found', "cache.storageClass"),
        (
            *unscheduled(
                (
                    "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/4"
                    " nodes are available: 4 Preemption is not helpful for scheduling."
                ),
                of="qwen3-8b",
            ),
            claim("Pending"),
            event(
                claim("Pending"),
                "ProvisioningFailed",
                'storageclass.storage.k8s.io "efs-sc" not found',
                "persistentvolume-controller",
            ),
        ),
        model="qwen3-8b",
        plan=SHARED,
    ),
    "the claim's volume is gone": Case(
        "volume-lost", ("model-cache is gone", "llm-platform repair prod"), (*unscheduled(NO_NODE), claim("Lost"))
    ),
    "the claim is gone": Case(
        "volume-lost",
        ("pulumi up -s prod",),
        unscheduled(
            '0/4 nodes are available: persistentvolumeclaim "model-cache" not found. preemption: 0/4 nodes'
            " are available: 4 Preemption is not helpful for scheduling."
        ),
    ),
    "a volume that one node has": Case(
        "volume-in-use",
        ("another node still has the volume",),
        (
            mine := pod(MODEL, container(state=waiting("ContainerCreating"))),
            event(
                mine,
                "FailedAttachVolume",
                'Multi-Attach error for volume "pvc-0a1b" Volume is already used by pod(s) llama-70b-5c6d7e8f9-abcde',
                "attachdetach-controller",
            ),
        ),
        state="FAILING",
    ),
    "a Secret that isn't there": Case(
        "no-secret",
        ('secret "engine-keys" not found', "pulumi up -s prod"),
        (
            mine := pod(MODEL, container(state=waiting("ContainerCreating"))),
            event(mine, "FailedMount", 'MountVolume.SetUp failed for volume "keys" : secret "engine-keys" not found'),
        ),
        state="FAILING",
    ),
    "a Secret that a variable reads": Case(
        "no-secret",
        ('secret "llama-70b-bucket" not found',),
        (pod(MODEL, container(state=waiting("CreateContainerConfigError", 'secret "llama-70b-bucket" not found'))),),
        state="FAILING",
    ),
    "an image that isn't there": Case(
        "image",
        ("no such image or tag", "models.llama-70b.image"),
        (
            mine := pod(
                MODEL,
                container(state=waiting("ImagePullBackOff", 'Back-off pulling image "docker.io/vllm/vllm-openai:v9"')),
            ),
            event(
                mine,
                "Failed",
                (
                    'Failed to pull image "docker.io/vllm/vllm-openai:v9": rpc error: code = NotFound desc = failed'
                    ' to pull and unpack image "docker.io/vllm/vllm-openai:v9": failed to resolve reference'
                    ' "docker.io/vllm/vllm-openai:v9": docker.io/vllm/vllm-openai:v9: not found'
                ),
            ),
        ),
        state="FAILING",
    ),
    "a registry with limits": Case(
        "image",
        ("no more pulls for this address",),
        (
            pod(
                MODEL,
                container(
                    state=waiting(
                        "ErrImagePull",
                        (
                            "429 Too Many Requests - Server message: toomanyrequests: You have reached your"
                            " unauthenticated pull rate limit."
                        ),
                    )
                ),
            ),
        ),
        state="FAILING",
    ),
    "the GPU's memory is full": Case(
        "gpu-memory",
        (
            "the GPU's memory is full, 4 restarts: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.96",
            "models.llama-70b: a smaller maxModelLen",
            "logs llama-70b-5c6d7e8f9-klmno --previous",
        ),
        (
            pod(
                MODEL,
                crashing(
                    '{"level": "ERROR", "logger": "vllm.v1.engine.core", "message": "EngineCore failed to start.",'
                    ' "exc_info": "Traceback (most recent call last):\\n  File \\"core.py\\"\\ntorch.OutOfMemoryError:'
                    " CUDA out of memory. Tried to allocate 1.96 GiB. GPU 0 has a total capacity of 44.40 GiB of"
                    ' which 1.31 GiB is free."}\nRuntimeError: Engine core initialization failed.'
                ),
            ),
        ),
        state="FAILING",
    ),
    "the cache has no room for one request": Case(
        "cache-too-small",
        ("one request of full length", "the estimated maximum model length is 59584"),
        (
            pod(
                MODEL,
                crashing(
                    "ValueError: To serve at least one request with the models's max seq len (131072), 24.00 GiB KV"
                    " cache is needed, which is larger than the available KV cache memory (10.91 GiB). Based on the"
                    " available memory, the estimated maximum model length is 59584."
                ),
            ),
        ),
        state="FAILING",
    ),
    "an architecture that the engine doesn't know": Case(
        "unknown-model",
        ("doesn't know the model's architecture", "image: a newer version"),
        (
            pod(
                MODEL,
                crashing(
                    "ValueError: The checkpoint you are trying to load has model type `llama9` but Transformers"
                    " does not recognize this architecture. This could be because of an issue with the checkpoint,"
                    " or because your version of Transformers is out of date."
                ),
            ),
        ),
        state="FAILING",
    ),
    "code of a repository that may not run": Case(
        "remote-code",
        ("trustRemoteCode: true",),
        (
            pod(
                MODEL,
                crashing(
                    "ValueError: The repository acme/x contains custom code which must be executed to correctly"
                    " load the model. Please pass the argument `trust_remote_code=True` to allow custom code to be"
                    " run."
                ),
            ),
        ),
        state="FAILING",
    ),
    "the node's memory": Case(
        "memory",
        ("OOMKilled, not the GPU's", "gpuPools.l40s.instanceTypes"),
        (pod(MODEL, crashing(code=137, reason="OOMKilled")),),
        state="FAILING",
    ),
    "a start that takes longer than its probe waits": Case(
        "probe",
        ("within 1470 s",),
        (
            mine := pod(MODEL, crashing(code=143)),
            event(mine, "Killing", "Container server failed startup probe, will be restarted"),
        ),
        state="FAILING",
    ),
    "an end that nobody knows is printed as it is": Case(
        "crash",
        ("code 2", "unrecognized arguments: --no-such"),
        (pod(MODEL, crashing("usage: serve [options]\nserve: error: unrecognized arguments: --no-such", code=2)),),
        state="FAILING",
    ),
    "a pod that its node put out": Case(
        "evicted",
        ("The node was low on resource: ephemeral-storage",),
        (pod(MODEL, phase="Failed", reason="Evicted", message="The node was low on resource: ephemeral-storage."),),
        state="FAILING",
    ),
    "the licence": Case(
        "licence",
        ("403", "huggingface.co/meta-llama/Llama-3.3-70B-Instruct", "pulumi up -s prod"),
        downloading(ended_as=ended(1, GATED)),
    ),
    "no token": Case(
        "token",
        ("401", "pulumi config set --secret huggingFaceToken -s prod"),
        downloading(ended_as=ended(1, NO_TOKEN)),
    ),
    "the cache is full": Case(
        "cache-full", ("cache.size",), downloading(ended_as=ended(1, "OSError: [Errno 28] No space left on device"))
    ),
    "the download stalled": Case(
        "download-stalled",
        ("goes on where it was",),
        downloading(
            ended_as=ended(
                75, "Stalled: nothing was written to /models/hf/x for 600 s. This attempt ends; the next one goes on."
            )
        ),
    ),
    "the hub is away": Case(
        "hub-away",
        ("can't be reached",),
        downloading(
            ended_as=ended(
                1,
                (
                    'requests.exceptions.ConnectionError: (MaxRetryError("... Failed to establish a new connection:'
                    ' [Errno 111] Connection refused"))'
                ),
            )
        ),
    ),
    "the download's memory": Case(
        "download-memory", ("OOMKilled", "8 GiB"), downloading(ended_as=ended(137, reason="OOMKilled"))
    ),
    "the download's deadline": Case(
        "download-deadline",
        ("6300 s", "logs job/llama-70b-prefetch"),
        (job(MODEL, condition("Failed", "True", "DeadlineExceeded", "Job was active longer than specified deadline")),),
    ),
    "the download failed too often": Case(
        "download-failed",
        ("reached the specified backoff limit",),
        (
            job(
                MODEL,
                condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
            ),
        ),
    ),
    "the download goes on": Case("download", ("its weights are downloaded",), downloading(), stops=False),
    "a node downloads": Case(
        "download",
        ("onto gpu-2", "logs chat-prefetch-x7k2p -c prefetch"),
        onto_a_node(container()),
        stops=False,
        model="chat",
        plan=NODES,
    ),
    "a node's disk is full": Case(
        "cache-full",
        ("the disk of the node", "cache.path"),
        onto_a_node(crashing("OSError: [Errno 28] No space left on device")),
        model="chat",
        plan=NODES,
    ),
    "KEDA isn't ready": Case(
        "scaler",
        ("Failed to ensure HPA is correctly created", "error parsing", "http://prometheus-operated.monitoring"),
        (
            mine := scaled_object(
                MODEL,
                condition(
                    "Ready",
                    "False",
                    "ScaledObjectCheckFailed",
                    "Failed to ensure HPA is correctly created for ScaledObject",
                ),
            ),
            event(mine, "KEDAScalerFailed", "error parsing prometheus metadata", "keda-operator"),
        ),
        state="READY",
    ),
    "KEDA gets an answer that has no such metric": Case(
        "scaler-fallback",
        ("has no such metric", f"models.{MODEL}.image"),
        (
            lost := scaled_object(MODEL, condition("Ready", "True"), condition("Fallback", "True", "FallbackExists")),
            event(
                lost,
                "KEDAScalerFailed",
                "prometheus metrics 'prometheus' target may be lost, the result is empty",
                "keda-operator",
            ),
        ),
    ),
    "KEDA fell back": Case(
        "scaler-fallback",
        ("no answer to its queries", "503"),
        (
            mine := scaled_object(
                MODEL,
                condition("Ready", "True"),
                condition(
                    "Fallback", "True", "FallbackExists", "At least one trigger is falling back on this scaled object"
                ),
            ),
            event(
                mine,
                "KEDAScalerFailed",
                "prometheus query api returned error. status: 503 response: Service Unavailable",
                "keda-operator",
            ),
        ),
        state="READY",
    ),
    "an autoscaler without its metric": Case(
        "no-metric",
        ("FailedGetExternalMetric", "describe hpa keda-hpa-llama-70b"),
        (
            READY,
            autoscaler(
                MODEL,
                condition(
                    "ScalingActive",
                    "False",
                    "FailedGetExternalMetric",
                    (
                        "the HPA was unable to compute the replica count: unable to get external metric"
                        " llm/s0-prometheus/&LabelSelector{MatchLabels:map[string]string{scaledobject.keda.sh/name:"
                        " llama-70b,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from"
                        " external metrics API"
                    ),
                ),
            ),
        ),
        state="READY",
    ),
    "its scaler is gone": Case("no-scaler", ("addons.keda",), (), state="READY"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_cause_is_said_with_what_to_write_and_to_run(name: str) -> None:
    case = CASES[name]
    scales = not any(each["kind"] == "ScaledObject" for each in case.objects) and case.kind != "no-scaler"
    scaler = [scaled_object(case.model, condition("Ready", "True"))] if scales else []
    waits = any(
        each["kind"] == "Pod" and each["metadata"]["labels"]["app.kubernetes.io/component"] == "model-server"
        for each in case.objects
    )
    found = one(case.model, *case.objects, *scaler, plan=case.plan, ready=0 if waits else 1)
    kinds = [each.kind for each in found.causes]
    assert kinds == [case.kind], found.causes
    (cause,) = found.causes
    text = " ".join((cause.said, cause.fix, cause.command))
    assert [each for each in case.words if each not in text] == [], text
    assert cause.stops == case.stops == found.wrong
    if waits:
        assert found.state == case.state


def test_every_command_that_is_printed_names_the_cluster_or_the_stack() -> None:
    for name, case in CASES.items():
        for cause in one(case.model, *case.objects, plan=case.plan).causes:
            command = cause.command
            assert not command or command.startswith(("kubectl", "llm-platform", "pulumi", "aws")), name
            assert cause.fix or command, name


def test_what_is_older_says_less_than_what_is_newer() -> None:
    """The scheduler's complaint of before the node was asked for."""
    waits = pending(MODEL, NO_NODE)
    events = [
        event(waits, "NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached", AUTOSCALER, 9),
        event(
            waits, "TriggeredScaleUp", "pod triggered scale-up: [{eks-l40s-1ac9b1f1 0->1 (max: 3)}]", AUTOSCALER, 2, 1
        ),
    ]
    assert [each.kind for each in one(MODEL, waits, *events, READY).causes] == ["node-coming"]


def test_a_failure_of_another_instance_type_is_no_cause() -> None:
    other = event(CLAIM_OF_NODE, "InsufficientCapacityError", FLEET.replace("g6e.12xlarge", "g4dn.2xlarge"), KARPENTER)
    nominated = unscheduled(NO_NODE, (KARPENTER, "Nominated", "Pod should schedule on: nodeclaim/l40s-8xk2p"))
    assert [each.kind for each in one(MODEL, *nominated, other, READY).causes] == ["node-coming"]


def test_a_failure_from_before_the_pod_or_before_a_newer_answer_is_no_cause() -> None:
    nominated = (KARPENTER, "Nominated", "Pod should schedule on: nodeclaim/l40s-8xk2p")
    declined = (KARPENTER, "FailedScheduling", "Failed to schedule pod, incompatible requirements")
    for said, minutes, kind in (
        (nominated, 12, "node-coming"),
        (nominated, 3, "no-capacity"),
        (declined, 0.5, "no-capacity"),
        (declined, 3, "no-node-would-do"),
    ):
        failed = event(CLAIM_OF_NODE, "InsufficientCapacityError", FLEET, KARPENTER, minutes)
        assert [each.kind for each in one(MODEL, *unscheduled(NO_NODE, said), failed, READY).causes] == [kind]


def test_the_same_cause_of_two_pods_is_said_once() -> None:
    waits = [
        pod(MODEL, crashing("CUDA out of memory"), name=f"{MODEL}-5c6d7e8f9-{each}") for each in ("aaaaa", "bbbbb")
    ]
    kinds = [each.kind for each in one(MODEL, *waits, READY).causes]
    assert kinds == ["gpu-memory"]
