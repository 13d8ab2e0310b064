"""What no node of a pool has is found before `up` makes pods that would wait for it."""

from typing import Any

import pytest

from infra.live import look
from infra.plan.plan import Plan
from infra.registry import cloud_of
from tests.example_stacks import plan_text
from tests.live.machine import Machine

pytestmark = pytest.mark.programs

STACK = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    gpuPools:
      a100:
        existing:
          gpu: A100-80
          nodes: 2
          selector: {lab: gpu}
          tolerations: [{key: nvidia.com/gpu, operator: Exists}]
          runtimeClassName: nvidia
          sharing: {mig: 1g.10gb}
    models: {small: {model: Qwen/Qwen3-0.6B, maxModelLen: 4096}}
    cache: {kind: storageClass}
"""
TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
OTHER = {"key": "team", "value": "a", "effect": "NoSchedule"}
PATH = "gpuPools.a100.existing"


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan_text("local", STACK).plan


def _node(*, labels: dict[str, str] | None = None, taints: tuple[dict[str, str], ...] = (TAINT,), **offers: str) -> Any:
    allocatable = {"cpu": "8", **{key.replace("__", "/").replace("_", "."): value for key, value in offers.items()}}
    return {
        "metadata": {"name": "gpu-1", "labels": {"lab": "gpu"} if labels is None else labels},
        "spec": {"taints": list(taints)},
        "status": {"allocatable": allocatable},
    }


READY = _node(nvidia_com__gpu="7")
AWAY = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ([READY], None),
        ([READY, _node(nvidia_com__gpu="0"), _node(taints=(OTHER,), nvidia_com__gpu="7")], None),  # one is enough
        ([_node(taints=(TAINT, AWAY), nvidia_com__gpu="7")], None),  # it comes back
        ([], (".selector", "none of 0 nodes has the labels lab=gpu", "get nodes --show-labels")),
        (
            [_node(labels={"lab": "cpu"}, nvidia_com__gpu="7")],
            (".selector", "none of 1 node has the labels", "selector"),
        ),
        ([_node()], (".resource", "no node of a100 offers nvidia.com/gpu", "a device plugin on these nodes")),
        ([_node(amd_com__gpu="8")], (".resource", "offers nvidia.com/gpu", "resource: amd.com/gpu, which")),
        (
            [_node(nvidia_com__gpu="1")],
            (".gpusPerNode", "offer 1 of nvidia.com/gpu, and the plan counts 7", "gpusPerNode"),
        ),
        ([_node(taints=(TAINT, OTHER), nvidia_com__gpu="7")], (".tolerations", "taint such as team", "{key: team, ")),
    ],
)
def test_an_obstacle_names_what_to_write(
    machine: Machine, planned: Plan, nodes: list[Any], found: tuple[str, str, str] | None
) -> None:
    machine.answer(["nodes"], {"items": nodes})
    machine.answer(["runtimeclass", "nvidia"], {"metadata": {"name": "nvidia"}})
    there = look(planned, cloud_of(planned.settings), "organization/llm-platform/local")
    assert there.not_checked == []
    if found is None:
        assert there.obstacles == []
        return
    [obstacle] = there.obstacles
    path, message, fix = found
    assert obstacle.path == f"{PATH}{path}"
    assert message in obstacle.message
    assert fix in obstacle.fix


def test_a_runtime_class_that_the_cluster_lacks(machine: Machine, planned: Plan) -> None:
    machine.answer(["runtimeclass"], {"items": [{"metadata": {"name": "crun"}}]})
    machine.answer(["runtimeclass", "nvidia"], "")
    machine.answer(["nodes"], {"items": [READY]})
    [obstacle] = look(planned, cloud_of(planned.settings), "organization/llm-platform/local").obstacles
    assert obstacle.path == f"{PATH}.runtimeClassName"
    assert "no RuntimeClass nvidia; it has: crun" in obstacle.message


def test_one_that_was_chosen_is_looked_for_too_where_the_nodes_may_all_be_away(machine: Machine) -> None:
    added = STACK.replace("kind-llm", "kind-llm, distribution: k3s").replace("          runtimeClassName: nvidia\n", "")
    planned = plan_text(
        "local", added.replace("          nodes: 2\n", "").replace("    models:", "        max: 2\n    models:")
    )
    machine.answer(["runtimeclass"], {"items": []})
    machine.answer(["runtimeclass", "nvidia"], "")
    [obstacle] = look(planned.plan, cloud_of(planned.plan.settings), "organization/llm-platform/local").obstacles
    assert obstacle.path == f"{PATH}.runtimeClassName"
