"""A stack whose GPU nodes Karpenter makes: what is made, and what the plan says otherwise than with node groups."""

import json
from typing import Any

import pytest

from infra.clouds.aws.karpenter import IDLE_SECONDS, ami_alias, capacity_type
from infra.planning.billed_nodes import UNNEEDED_SECONDS
from tests.example_stacks import plan_text, planned
from tests.invariants.reading import ACCESS_ENTRY, DEPLOYMENT, NODE_CLASS, NODE_POOL, RELEASE, SCALING_GROUP_TAG

STACK = "karpenter-ladder"
RULE, QUEUE = "aws:cloudwatch/eventRule:EventRule", "aws:sqs/queue:Queue"


def spec(type_: str, name: str) -> dict[str, Any]:
    return planned(STACK).recording.one(type_, name).inputs["spec"]


def policy() -> list[dict[str, Any]]:
    made = planned(STACK).recording.one("aws:iam/rolePolicy:RolePolicy", "addons-karpenter-policy")
    return json.loads(made.inputs["policy"])["Statement"]


def test_no_group_is_made_and_no_autoscaler() -> None:
    recording = planned(STACK).recording
    charts = {each.inputs["name"]: each.inputs["chart"] for each in recording.of(RELEASE)}
    assert recording.of(SCALING_GROUP_TAG) == []
    assert "cluster-autoscaler" not in charts
    assert charts["karpenter"] == "oci://public.ecr.aws/karpenter/karpenter"
    assert "repositoryOpts" not in recording.one(RELEASE, "addons-karpenter").inputs


def test_karpenter_upgrades_its_kinds_by_their_separate_chart() -> None:
    recording = planned(STACK).recording
    kinds, karpenter = (recording.one(RELEASE, f"addons-karpenter{end}") for end in ("-crd", ""))
    assert karpenter.inputs["skipCrds"] is True
    assert "skipCrds" not in kinds.inputs
    assert kinds.urn in karpenter.options["depends_on"]


def test_a_node_is_what_a_node_of_a_group_would_be() -> None:
    made = spec(NODE_CLASS, "l4-nodes-class")
    assert made["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert made["amiSelectorTerms"] == [{"alias": "al2023@v20260714"}]
    assert made["blockDeviceMappings"][0]["ebs"]["encrypted"] is True
    assert made["instanceStorePolicy"] == "RAID0"
    assert json.loads(made["userData"])["spec"] == {"featureGates": {"FastImagePull": True}}


def test_no_running_pod_is_moved_to_save_a_node() -> None:
    disruption = spec(NODE_POOL, "l4-nodes")["disruption"]
    budgets = {each["reasons"][0]: each["nodes"] for each in disruption["budgets"]}
    assert disruption["consolidationPolicy"] == "WhenEmpty"
    assert budgets == {"Empty": "100%", "Drifted": "1", "Underutilized": "0"}
    assert spec(NODE_POOL, "l4-nodes")["template"]["spec"]["expireAfter"] == "Never"


def test_a_pod_has_its_whole_grace_period_on_a_node_that_goes() -> None:
    grace = int(spec(NODE_POOL, "l4-nodes")["template"]["spec"]["terminationGracePeriod"].removesuffix("s"))
    made = planned(STACK)
    assert grace >= 900 + max(model.timeouts.grace_period for model in made.plan.models.values())
    timeout = made.recording.one(NODE_POOL, "l4-nodes").options["custom_timeouts"]["delete"]
    assert int(timeout.removesuffix("s")) > grace


def test_an_idle_node_ends_when_the_bill_says() -> None:
    assert IDLE_SECONDS == UNNEEDED_SECONDS
    assert spec(NODE_POOL, "l4-nodes")["disruption"]["consolidateAfter"] == f"{UNNEEDED_SECONDS}s"


@pytest.mark.parametrize("action", ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"])
def test_it_ends_only_what_it_made_for_this_cluster(action: str) -> None:
    (statement,) = [each for each in policy() if action in each["Action"]]
    assert statement["Condition"]["StringEquals"] == {
        "aws:ResourceTag/kubernetes.io/cluster/llm-karpenter-ladder": "owned"
    }


def test_it_gives_nodes_no_role_but_theirs() -> None:
    (statement,) = [each for each in policy() if each["Action"] == "iam:PassRole"]
    assert statement["Resource"] == "${karpenter-node.arn}"
    (entry,) = [each for each in planned(STACK).recording.of(ACCESS_ENTRY) if each.inputs.get("type") == "EC2_LINUX"]
    assert entry.inputs["principalArn"] == "${karpenter-node.arn}"


def test_only_rules_of_ours_send_to_its_queue() -> None:
    recording = planned(STACK).recording
    made = recording.one("aws:sqs/queuePolicy:QueuePolicy", "addons-karpenter-interruptions")
    allow, deny = json.loads(made.inputs["policy"])["Statement"]
    rules = [f"${{{each.name}.arn}}" for each in recording.of(RULE)]
    assert sorted(allow["Condition"]["ArnEquals"]["aws:SourceArn"]) == sorted(rules)
    assert deny["Effect"] == "Deny"
    values = recording.one(RELEASE, "addons-karpenter").inputs["values"]
    assert values["settings"]["interruptionQueue"] == f"${{{recording.of(QUEUE)[0].name}.name}}"


def test_replicas_that_share_a_node_ask_for_no_node_each() -> None:
    """Karpenter makes nodes for preferences too: four replicas on nodes of eight GPUs would get four such nodes."""
    shared = PACKED.replace("TYPE", "g6.12xlarge"), PACKED.replace("TYPE", "g6.2xlarge")
    four, one = (plan_text("packed", text).recording.one(DEPLOYMENT, "chat-deployment") for text in shared)
    assert "topologySpreadConstraints" not in four.inputs["spec"]["template"]["spec"]
    assert one.inputs["spec"]["template"]["spec"]["topologySpreadConstraints"]


PACKED = """
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster:
      create:
        version: "1.35"
        zones: 2
        nodeScaler: karpenter
        access: {admins: ["arn:aws:iam::111122223333:role/platform"]}
    gpuPools: {l4: {instanceTypes: [TYPE]}}
    models: {chat: {model: Qwen/Qwen3-8B, pool: l4, maxModelLen: 8192, replicas: 2}}
"""


def test_the_plan_says_nothing_of_groups() -> None:
    plan = planned(STACK).plan
    said = [*plan.warnings, *plan.to_do, *plan.assumptions]
    assert [each.message for each in said if "node group" in each.message] == []
    remedies = {remedy.name for model in plan.remedies.values() for remedy in model}
    assert remedies & {"spare node", "warm pool"} == set()
    assert all(pool.groups == {} and pool.highest == pool.max for pool in plan.pools.values())


def test_a_new_node_comes_sooner_than_by_a_group() -> None:
    by_group, by_karpenter = (planned(stack).plan.models["qwen3-8b"].cold_start for stack in ("ladder", STACK))
    assert by_karpenter.parts["node"].mid < by_group.parts["node"].mid
    assert by_karpenter.parts["node"].high < by_group.parts["node"].high


def test_karpenters_words() -> None:
    assert ami_alias("1.35.6-20260714") == "al2023@v20260714"
    kinds = ("reservation", "block", "spot", "on-demand")
    assert [capacity_type(kind) for kind in kinds] == ["reserved", "reserved", "spot", "on-demand"]


CPU = """
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster:
      create:
        nodeScaler: karpenter
        access: {admins: ["arn:aws:iam::111122223333:role/platform"]}
    models:
      embed: {engine: ollama, model: "bge-m3:567m", gpus: 0}
"""


def test_karpenter_is_installed_only_where_it_would_make_a_node() -> None:
    """Its resources keep their names, so that a first model with a GPU only adds some."""
    none = plan_text("cpu", CPU)
    with_gpu = plan_text("gpu", CPU + "      chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192}\n")
    made, then = ({each.name for each in each.recording.resources} for each in (none, with_gpu))
    assert {"addons-karpenter", "addons-karpenter-crd"} <= then - made
    assert not any("karpenter" in name for name in made)
    (said,) = [each for each in none.plan.warnings if each.path == "cluster.create.nodeScaler"]
    assert "installed once one has" in said.message
