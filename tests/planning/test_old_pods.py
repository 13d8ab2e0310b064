"""Advice after which a model needs other GPUs per replica on nodes that are full: where pods of the model run already,
it says what else to write first. `diff` finds the same, and nothing waits once that is written."""

import json
from itertools import pairwise
from typing import Any

import pytest

from infra.diff.difference import Difference, compare
from infra.plan.notes import Advice
from tests.diff.stacks import PLATFORM, side
from tests.diff.test_waits_in_vain import NODES, ROLLING, SMALL, Models, changed, waiting
from tests.planning.following import follow, line, planned

EIGHT, FOUR, TWO = ({**SMALL, "concurrency": 8, "gpus": gpus} for gpus in (8, 4, 2))
PAIR = {"replicas": 2}
OWN: dict[str, Any] = {
    "cluster": {"existing": {"context": "dear"}},
    "addons": {"prometheus": "install", "keda": "install"},
    "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "400Gi"},
}
ENDS_FIRST, PAUSED = "models.chat.rollout.strategy: recreate", "models.chat.paused: true"

# On one node of 8 GPUs: the models that run, those that are asked for, the GPUs of the advice, and what it says then.
SAID: dict[str, tuple[Models, Models, int, str, str]] = {
    "another replica": ({"chat": EIGHT}, {"chat": {**EIGHT, **PAIR}}, 4, "1 replica on 8 GPUs runs", PAUSED),
    "beside a model": (
        {"chat": FOUR, "mid": FOUR},
        {"chat": {**FOUR, **PAIR}, "mid": FOUR},
        2,
        "1 replica on 4 GPUs runs",
        PAUSED,
    ),
    "two replicas": (
        {"chat": {**FOUR, **PAIR}},
        {"chat": {**FOUR, **ROLLING, **PAIR}},
        2,
        "2 replicas on 4 GPUs run",
        ENDS_FIRST,
    ),
    "another model": ({"chat": EIGHT}, {"chat": EIGHT, "new": TWO}, 2, "1 replica on 8 GPUs runs", ENDS_FIRST),
    "nothing but fewer GPUs": ({"chat": EIGHT}, {"chat": EIGHT}, 1, "1 replica on 8 GPUs runs", ENDS_FIRST),
}
QUIET: dict[str, tuple[Models, Models, int]] = {
    "room beside the old pod": ({"chat": FOUR}, {"chat": FOUR}, 1),
    "the old pod ends first": ({"chat": EIGHT}, {"chat": EIGHT, "new": FOUR}, 4),
}


def own(models: Models) -> dict[str, Any]:
    return {**OWN, "gpuPools": {"h200": {"existing": {**NODES, "nodes": 1}}}, "models": models}


def advised(asked: Models, gpus: int) -> Advice:
    plan = planned(own(asked))
    ways = [way for each in (*plan.violations, *plan.warnings) for way in each.advice]
    return next(way for way in ways if dict(way.write).get("models.chat.gpus") == gpus)


@pytest.mark.parametrize(("runs", "asked", "gpus", "who", "first"), SAID.values(), ids=SAID)
def test_advice_says_what_to_write_first_where_old_pods_hold_the_gpus(
    runs: Models, asked: Models, gpus: int, who: str, first: str
) -> None:
    way = advised(asked, gpus)
    assert f"if {who} already, first with `{first}` too, or `pulumi up` waits in vain for" in way.text
    then = follow(own(asked), dict(way.write))
    assert "chat" in waiting(changed(runs, then["models"]))
    before = follow(then, line(first))
    for was, after in pairwise(each["models"] for each in (own(runs), before, then)):
        difference = changed(was, after)
        assert difference.new.plan["violations"] == []
        assert waiting(difference) == set()


@pytest.mark.parametrize(("runs", "asked", "gpus"), QUIET.values(), ids=QUIET)
def test_advice_is_silent_where_new_pods_have_gpus(runs: Models, asked: Models, gpus: int) -> None:
    way = advised(asked, gpus)
    assert "already" not in way.text
    assert waiting(changed(runs, follow(own(asked), dict(way.write))["models"])) == set()


def test_nodes_that_the_program_makes_are_as_full_at_their_maximum() -> None:
    asked = made({"chat": SMALL, "new": {**SMALL, "gpus": 1}})
    fewer = {"models.chat.gpus": 1}
    way = next(way for each in planned(asked).violations for way in each.advice if dict(way.write) == fewer)
    assert f"if 1 replica on 4 GPUs runs already, first with `{ENDS_FIRST}` too" in way.text
    then, runs = follow(asked, fewer), made({"chat": SMALL})
    assert waiting(compared(runs, then)) == {"chat", "new"}
    assert waiting(compared(runs, follow(then, line(ENDS_FIRST)))) == set()


def made(models: Models) -> dict[str, Any]:
    pool = {"instanceTypes": ["g6.12xlarge"], "max": 1}
    return {"cluster": {"create": {"version": "1.35", "zones": 2}}, "gpuPools": {"l4": pool}, "models": models}


def compared(before: dict[str, Any], after: dict[str, Any]) -> Difference:
    config = ({"aws:region": "us-east-1", PLATFORM: each} for each in (before, after))
    old, new = (side("stack", json.dumps({"config": each})) for each in config)
    return compare("stack", old, new)
