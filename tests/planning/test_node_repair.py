"""EKS repairs broken GPU nodes, and the agent that tells it of broken GPUs runs where they are."""

import json
from typing import Any

import pytest

from infra.clouds.aws.node_room import DAEMONS
from infra.offline import Planned
from tests.example_stacks import plan_text, planned
from tests.invariants.reading import EKS_ADDON, NODE_GROUP

TWO = """
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {version: "1.35", zones: 2, access: {admins: ["arn:aws:iam::111122223333:role/platform"]}}}
    gpuPools:
      l4: {instanceTypes: [g6.xlarge], nodeRepair: ONE}
      l40s: {instanceTypes: [g6e.xlarge], nodeRepair: OTHER}
    models:
      chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192, pool: l4}
      code: {model: Qwen/Qwen3-8B, maxModelLen: 8192, pool: l40s}
"""


def two(one: str, other: str) -> Planned:
    return plan_text("two", TWO.replace("ONE", one).replace("OTHER", other))


def repaired(made: Planned) -> dict[str, Any]:
    groups = made.recording.of(NODE_GROUP)
    return {each.name: each.inputs["nodeRepairConfig"] for each in groups if each.inputs.get("taints")}


def agents(made: Planned) -> list[Any]:
    addons = made.recording.of(EKS_ADDON)
    return [each.inputs for each in addons if each.inputs["addonName"] == "eks-node-monitoring-agent"]


def test_one_broken_node_after_the_other_is_repaired_unless_the_pool_says_no() -> None:
    on = {"enabled": True, "maxParallelNodesRepairedCount": 1}
    assert repaired(two("true", "false")) == {"l4-nodes": on, "l40s-nodes": {"enabled": False}}
    assert set(map(str, repaired(planned("prod")).values())) == {str(on)}


@pytest.mark.parametrize(("one", "other", "wanted"), [("true", "false", 1), ("false", "false", 0)])
def test_the_agent_and_its_version_come_with_the_first_pool_that_is_repaired(one: str, other: str, wanted: int) -> None:
    made = two(one, other)
    assert len(agents(made)) == wanted
    assert ("cluster.create.addonVersions.eks-node-monitoring-agent" in made.plan.chosen) is (wanted == 1)


def test_the_host_engine_that_reads_errors_of_gpus_asks_for_what_the_room_on_nodes_counts() -> None:
    (agent,) = agents(planned("prod"))
    asked = json.loads(agent["configurationValues"])["dcgmAgent"]["resources"]["requests"]
    assert DAEMONS["dcgm-server"] == (float(asked["cpu"].removesuffix("m")) / 1000, float(asked["memory"][:-2]))


def test_a_cluster_that_exists_is_asked_for_the_agent() -> None:
    (asked,) = [each.message for each in planned("existing-eks").plan.to_do if "monitoring-agent" in each.message]
    assert "aws eks create-addon --addon-name eks-node-monitoring-agent --cluster-name" in asked
    values = json.loads(asked.partition("--configuration-values '")[2].partition("'")[0])
    assert values["dcgmAgent"]["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    ]
