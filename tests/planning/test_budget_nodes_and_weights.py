"""Ways to a budget by a lower maximum of a pool, by models that sleep, without smaller weights that nothing needs, and
beside a model that fits nowhere."""

import re
from typing import Any

import pytest

from infra.plan.rules import Rule
from infra.settings.mistakes import BadStackFile
from tests.planning.following import bill, follow, outcome, planned
from tests.planning.stacks import ACCESS

MODEL: dict[str, Any] = {"model": "Qwen/Qwen3-14B", "pool": "l40s", "maxModelLen": 8192}
MAX, OLD_FIRST = "gpuPools.l40s.max", "models.chat.rollout.strategy"
REGION = "eu-west-2"


def _dev(*, runs: bool) -> dict[str, Any]:
    paused = {name: {**MODEL, "paused": True} for name in ("a", "b", "c")}
    return {
        "cluster": {"create": {"zones": 2, "access": ACCESS}},
        "gpuPools": {"l40s": {"instanceTypes": ["g6e.xlarge"]}},
        "models": {"chat": {**MODEL, "paused": not runs}, **paused},
        "cache": {"kind": "efs"},
        "budget": {"usdPerMonth": 2000},
    }


def _ways(stack: dict[str, Any], region: str = "us-east-1") -> list[dict[str, Any]]:
    (over,) = (each for each in planned(stack, region).violations if each.rule == Rule.BUDGET)
    return [dict(each.write) for each in over.advice]


@pytest.mark.parametrize(
    ("runs", "way"), [(False, {MAX: 1}), (True, {MAX: 1, OLD_FIRST: "recreate"})], ids=["all paused", "one runs"]
)
def test_paused_models_that_make_the_maximum_bill_may_have_fewer_nodes(runs: bool, way: dict[str, Any]) -> None:
    stack = _dev(runs=runs)
    assert way in _ways(stack)
    then = outcome(follow(stack, way))
    assert (then.violations, bill(then) <= 2000) == ((), True)
    (over,) = planned(stack).violations
    assert "pool l40s then has no room for all paused models at once" in over.fix


OWN: dict[str, Any] = {
    "cluster": {"existing": {"context": "c", "distribution": "rke2"}},
    "gpuPools": {
        "h100": {
            "existing": {"gpu": "H100", "gpusPerNode": 8, "nodes": 2, "selector": {"a/b": "c"}, "usdPerGpuHour": 2.2}
        }
    },
    "models": {
        "big": {"model": "Qwen/Qwen3-235B-A22B-Instruct-2507", "gpus": 8, "maxModelLen": 65536},
        "code": {"model": "Qwen/Qwen3-Coder-30B-A3B-Instruct", "maxModelLen": 32768, "replicas": 5},
    },
    "cache": {"kind": "node", "path": "/data/llm"},
    "budget": {"usdPerMonth": 20000},
}


def test_no_weights_become_smaller_that_the_same_bill_does_not_need() -> None:
    way, *_ = _ways(OWN)
    smaller = {path for path in way if path.endswith(("quantization", "kvCacheDtype"))}
    assert smaller == {"models.big.quantization"}
    usd = bill(outcome(follow(OWN, way)))
    less = outcome(follow(OWN, {path: value for path, value in way.items() if path not in smaller}))
    assert less.violations or bill(less) > usd


def test_a_model_that_fits_nowhere_leaves_the_budget_its_ways() -> None:
    """In this region no other node holds it."""
    stack: dict[str, Any] = {
        "cluster": {"create": {"zones": 2, "access": ACCESS}},
        "gpuPools": {"h100": {"instanceTypes": ["p5.48xlarge"], "max": 1}, "l4": {"instanceTypes": ["g6.xlarge"]}},
        "models": {
            "r1": {"model": "deepseek-ai/DeepSeek-R1", "pool": "h100", "rollout": {"strategy": "recreate"}},
            "small": {"model": "Qwen/Qwen3-8B", "pool": "l4", "maxModelLen": 8192, "replicas": {"min": 1, "max": 3}},
        },
        "cache": {"kind": "efs"},
    }
    stack["budget"] = {"usdPerMonth": round(outcome(stack, REGION).cost.usd_per_month_max) - 300}
    broken = {each.rule for each in planned(stack, REGION).violations}
    ways = [way for way in _ways(stack, REGION) if "budget.usdPerMonth" not in way]
    assert {Rule.BUDGET, Rule.FIT} <= broken
    assert {"models.small.replicas.max": 2} in ways
    for way in ways:
        assert {each.rule for each in outcome(follow(stack, way), REGION).violations} == broken - {Rule.BUDGET}
        assert not any(path.startswith("models.r1") for path in way)


def test_a_node_kept_idle_may_end_beside_another_change() -> None:
    stack = {
        "cluster": {"create": {"zones": 2, "access": ACCESS}},
        "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge", "g6.2xlarge"], "min": 1}},
        "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "replicas": {"min": 0, "max": 1}}},
        "cache": {"kind": "efs"},
        "budget": {"usdPerMonth": 500, "of": "expected"},
    }
    assert any(way.get("gpuPools.l4.min") == 0 and len(way) > 1 for way in _ways(stack))


@pytest.mark.parametrize("of", ["expected", "min"])
def test_a_model_may_sleep_where_that_alone_keeps_to_the_budget(of: str) -> None:
    stack: dict[str, Any] = {
        "cluster": {"create": {"zones": 2, "access": ACCESS}},
        "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"], "capacity": "spot"}},
        "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}},
        "cache": {"kind": "efs"},
        "budget": {"usdPerMonth": 5000, "of": of},
    }
    asleep = {"models.chat.replicas.min": 0, "models.chat.replicas.max": 1}
    stack["budget"]["usdPerMonth"] = round(bill(outcome(follow(stack, asleep)))) + 10
    (over,) = planned(stack).violations
    assert asleep in [dict(each.write) for each in over.advice]
    assert "models.chat.replicas: {max: 1, min: 0} (" in over.fix
    assert "; who comes first to chat waits about " in over.fix
    assert not outcome(follow(stack, asleep)).violations


ONE_NODE: dict[str, Any] = {
    "cluster": {"create": {"zones": ["use1-az1", "use1-az2"], "access": ACCESS}},
    "gpuPools": {"h100": {"instanceTypes": ["p5.48xlarge"], "max": 1}},
    "models": {
        "big": {
            "model": "meta-llama/Llama-3.3-70B-Instruct",
            "gpus": 4,
            "maxModelLen": 16384,
            "rollout": {"strategy": "recreate"},
        },
        "small": {"model": "Qwen/Qwen3-8B", "maxModelLen": 16384, "rollout": {"strategy": "recreate"}},
    },
    "cache": {"kind": "efs"},
    "budget": {"usdPerMonth": 40000},
}


@pytest.mark.parametrize(("most", "removed"), [(1, {"gpuPools.h100.max"}), (2, set())])
def test_a_cheaper_type_of_smaller_nodes_has_as_many_as_hold_all_models(most: int, removed: set[str]) -> None:
    """Two of them hold all models: where the stack file allows one larger node, that limit goes, and else it stays."""
    stack = follow(ONE_NODE, {"gpuPools.h100.max": most})
    (way,) = [way for way in _ways(stack) if way.get("gpuPools.h100.instanceTypes") == ("g6e.12xlarge",)]
    assert way.keys() == {"gpuPools.h100.instanceTypes", *removed}
    then = outcome(follow(stack, way))
    assert (then.violations, bill(then) < 0.4 * 40000) == ((), True)


def test_types_named_for_one_that_the_region_lacks_hold_all_models_of_the_pool() -> None:
    with pytest.raises(BadStackFile) as bad:
        planned({**ONE_NODE, "cluster": {"create": {"zones": 2, "access": ACCESS}}}, "eu-central-1")
    (mistake,) = bad.value.mistakes
    named = re.findall(r"([a-z0-9]+\.\d*x?large) \((\d) x", str(mistake))
    assert {gpus for _, gpus in named} == {"8"}
