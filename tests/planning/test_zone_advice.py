"""A pool that only one of the zones that the program chose can hold, or none: the zones that can be written instead."""

import re
from typing import Any

import pytest

from infra.planning import Plan
from tests.example_stacks import plan_text
from tests.planning.following import follow
from tests.planning.stacks import ACCESS, changed, plan

STACK = """
config:
  aws:region: us-west-2
  llm-platform:platform:
    cluster: {{create: {{version: "1.35"{zones}}}}}
    gpuPools: {{h200: {{instanceTypes: [p5en.48xlarge], max: 1}}}}
    models: {{big: {{model: deepseek-ai/DeepSeek-V3, pool: h200, rollout: {{strategy: recreate}}}}}}
"""


def _warnings(zones: str) -> list[str]:
    plan = plan_text("zones", STACK.format(zones=zones)).plan
    return [each.message for each in plan.warnings if "of the stack's zones offers" in each.message]


@pytest.mark.parametrize("zones", ["", ", zones: 2", ", zones: [usw2-az1, usw2-az2]"])
def test_the_zones_that_it_names_all_offer_the_type(zones: str) -> None:
    (message,) = _warnings(zones)
    found = re.findall(r"`cluster\.create\.(zones: \[[^`]+\])`", message)
    assert len(found) == ("[" not in zones)  # who wrote the zones has a reason for them
    for each in found:
        assert _warnings(f", {each}") == []


def _in_one_zone(zones: int) -> dict[str, Any]:
    return {
        "cluster": {"create": {"version": "1.35", "zones": zones, "access": ACCESS}},
        "gpuPools": {"h100": {"instanceTypes": ["p5.4xlarge"], "max": 2}},
        "models": {"m": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}},
    }


def _planned(stack: dict[str, Any]) -> Plan:
    return plan(stack, region="sa-east-1")


def test_a_pool_whose_types_no_chosen_zone_offers_is_refused_with_one_zone_more() -> None:
    """Its nodes could never start. The other zones keep their places, so that no subnet moves."""
    stack = _in_one_zone(2)
    (broken,) = _planned(stack).violations
    assert broken.message.endswith("none of the cluster's zones, sae1-az1, sae1-az2, offers p5.4xlarge")
    (way,) = broken.advice
    assert way.write == (("cluster.create.zones", ("sae1-az1", "sae1-az2", "sae1-az3")),)
    assert not _planned(follow(stack, dict(way.write))).violations


def test_where_no_other_zone_of_the_region_offers_a_type_the_warning_says_that() -> None:
    said = [each.message for each in _planned(_in_one_zone(3)).warnings if each.kind == "one-zone"]
    ends = "offers this pool's types, and no other zone of sa-east-1 does"
    assert said == [f"only sae1-az3 of the stack's zones {ends}"]


def test_a_pool_without_the_zone_of_the_caches_volume_is_refused() -> None:
    stack = changed(_in_one_zone(3), cache={"kind": "ebs"}, cluster__create__systemNodes={"count": 3})
    (broken,) = _planned(stack).violations
    assert broken.message.endswith("the cache's volume is in sae1-az1, without p5.4xlarge")
    assert not _planned(follow(stack, dict(broken.advice[0].write))).violations
