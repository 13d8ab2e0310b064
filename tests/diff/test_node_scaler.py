"""What diff says of nodes that Karpenter makes."""

from infra.diff.difference import Difference
from tests.diff.sides import compared

STACK, SCALER = "karpenter-ladder", "nodeScaler: karpenter"


def _said(difference: Difference) -> dict[str, str]:
    return {notice.model: notice.during for notice in difference.notices}


def test_another_image_replaces_the_nodes_of_each_model() -> None:
    said = _said(compared(STACK, (SCALER, f'{SCALER}\n        amiRelease: "1.35.6-20260801"')))
    assert all("its nodes are replaced one by one" in during for during in said.values())
    assert len(said) == 2


def test_a_larger_maximum_replaces_no_node() -> None:
    difference = compared(STACK, ("[g6.2xlarge, g6.4xlarge]", "[g6.2xlarge, g6.4xlarge]\n        max: 8"))
    assert _said(difference) == {"embed": "nothing", "qwen3-8b": "nothing"}
    assert not difference.resources.replaced


def test_another_scaler_swaps_all_nodes_and_is_guarded() -> None:
    difference = compared(STACK, (SCALER, "nodeScaler: clusterAutoscaler"))
    assert {(each.name, each.act) for each in difference.guarded} == {("l4", "remove"), ("t4", "remove")}
    assert all("Karpenter doesn't wait" in during for during in _said(difference).values())
