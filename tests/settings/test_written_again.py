"""Advice is tried in a copy of the stack file, so settings are written as they were read."""

import json

import pytest

from infra.settings.platform import Settings
from tests.example_stacks import ALL_STACKS, planned

KINDS = {
    "one kind": "spot",
    "a ladder": ["spot", "on-demand"],
    "a reservation first": [{"reservation": "cr-0a1b2c3d4e5f60718", "instances": 2, "zone": "use1-az1"}, "spot"],
}


def again(settings: Settings) -> Settings:
    written = settings.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return type(settings).model_validate_json(json.dumps(written))


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_each_stack_is_read_again_as_it_was(stack: str) -> None:
    settings = planned(stack).plan.settings
    assert again(settings) == settings


@pytest.mark.parametrize("capacity", KINDS.values(), ids=KINDS)
def test_each_kind_of_nodes_is_read_again_as_it_was(capacity: object) -> None:
    pool = {"instanceTypes": ["g6.xlarge"], "capacity": capacity}
    stack = {"cluster": {"create": {"zones": 2}}, "gpuPools": {"l4": pool}, "models": {"a": {"model": "Qwen/Qwen3-8B"}}}
    settings = Settings.model_validate_json(json.dumps(stack))
    assert again(settings) == settings
