"""The rule finds kinds of nodes that can't be had, or not in their place."""

import pytest

from tests.invariants.breaking import ABSENT, Break, caught, instead

_RULE = "2 order of capacity"
_LABEL = "llm-platform/capacity"
_PATTERNS = "inputs values expanderPriorities"

BREAKS = [
    Break(_RULE, "ladder", "Release addons-cluster-autoscaler", _PATTERNS, instead("20:", "40:"), "step 1 isn't asked"),
    Break(_RULE, "ladder", "Release addons-cluster-autoscaler", _PATTERNS, instead("10:", "25:"), "step 2 isn't asked"),
    Break(
        _RULE,
        "ladder",
        "Release addons-cluster-autoscaler",
        _PATTERNS,
        instead("ondemand-use1-az2", "ondemand-use1-az3"),
        "groups of step 3 aren't asked alike",
    ),
    Break(
        _RULE, "ladder", "Release addons-cluster-autoscaler", "inputs values extraArgs expander", "least-waste", "isn't"
    ),
    Break(
        _RULE,
        "ladder-one-group",
        "Release addons-cluster-autoscaler",
        _PATTERNS,
        instead("^eks-l4-nodes-spot-[0-9a-f]{7}-", "^eks-l4-nodes-ondemand"),
        "l4: step 1 isn't asked",
    ),
    Break(_RULE, "ladder", "NodeGroup l4-nodes-ondemand-use1-az1", f"inputs labels {_LABEL}", "spot", "like those of"),
    Break(_RULE, "ladder", "NodeGroup l4-nodes-reserved-e5f60718", f"inputs labels {_LABEL}", ABSENT, "like those of"),
    Break(
        _RULE,
        "ladder",
        "LaunchTemplate l4-template-cr-0a1b2c3d4e5f60718",
        "inputs capacityReservationSpecification",
        ABSENT,
        "no group can have a node of step 1",
    ),
    Break(
        _RULE,
        "karpenter-ladder",
        "NodePool l4-nodes",
        "inputs spec template spec requirements 0 values",
        ["reserved", "on-demand"],
        "l4-nodes: asks for reserved, on-demand, not for reserved, spot, on-demand",
    ),
    Break(
        _RULE,
        "karpenter-ladder",
        "EC2NodeClass l4-nodes-class",
        "inputs spec capacityReservationSelectorTerms",
        ABSENT,
        "its node class doesn't name exactly",
    ),
    Break(_RULE, "capacity-block", "NodeGroup h100-nodes-block-e5f60719", "inputs capacityType", "SPOT", "step 1"),
    Break(
        _RULE,
        "capacity-block",
        "LaunchTemplate h100-template-cr-0a1b2c3d4e5f60719",
        "inputs instanceMarketOptions",
        ABSENT,
        "no group can have a node of step 1",
    ),
]


@pytest.mark.parametrize("change", BREAKS, ids=str)
def test_the_rule_finds(change: Break) -> None:
    caught(change)
