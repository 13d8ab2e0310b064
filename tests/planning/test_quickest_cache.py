"""Without a `cache` section a new cluster keeps the weights where starts wait for less, within limits that are said."""

import dataclasses
import re
from typing import Any

import pytest

from infra.plan.plan import Plan
from tests.planning.following import outcome
from tests.planning.stacks import DEV, changed

QUICK = changed(DEV, gpuPools__l4={"instanceTypes": ["g6.2xlarge"]})
OLLAMA = {"model": "llama3.2:3b", "engine": "ollama", "pool": "l4", "maxModelLen": 8192}
ADAPTERS = {"tone": {"model": "acme/tone-lora", "rank": 16}}
LARGE = {"model": "meta-llama/Llama-3.3-70B-Instruct", "quantization": "fp8", "gpus": 4, "maxModelLen": 8192}
EFS, S3 = ({"kind": kind, "compile": True} for kind in ("efs", "s3"))
LARGER = changed(
    DEV,
    cluster__create__zones=3,
    gpuPools={"rtx": {"instanceTypes": ["g7e.2xlarge"]}},
    models={"big": {"model": "Qwen/Qwen3-32B", "maxModelLen": 8192}},
)
ZONES = ["use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"]
OWN_VPC = {"vpcId": "vpc-1", "privateSubnetIds": ["subnet-1", "subnet-2"]}
COSTLY = changed(
    QUICK, cluster__create__zones=ZONES, cluster__create__network={"nat": "one"}, models__qwen3_8b__paused=True
)
# A stack, the kind that is chosen for it, and what is said of it.
CHOSEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "quick": (QUICK, "s3", "for less than 5 % more of the expected bill"),
    "a slow network": (DEV, "efs", "s with S3 and"),
    "an engine with its own store": (changed(QUICK, models__notes=OLLAMA), "efs", "but notes reads files"),
    "an adapter": (changed(QUICK, models__qwen3_8b__adapters=ADAPTERS), "efs", "but qwen3-8b reads files"),
    "several GPUs": (
        changed(QUICK, gpuPools={"l40s": {"instanceTypes": ["g6e.12xlarge"]}}, models={"large": LARGE}),
        "efs",
        "s with S3 and",
    ),
    "a network of somebody else": (
        changed(QUICK, cluster__create__zones=ZONES[:2], cluster__create__network=OWN_VPC),
        "efs",
        "would get a way out",
    ),
    "many zones and nothing that runs": (COSTLY, "efs", "% of the expected bill"),
}
PLANS = {name: outcome(stack) for name, (stack, _, _) in CHOSEN.items()}


def _waits(plan: Plan) -> float:
    return sum(each.cold_start.parts[part].mid for each in plan.models.values() for part in ("weights", "engine"))


def _expected(stack: dict[str, Any]) -> float:
    return outcome(stack).cost.usd_per_month_expected


@pytest.mark.parametrize("name", CHOSEN)
def test_the_kind_is_chosen_and_the_reason_says_what_decided(name: str) -> None:
    _, kind, said = CHOSEN[name]
    chosen = PLANS[name].chosen["cache.kind"]
    assert (chosen.value, PLANS[name].cache.kind) == (kind, kind)
    assert said in chosen.reason
    assert PLANS[name].violations == ()


@pytest.mark.parametrize("name", CHOSEN)
def test_the_line_that_the_reason_gives_changes_nothing(name: str) -> None:
    """So a later change of the models moves no weights."""
    found = re.search(r"`cache: \{kind: (\w+), compile: true\}`", PLANS[name].chosen["cache.kind"].reason)
    assert found is not None
    then = outcome({**CHOSEN[name][0], "cache": {"kind": found[1], "compile": True}})
    assert dataclasses.replace(then.cache, reason="") == dataclasses.replace(PLANS[name].cache, reason="")
    assert then.cost == PLANS[name].cost


@pytest.mark.parametrize("name", ["quick", "a slow network", "several GPUs"])
def test_the_seconds_are_those_of_the_plans_with_either_kind(name: str) -> None:
    stack, kind, _ = CHOSEN[name]
    found = re.search(r"starts take (\d+) s with S3 and (\d+) s with EFS", PLANS[name].chosen["cache.kind"].reason)
    assert found is not None
    seconds = {each: _waits(outcome({**stack, "cache": {"kind": each, "compile": True}})) for each in ("s3", "efs")}
    assert [float(each) for each in found.groups()] == pytest.approx([seconds["s3"], seconds["efs"]], abs=0.51)
    assert kind == ("s3" if round(seconds["s3"]) < round(seconds["efs"]) else "efs")


def test_what_the_bucket_costs_more_is_within_the_limit_or_said() -> None:
    bills = {
        name: [_expected({**CHOSEN[name][0], "cache": {"kind": kind, "compile": True}}) for kind in ("efs", "s3")]
        for name in ("quick", "many zones and nothing that runs")
    }
    files, bucket = bills["quick"]
    assert bucket < 1.05 * files
    files, bucket = bills["many zones and nothing that runs"]
    assert bucket > 1.05 * files
    said = f"it costs ${bucket - files:.0f} more per month, {(bucket / files - 1) * 100:.1f} % of the expected bill"
    assert said in PLANS["many zones and nothing that runs"].chosen["cache.kind"].reason


def test_a_budget_that_has_no_room_for_the_bucket_is_kept() -> None:
    files, bucket = _maximum("efs"), _maximum("s3")
    assert files < bucket
    tight, wide, none = (_with_budget(usd) for usd in (files + 2, bucket + 2, files - 20))
    assert (tight.violations, tight.cache.kind, wide.cache.kind) == ((), "efs", "s3")
    assert f"but the budget has no room for ${round(bucket) - round(files)} more" in tight.chosen["cache.kind"].reason
    assert (len(none.violations), none.cache.kind) == (1, "s3"), "over the budget with either: the quicker one"


def test_a_budget_compares_its_own_bill() -> None:
    """Of weights that no server reads any more a file system's maximum has as much again, and a bucket's is lower."""
    files, bucket = (outcome({**LARGER, "cache": each}).cost for each in (EFS, S3))
    assert files.usd_per_month_expected < bucket.usd_per_month_expected
    assert files.usd_per_month_max > bucket.usd_per_month_max
    over = outcome({**LARGER, "budget": {"usdPerMonth": round(bucket.usd_per_month_max) - 2}})
    assert (over.cache.kind, over.cost) == ("s3", bucket)


def _maximum(kind: str) -> float:
    return outcome({**QUICK, "cache": {"kind": kind, "compile": True}}).cost.usd_per_month_max


def _with_budget(usd: float) -> Plan:
    return outcome({**QUICK, "budget": {"usdPerMonth": round(usd)}})
