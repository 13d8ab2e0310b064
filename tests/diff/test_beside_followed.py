"""What a diff says of a pool beside the old one holds when each step is done as it is written, whatever else names the
pool: a model that is paused or asleep, one that is new, a next version."""

from copy import deepcopy
from typing import Any

import pytest

from infra.diff.advice import advice
from infra.diff.difference import Difference, compare
from tests.diff.stacks import edited, side
from tests.diff.test_advice import beside_the_old

PAUSED = {"model": "Qwen/Qwen2.5-Coder-7B-Instruct", "pool": "l4", "maxModelLen": 16384, "paused": True}
NO_POOL = {key: value for key, value in PAUSED.items() if key != "pool"}
ASLEEP = {**PAUSED, "paused": False, "replicas": {"min": 0, "max": 1}, "rollout": {"strategy": "recreate"}}
NEXT = {"pool": "l4", "quantization": "fp8", "maxModelLen": 8192}
TRIAL = {"strategy": "blueGreen", "weight": 0, "trials": False}
TWO = {**PAUSED, "rollout": {"strategy": "canary", "weight": 10}, "next": {"maxModelLen": 4096}}
SPOT, LISTED = {"gpuPools.l4.capacity": "spot"}, {"gpuPools.l4.capacity": ["spot", "on-demand"]}
# What is there, what changes, and the models that the advice has to move beside chat.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "paused, asleep with a rollout that stops it, new, and a next version of a model elsewhere": (
        {
            "models.drafts": PAUSED,
            "models.ended": ASLEEP,
            "models.night": ASLEEP,
            "models.code.rollout": TRIAL,
            "models.code.next": NEXT,
        },
        {**SPOT, "models.ended.paused": True, "models.new": {**PAUSED, "paused": False}},
        {"drafts", "ended", "night", "new", "code.next"},
    ),
    "paused with its next version, and paused without a pool": (
        {"models.drafts": TWO, "models.free": NO_POOL},
        LISTED,
        {"drafts"},
    ),
}


def made(there: dict[str, Any], more: dict[str, Any]) -> Any:
    return side("cloud", edited("cloud", deepcopy({"budget": {"usdPerMonth": 60000}, **there, **more})))


def ways(found: Difference) -> list[str]:
    return advice(found.old, found.new, found.refused, found.notices)


def refuses(found: Difference) -> list[str]:
    """What stops it, and the models that are away for a while."""
    away = [f"{each.model} is down" for each in found.notices if each.seconds is not None]
    return [*(each.name for each in found.refused), *(each["message"] for each in found.violations.introduced), *away]


@pytest.mark.parametrize("name", CASES)
def test_each_step_as_it_is_written_plans_guards_nothing_and_stops_no_model(name: str) -> None:
    there, edit, others = CASES[name]
    (text,) = [
        each for each in ways(compare("cloud", made(there, {}), made(there, edit))) if "a pool beside it" in each
    ]
    first = beside_the_old(text)
    assert {each[len("models.") : -len(".pool")] for each in first if each.endswith(".pool")} == {"chat", *others}
    also = {path: value for path, value in edit.items() if not path.startswith("gpuPools.")}
    both = made(there, {**also, **first})
    assert refuses(compare("cloud", made(there, {}), both)) == []
    alone = made(there, {**also, **first, "gpuPools.l4": None, "allow": {"remove": ["l4"]}})
    assert refuses(compare("cloud", both, alone)) == []


def test_a_second_pool_is_no_way_for_two_versions_that_answer() -> None:
    """The old pod of either stops first. It was a traceback."""
    there = {"models.chat.rollout": {"strategy": "canary", "weight": 10}, "models.chat.next": {"maxModelLen": 4096}}
    (text,) = ways(compare("cloud", made(there, {}), made(there, SPOT)))
    assert "would not help, because a rollout of `chat`, `chat-next` stops the old pod first" in text
    assert "`llm-platform promote cloud chat` or `llm-platform rollback cloud chat` ends its next version" in text
