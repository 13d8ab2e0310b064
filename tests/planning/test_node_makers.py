"""GPU nodes that can never start, or that offer no GPU, are refused; the fix is accepted."""

from typing import Any

import pytest

from infra.settings.mistakes import BadStackFile
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import DEV, LOCAL, changed

MADE: dict[str, Any] = {"cluster": DEV["cluster"], "models": DEV["models"]}
ADDONS = pytest.mark.parametrize("addon", ["clusterAutoscaler", "nvidiaDevicePlugin"])


@ADDONS
def test_a_pool_that_the_plan_makes_needs_what_its_nodes_need(addon: str) -> None:
    stack = {**MADE, "addons": {addon: "disabled"}}
    (refused,) = planned(stack).violations
    assert (refused.rule, refused.fix) == ("GPU nodes", f"addons.{addon}: install")
    assert outcome(follow(stack, dict(refused.advice[0].write))).violations == ()
    assert planned({**MADE, "addons": {addon: "install"}}).violations == ()


@ADDONS
def test_a_pool_of_the_stack_file_needs_it_too(addon: str) -> None:
    with pytest.raises(BadStackFile, match=addon):
        planned(changed(DEV, addons={addon: "disabled"}))


@ADDONS
def test_a_stack_without_gpu_nodes_may_do_without(addon: str) -> None:
    assert planned({**MADE, "models": LOCAL["models"], "addons": {addon: "disabled"}}).violations == ()
    assert planned(changed(MADE, models__qwen3_8b__paused=True, addons={addon: "disabled"})).violations == ()
