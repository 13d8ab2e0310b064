"""A pod stays pending without a node whose labels its selector asks for: that is a to-do, with the commands."""

from typing import Any

import pytest

from infra.diff.difference import compare
from tests.diff.stacks import base, edited, side
from tests.planning.stacks import ACCESS, plan

MODEL = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}
GET, LABEL = "kubectl --context site-a get nodes -l", "kubectl --context site-a label node NODE"
OWN, PRESENT = "acme.io/pool", "nvidia.com/gpu.present"


def to_dos(cluster: dict[str, Any], selector: dict[str, str], **pool: Any) -> list[str]:
    nodes = {"gpu": "L4", "gpusPerNode": 1, "selector": selector, **pool}
    planned = plan({"cluster": cluster, "gpuPools": {"a": {"existing": nodes}}, "models": {"chat": MODEL}})
    return [each.message for each in planned.to_do if each.path == "gpuPools.a.existing.selector"]


@pytest.mark.parametrize(
    ("selector", "listed", "labelled"),
    [
        ({OWN: "gpu"}, f"`{GET} {OWN}=gpu` has to list 2 nodes", f"`{LABEL} {OWN}=gpu` labels one"),
        ({PRESENT: "true"}, f"`{GET} {PRESENT}=true` has to list 2 nodes", ""),
        ({OWN: "gpu", PRESENT: "true"}, f"{OWN}=gpu,{PRESENT}=true`", f"`{LABEL} {OWN}=gpu` labels one"),
        ({"kubernetes.io/hostname": "n1"}, "kubernetes.io/hostname=n1`", ""),
    ],
)
def test_the_labels_that_a_selector_needs_are_a_to_do(selector: dict[str, str], listed: str, labelled: str) -> None:
    (said,) = to_dos({"existing": {"context": "site-a"}}, selector, nodes=2)
    assert listed in said
    assert labelled in said
    assert (LABEL in said) is bool(labelled)


def test_a_cluster_that_is_made_has_no_nodes_to_label() -> None:
    created = {"create": {"version": "1.35", "zones": 2, "access": ACCESS}}
    assert to_dos(created, {OWN: "gpu"}, nodes=2) == []


def test_a_diff_asks_for_labels_that_are_new() -> None:
    path = "gpuPools.gpu.existing.selector"
    change = compare("own", base("own"), side("own", edited("own", {path: {OWN: "gpu"}})))
    (asked,) = [each["message"] for each in change.to_do.introduced if each["path"] == path]
    assert f"label node NODE {OWN}=gpu` labels one" in asked
    same = compare("own", base("own"), side("own", edited("own", {"models.chat.maxModelLen": 4096})))
    assert [each for each in same.to_do.introduced if each["path"] == path] == []
