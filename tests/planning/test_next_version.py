"""A next version in the plan: two servers, counted and paid for both, and what callers see of them."""

from typing import Any

import pytest

from infra.planning.advice import as_mapping
from infra.services.gateway.report import gateway_tables
from infra.services.serving.next import next_of
from infra.services.serving.section import Model
from tests.example_stacks import plan_text, text
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import DEV, changed

CANARY = {"strategy": "canary", "weight": 10}
NEXT = {"model": "Qwen/Qwen3-8B-FP8", "maxModelLen": 4096}
TWO = changed(DEV, models__qwen3_8b__rollout=CANARY, models__qwen3_8b__next=NEXT)
# GPUs for one server alone: on nodes that we make, and on nodes that there are.
ON_ONE = changed(TWO, gpuPools__l4={"instanceTypes": ["g6.xlarge"], "max": 1})
ON_OWN = {
    "cluster": {"existing": {"context": "own"}},
    "gpuPools": {"own": {"existing": {"gpu": "L4", "gpusPerNode": 1, "nodes": 1, "selector": {"gpu": "l4"}}}},
    "models": TWO["models"],
}


def test_a_server_that_grows_has_as_many_replicas_at_least_also_in_its_scaler() -> None:
    length = "        maxModelLen: 8192\n"
    own = "        replicas: {min: 1, max: 4}\n        rollout: {strategy: canary, weight: 10}\n"
    coming = "        next: {maxModelLen: 4096, replicas: {min: 1, max: 4, ready: 3}}\n"
    grown = plan_text("dev", text("dev").replace(length, f"{length}{own}{coming}"))
    scalers = grown.recording.of("kubernetes:keda.sh/v1alpha1:ScaledObject")
    least = {each.inputs["metadata"]["name"]: each.inputs["spec"]["minReplicaCount"] for each in scalers}
    assert least == {"qwen3-8b": 1, "qwen3-8b-next": 3}
    assert {name: each.replicas.min for name, each in grown.plan.models.items()} == least


def test_both_are_counted() -> None:
    one, two = outcome(DEV), outcome(TWO)
    assert two.models["qwen3-8b-next"].model == "Qwen/Qwen3-8B-FP8"
    assert two.models["qwen3-8b-next"].next_of == "qwen3-8b"
    assert two.pools["l4"].peak_gpus == one.pools["l4"].peak_gpus + 1
    assert two.cost.usd_per_month_max > one.cost.usd_per_month_max


def test_a_change_of_one_needs_no_third_gpu() -> None:
    """All requests go to the other one meanwhile, so neither has a gap."""
    plan = outcome(TWO)
    assert plan.pools["l4"].surge_gpus == 0
    assert {each.rollout.strategy for each in plan.models.values()} == {"recreate"}
    assert {each.rollout.gap_seconds for each in plan.models.values()} == {None}


def test_callers_see_one_model() -> None:
    """With the shorter context of both."""
    traffic = outcome(TWO).traffic
    assert list(traffic.upstreams) == ["qwen3-8b"]
    upstream = traffic.upstreams["qwen3-8b"]
    assert (upstream.max_model_len, upstream.names) == (4096, ("qwen3-8b",))
    assert upstream.next is not None
    assert (upstream.next.server.host, upstream.next.weight) == ("qwen3-8b-next-pods.llm.svc.cluster.local", 10)
    assert traffic.clients["default"].models == ("qwen3-8b",)


@pytest.mark.parametrize("fallback", [None, "gpt"])
def test_a_paused_models_next_version_gets_no_request(fallback: str | None) -> None:
    elsewhere = {"baseUrl": "https://api.example.net/v1", "model": "gpt", "keySecret": "externalKey-gpt"}
    external = {"external": {"gpt": elsewhere}, "models__qwen3_8b__fallback": "gpt"} if fallback else {}
    plan = outcome(changed(TWO, models__qwen3_8b__paused=True, **external))
    (table,) = [each for each in gateway_tables(plan) if each.title == "NEXT VERSIONS"]
    (row,) = table.rows
    then = "gpt answers" if fallback else "answered with 503"
    assert row[1:3] == (f"no request: qwen3-8b is paused, {then}", "of nobody")


def test_a_shorter_context_is_a_warning() -> None:
    found = [each.message for each in outcome(TWO).warnings if each.path == "models.qwen3-8b.next.maxModelLen"]
    assert any("4,096 tokens instead of 8,192" in each for each in found)


@pytest.mark.parametrize("stack", [ON_ONE, ON_OWN], ids=["nodes that we make", "nodes that there are"])
def test_without_gpus_for_both_it_is_refused_with_a_way_that_the_next_plan_accepts(stack: dict[str, Any]) -> None:
    """One of the ways is to change the model in place, with the gap that this has."""
    (violation,) = planned(stack).violations
    assert violation.rule == "GPUs at peak"
    ways = [as_mapping(each.write) for each in violation.advice]
    in_place = next(each for each in ways if each.get("models.qwen3-8b.next", "") is None)
    followed = follow(stack, in_place)
    assert followed["models"]["qwen3-8b"]["model"] == "Qwen/Qwen3-8B-FP8"
    assert followed["models"]["qwen3-8b"]["rollout"] == {"strategy": "recreate"}
    for way in ways:
        assert not outcome(follow(stack, way)).violations, way


OVERLAID: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "another revision": (
        {"model": "a/b", "revision": "1", "quantization": "fp8"},
        {"revision": "2"},
        {"model": "a/b", "revision": "2", "quantization": "fp8"},
    ),
    "another repository has its own revision and shape": (
        {"model": "a/b", "revision": "1", "like": "c/d", "gpus": 2},
        {"model": "a/e"},
        {"model": "a/e", "gpus": 2},
    ),
    "nothing takes a value away": ({"model": "a/b", "quantization": "fp8"}, {"quantization": None}, {"model": "a/b"}),
    "one shape instead of the other": (
        {"model": "a/b", "like": "c/d"},
        {"architecture": "x.json"},
        {"model": "a/b", "architecture": "x.json"},
    ),
}


@pytest.mark.parametrize("case", OVERLAID)
def test_the_settings_of_the_next_version(case: str) -> None:
    own, over, expected = OVERLAID[case]
    rollout = {"strategy": "canary", "weight": 10}
    model = Model.model_validate({**own, "next": over, "rollout": rollout}, strict=False)
    assert next_of(model).model_dump(mode="json", by_alias=True, exclude_unset=True) == expected
