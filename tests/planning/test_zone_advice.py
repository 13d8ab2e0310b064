"""A pool that only one of a new cluster's default zones can hold: the zones that can be written instead."""

import re

import pytest

from tests.example_stacks import plan_text

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


@pytest.mark.parametrize("zones", ["", ", zones: [usw2-az1, usw2-az2]"])
def test_the_zones_that_it_names_all_offer_the_type(zones: str) -> None:
    (message,) = _warnings(zones)
    found = re.findall(r"`cluster\.create\.(zones: \[[^`]+\])`", message)
    assert len(found) == (not zones)  # who wrote the zones has a reason for them
    for each in found:
        assert _warnings(f", {each}") == []
