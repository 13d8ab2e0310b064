"""How soon a model first answers on a pool that keeps GPUs free: only where they are kept before the change."""

from typing import Any

import pytest

from infra.diff.difference import compare
from tests.diff.stacks import edited, side

SPARE = {"gpuPools.l4.spare": 1}
PAUSED = {"models.chat.paused": True}
MOVED = {"gpuPools.n4": {"instanceTypes": ["g6.2xlarge"], "spare": 1}, "models.chat.pool": "n4"}
COMES = {"models.new": {"model": "Qwen/Qwen3-4B", "maxModelLen": 8192, "pool": "l4"}}


@pytest.mark.parametrize(
    ("before", "after", "model", "on_new_node"),
    [
        (SPARE | PAUSED, SPARE, "chat", True),
        (PAUSED, SPARE, "chat", True),
        (PAUSED, {}, "chat", True),
        ({}, MOVED, "chat", True),
        ({}, SPARE | COMES, "new", True),
        (SPARE, SPARE | COMES, "new", False),
    ],
)
def test_a_start_is_quick_only_on_gpus_that_were_kept_free_before(
    before: dict[str, Any], after: dict[str, Any], model: str, on_new_node: bool
) -> None:
    old, new = (side("cloud", edited("cloud", each)) for each in (before, after))
    (notice,) = [each for each in compare("cloud", old, new).notices if each.model == model]
    start = new.models[model]
    seconds = start["cold_start"]["on_new_node_seconds"] if on_new_node else start["cold_start_seconds"]
    assert f"about {round(seconds / 60)} min" in notice.during
    assert (start["cold_start_seconds"] < start["cold_start"]["on_new_node_seconds"]) == ("spare" in str(after))
